// The charts, drawn when they come into view, from the configurations that are shown.

import { Absent, Chart, DataTable, Drawing, isAbsent } from "../charts/drawing";
import { charts } from "../charts/index";
import { echarts } from "../charts/library";
import { Theme, themes } from "../charts/theme";
import { Dataset } from "../data/dataset";
import { BrushComponent } from "echarts/components";
import { h, refresh, replace, save } from "./dom";
import { changed, restricted, State } from "./state";

echarts.use([BrushComponent]);

const withBrush = ["speed_quality", "pareto_latency_quality", "pareto_energy_quality", "pareto_size_quality"];

interface Place {
  name: string;
  figure: HTMLElement;
  canvas: HTMLElement;
  data: HTMLElement; // the same as a table, of charts that have one
  drawn: ReturnType<typeof echarts.init> | null;
  stale: boolean;
  seen: boolean;
}

function dataTable(table: DataTable): HTMLElement {
  const head = h("tr", {}, ...table.head.map((text) => h("th", { scope: "col" }, text)));
  const rows = table.rows.map((row) => h("tr", {}, ...row.map((text, place) => (place === 0 ? h("th", { scope: "row" }, text) : h("td", {}, text)))));
  return h("details", {}, h("summary", {}, "The same as a table"), h("div", { class: "scroll", tabindex: "0" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows))));
}

export class Figures {
  private readonly places: Place[] = [];
  private readonly absent = h("div", { class: "quiet" });
  private watcher: IntersectionObserver;
  private onHover: (name: string | null) => void = () => {};

  constructor(
    private readonly state: State,
    place: HTMLElement,
  ) {
    this.watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const found = this.places.find((one) => one.figure === entry.target)!;
        found.seen = entry.isIntersecting;
        if (found.seen && found.stale) this.draw(found);
      }
    }, { rootMargin: "300px" });
    for (const chart of charts) {
      const canvas = h("div", { class: "canvas" });
      const data = h("div", { class: "quiet data" });
      const figure = h("figure", { id: "chart-" + chart.name, "data-chart": chart.name }, canvas, h("button", { type: "button", class: "small save", click: () => this.saveSvg(chart.name) }, "Save SVG"), data);
      this.places.push({ name: chart.name, figure, canvas, data, drawn: null, stale: true, seen: false });
      place.append(figure);
      this.watcher.observe(figure);
    }
    place.append(this.absent);
    this.plan();
  }

  hover(listener: (name: string | null) => void): void {
    this.onHover = listener;
  }

  // Which charts there are with these data; all are stale.
  plan(): void {
    const data = restricted(this.state);
    const theme = themes[this.state.dark ? "dark" : "light"];
    const missing: HTMLElement[] = [];
    for (const place of this.places) {
      const chart = charts.find((one) => one.name === place.name)!;
      const drawing = this.make(chart, data, theme);
      const isMissing = isAbsent(drawing);
      place.figure.hidden = isMissing;
      if (isMissing) missing.push(h("li", {}, `${chart.title}: ${drawing.absent}`));
      else place.canvas.style.aspectRatio = `${drawing.width} / ${drawing.height}`;
      if (!isMissing && drawing.table) refresh(place.data, (fresh) => replace(fresh, dataTable(drawing.table!)));
      else replace(place.data);
      place.stale = true;
      if (place.seen && !isMissing) this.draw(place);
    }
    replace(this.absent, missing.length === 0 ? null : h("details", {}, h("summary", {}, "Charts without data"), h("ul", {}, ...missing)));
  }

  // One chart that cannot be made leaves the others as they are.
  private make(chart: Chart, data: Dataset, theme: Theme): Drawing | Absent {
    try {
      return chart.make(data, theme);
    } catch (error) {
      return { absent: `it cannot be drawn (${error})` };
    }
  }

  private draw(place: Place): void {
    if (place.figure.hidden) return;
    const chart = charts.find((one) => one.name === place.name)!;
    const drawing = this.make(chart, restricted(this.state), themes[this.state.dark ? "dark" : "light"]);
    if (isAbsent(drawing)) return;
    place.stale = false;
    place.drawn?.dispose();
    place.canvas.style.width = drawing.width + "px";
    place.canvas.style.height = drawing.height + "px";
    place.drawn = echarts.init(place.canvas, null, { renderer: "svg", width: drawing.width, height: drawing.height });
    const option = { ...drawing.option };
    if (withBrush.includes(place.name)) option.brush = { xAxisIndex: 0, throttleType: "debounce", throttleDelay: 150, brushStyle: { color: "rgba(120,150,180,0.2)", borderColor: "#7896b4" } };
    place.drawn.setOption(option);
    place.drawn.on("mouseover", (event: any) => this.onHover(event.name || null));
    place.drawn.on("globalout", () => this.onHover(null));
    if (!withBrush.includes(place.name)) return;
    place.drawn.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "rect", brushMode: "single" } });
    place.drawn.on("brushEnd", (event: any) => this.brushed(place, event.areas ?? []));
  }

  // The configurations whose points lie in the areas that were brushed; all when there is none.
  private brushed(place: Place, areas: any[]): void {
    const drawn = place.drawn!;
    const option: any = drawn.getOption();
    if (areas.length === 0) {
      if (this.state.brushed === null) return;
      this.state.brushed = null;
      changed("rows");
      return;
    }
    const names = new Set<string>();
    option.series.forEach((series: any) => {
      if (series.type !== "scatter") return;
      for (const point of series.data ?? []) {
        const [x, y] = drawn.convertToPixel({ gridIndex: 0 }, point.value) as unknown as number[];
        if (point.name && areas.some((area) => x >= area.range[0][0] && x <= area.range[0][1] && y >= area.range[1][0] && y <= area.range[1][1])) names.add(point.name);
      }
    });
    this.state.brushed = names;
    changed("rows");
  }

  point(name: string | null): void {
    for (const place of this.places) {
      if (!place.drawn || place.stale) continue;
      place.drawn.dispatchAction({ type: "downplay" });
      if (name !== null) place.drawn.dispatchAction({ type: "highlight", name });
    }
  }

  private saveSvg(name: string): void {
    const place = this.places.find((one) => one.name === name)!;
    const svg = place.canvas.querySelector("svg");
    if (svg) save(name + ".svg", "image/svg+xml", new XMLSerializer().serializeToString(svg));
  }
}
