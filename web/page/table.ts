// The table: sort, filter, choose columns, copy; each number explains itself.

import { Configuration, Dataset, Figure } from "../data/dataset";
import { copyButton, h, replace } from "./dom";
import { explain } from "./explain";
import { changed, rung, State, visible } from "./state";

export interface Column {
  key: string;
  title: string;
  kind: "metric" | "task";
  lower: boolean;
  figure: (one: Configuration) => Figure | undefined;
  absent: (one: Configuration) => string;
}

const shownAtFirst = ["ttft_s", "tpot_s", "decode_tokens_per_s", "prefill_tokens_per_s", "pss_peak_bytes", "file_bytes", "amortized_latency_s", "batch_output_tokens_per_s", "weight_bytes", "energy_per_request_j", "mean_power_w", "tg_tokens_per_s", "pp_tokens_per_s", "sequences_per_s", "kld_mean"];
const mostTasksAtFirst = 6;

export function columns(data: Dataset): Column[] {
  const all: Column[] = [];
  for (const metric of data.metrics) {
    if (!data.configurations.some((one) => one.figures[metric.name])) continue;
    all.push({
      key: metric.name,
      title: metric.title,
      kind: "metric",
      lower: metric.direction === "lower_is_better",
      figure: (one) => one.figures[metric.name],
      absent: (one) => one.absent[metric.name] ?? "not measured",
    });
  }
  for (const task of data.tasks)
    all.push({
      key: "task:" + task.task,
      title: task.task,
      kind: "task",
      lower: task.direction === "lower_is_better",
      figure: (one) => one.scores[task.task],
      absent: (one) => one.scores_absent[task.task] ?? "not run",
    });
  return all;
}

function firstColumns(data: Dataset): Set<string> {
  const tasks = data.tasks.slice(0, mostTasksAtFirst).map((task) => "task:" + task.task);
  return new Set([...shownAtFirst, ...tasks]);
}

interface Sorting {
  key: string;
  down: boolean;
}

export class Table {
  private all: Column[] = [];
  private shown = new Set<string>();
  private sorting: Sorting | null = null;
  private drawnFor = ""; // what the tools offer
  private readonly head = h("thead");
  private readonly body = h("tbody");
  private readonly count = h("span", { class: "quiet", role: "status" });
  private readonly showAllButton = h("button", { type: "button", class: "small", id: "show-all", hidden: true, click: () => this.showAll() }, "Show all");

  constructor(
    private readonly state: State,
    private readonly tools: HTMLElement,
    place: HTMLElement,
  ) {
    replace(place, h("table", { id: "figures" }, h("caption", { class: "visually-hidden" }, "Figures of every configuration"), this.head, this.body));
    this.start();
  }

  start(): void {
    this.all = columns(this.state.data);
    this.shown = firstColumns(this.state.data);
    this.sorting = null;
    this.drawTools();
    this.draw();
  }

  // Other figures of the same device: what the reader has chosen stays; columns that are new are shown as at first.
  update(): void {
    const known = new Set(this.all.map((column) => column.key));
    const atFirst = firstColumns(this.state.data);
    this.all = columns(this.state.data);
    for (const { key } of this.all) if (!known.has(key) && atFirst.has(key)) this.shown.add(key);
    const key = this.sorting?.key;
    if (key !== "name" && !this.all.some((column) => column.key === key)) this.sorting = null;
    this.updateTools();
    const scroll = this.body.closest(".scroll")!;
    const { scrollLeft, scrollTop } = scroll;
    this.draw();
    [scroll.scrollLeft, scroll.scrollTop] = [scrollLeft, scrollTop];
  }

  private columnsShown(): Column[] {
    return this.all.filter((column) => this.shown.has(column.key));
  }

  private rows(): number[] {
    const rows = visible(this.state);
    const sorting = this.sorting;
    if (!sorting) return rows;
    const { configurations } = this.state.data;
    const sign = sorting.down ? -1 : 1;
    if (sorting.key === "name") return rows.sort((a, b) => sign * configurations[a].name.localeCompare(configurations[b].name));
    const column = this.all.find((one) => one.key === sorting.key)!;
    // What has no value stays below, whichever way is sorted.
    const value = (index: number) => column.figure(configurations[index])?.value;
    return rows.sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      if (left === undefined || right === undefined) return left === right ? a - b : left === undefined ? 1 : -1;
      return sign * (left - right) || a - b;
    });
  }

  private sortBy(key: string, lower: boolean): void {
    const sorting = this.sorting;
    if (!sorting || sorting.key !== key) this.sorting = { key, down: !lower };
    else if (sorting.down === !lower) this.sorting = { key, down: lower };
    else this.sorting = null;
    this.draw();
  }

  private headCell(key: string, title: string, lower: boolean, isNumber: boolean): HTMLElement {
    const is = this.sorting?.key === key;
    const order = !is ? "none" : this.sorting!.down ? "descending" : "ascending";
    return h(
      "th",
      { scope: "col", "aria-sort": order, class: isNumber ? "number" : "" },
      h("button", { type: "button", "data-sort": key, click: () => this.sortBy(key, lower) }, title, h("span", { "aria-hidden": "true" }, !is ? "" : this.sorting!.down ? " ↓" : " ↑")),
    );
  }

  draw(): void {
    const { data } = this.state;
    const active = document.activeElement as HTMLElement | null;
    const focused = active?.dataset?.sort;
    const [focusedRow, focusedColumn] = [active?.closest("tr")?.dataset.name, active?.dataset?.column];
    const picked = rung(this.state);
    const shown = this.columnsShown();
    replace(this.head, h("tr", {}, this.headCell("name", "Configuration", true, false), ...shown.map((column) => this.headCell(column.key, column.title, column.lower, true))));
    const rows = this.rows();
    replace(
      this.body,
      ...rows.map((index) => {
        const one = data.configurations[index];
        const standing = picked ? (picked.choice === index ? "chosen" : picked.rivals.includes(index) ? "rival" : "out") : one.standing;
        return h(
          "tr",
          { class: standing === "chosen" ? "chosen" : "", "data-name": one.name },
          h("th", { scope: "row" }, one.name, standing === "chosen" ? h("span", { class: "tag" }, "answer") : standing === "rival" ? h("span", { class: "tag rival" }, "not told apart") : null, one.evidence === "measured" ? null : h("span", { class: "tag evidence" }, one.evidence)),
          ...shown.map((column) => this.cell(one, column)),
        );
      }),
    );
    this.showAllButton.hidden = rows.length === data.configurations.length;
    this.count.textContent = rows.length === data.configurations.length ? `${rows.length} configurations` : `${rows.length} of ${data.configurations.length} configurations`;
    if (focused) (this.head.querySelector(`[data-sort="${CSS.escape(focused)}"]`) as HTMLElement | null)?.focus();
    if (focusedRow === undefined || focusedColumn === undefined) return;
    const cell = this.body.querySelector(`[data-name="${CSS.escape(focusedRow)}"] [data-column="${CSS.escape(focusedColumn)}"]`);
    (cell as HTMLElement | null)?.focus({ preventScroll: true });
  }

  private cell(one: Configuration, column: Column): HTMLElement {
    const figure = column.figure(one);
    if (!figure) return h("td", { class: "number absent", title: column.absent(one) }, "–");
    const mark = figure.mark === "best" ? " ★" : figure.mark === "problem" ? " !" : "";
    const button = h("button", { type: "button", class: "figure", "data-column": column.key, click: () => explain(this.state.data, one, column, button) }, figure.text + mark);
    return h("td", { class: "number " + (figure.mark ?? "") + (figure.evidence === "predicted" ? " predicted" : "") }, button);
  }

  private toolsFor(): string {
    const { configurations } = this.state.data;
    return JSON.stringify([configurations.map((one) => [one.model, one.precision]), this.all.map((column) => [column.key, column.title])]);
  }

  // With the menus open that were open, and the reader still in the search.
  private updateTools(): void {
    if (this.toolsFor() === this.drawnFor) return;
    const menus = () => Array.from(this.tools.querySelectorAll("details"));
    const title = (menu: Element) => menu.querySelector("summary")!.textContent;
    const opened = new Set(menus().filter((menu) => menu.open).map(title));
    const search = document.activeElement as HTMLInputElement | null;
    const caret = search?.id === "search" ? [search.selectionStart, search.selectionEnd] : null;
    this.drawTools();
    for (const menu of menus()) menu.open = opened.has(title(menu));
    if (!caret) return;
    const fresh = this.tools.querySelector("#search") as HTMLInputElement;
    fresh.focus({ preventScroll: true });
    fresh.setSelectionRange(caret[0], caret[1]);
  }

  private drawTools(): void {
    this.drawnFor = this.toolsFor();
    const search = h("input", { type: "search", id: "search", placeholder: "Search", "aria-label": "Search configurations" }) as HTMLInputElement;
    search.value = this.state.search;
    search.addEventListener("input", () => {
      this.state.search = search.value;
      changed("rows");
    });
    replace(
      this.tools,
      search,
      this.choices("Models", [...new Set(this.state.data.configurations.map((one) => one.model))], this.state.hiddenModels),
      this.choices("Precisions", [...new Set(this.state.data.configurations.map((one) => one.precision))], this.state.hiddenPrecisions),
      this.columnChoices(),
      copyButton("Copy as Markdown", () => this.text("markdown")),
      copyButton("Copy as LaTeX", () => this.text("latex")),
      copyButton("Copy as CSV", () => this.text("csv")),
      this.count,
      this.showAllButton,
    );
  }

  private showAll(): void {
    this.state.search = "";
    this.state.brushed = null;
    this.state.hiddenModels.clear();
    this.state.hiddenPrecisions.clear();
    this.drawTools();
    changed("rows");
  }

  private choices(title: string, values: string[], hidden: Set<string>): HTMLElement | null {
    if (values.length < 2) return null;
    return this.menu(title, values.map((value) => ({ label: value, on: !hidden.has(value), toggle: (on: boolean) => { on ? hidden.delete(value) : hidden.add(value); changed("rows"); } })));
  }

  private columnChoices(): HTMLElement {
    return this.menu("Columns", this.all.map((column) => ({ label: column.title, on: this.shown.has(column.key), toggle: (on: boolean) => { on ? this.shown.add(column.key) : this.shown.delete(column.key); this.draw(); } })));
  }

  private menu(title: string, entries: { label: string; on: boolean; toggle: (on: boolean) => void }[]): HTMLElement {
    return h(
      "details",
      { class: "menu" },
      h("summary", {}, title),
      h("div", { class: "entries" }, ...entries.map((entry) => {
        const box = h("input", { type: "checkbox", checked: entry.on }) as HTMLInputElement;
        box.addEventListener("change", () => entry.toggle(box.checked));
        return h("label", {}, box, " " + entry.label);
      })),
    );
  }

  private text(form: "markdown" | "latex" | "csv"): string {
    const { configurations } = this.state.data;
    const shown = this.columnsShown();
    const head = ["Configuration", ...shown.map((column) => column.title)];
    const rows = this.rows().map((index) => [configurations[index].name, ...shown.map((column) => {
      const figure = column.figure(configurations[index]);
      return !figure ? "–" : form === "csv" ? String(figure.value) : figure.text;
    })]);
    if (form === "csv") {
      const keys = ["configuration", ...shown.map((column) => column.key.replace(/^task:/, ""))];
      const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
      return [keys, ...rows.map((row) => row.map((text) => (text === "–" ? "" : text)))].map((row) => row.map(cell).join(",")).join("\n") + "\n";
    }
    if (form === "markdown") {
      const cell = (text: string) => text.replace(/[\\`*_{}[\]<>|#~$&!]/g, "\\$&").replace(/\s+/g, " ");
      const line = (row: string[]) => "| " + row.map(cell).join(" | ") + " |";
      return [line(head), "|---|" + shown.map(() => "---:|").join(""), ...rows.map(line)].join("\n") + "\n";
    }
    const escaped: { [letter: string]: string } = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "±": "$\\pm$", "–": "--", "µ": "$\\mu$" };
    const cell = (text: string) => text.replace(/[\\~^±–µ]|[&%$#_{}]/g, (letter) => escaped[letter] ?? "\\" + letter);
    const line = (row: string[]) => row.map(cell).join(" & ") + " \\\\";
    return ["\\begin{tabular}{l" + "r".repeat(shown.length) + "}", "\\toprule", line(head), "\\midrule", ...rows.map(line), "\\bottomrule", "\\end{tabular}"].join("\n") + "\n";
  }

  hover(listener: (name: string | null) => void): void {
    this.body.addEventListener("mouseover", (event) => listener((event.target as HTMLElement).closest("tr")?.dataset.name ?? null));
    this.body.addEventListener("mouseleave", () => listener(null));
  }

  point(name: string | null): void {
    for (const row of Array.from(this.body.querySelectorAll("tr"))) (row as HTMLElement).classList.toggle("pointed", name !== null && (row as HTMLElement).dataset.name === name);
  }
}
