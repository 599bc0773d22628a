// The page. Everything that it shows lies in it; it asks no one for anything, unless a server gave it out: then that one.

import { Dataset, parseDataset } from "../data/dataset";
import { answerSection, budgetSlider, sameBudget, updateBudget } from "./answer";
import { atlas } from "./atlas";
import { byId, h, inPlace, refresh, replace } from "./dom";
import { prepareExplain } from "./explain";
import { Figures } from "./figures";
import { follow, Live } from "./live";
import { changed, onChange, State } from "./state";
import { Table } from "./table";

const given: { datasets: Dataset[]; live?: Live } = parseDataset(byId("data").textContent!);
let all = given.datasets;

const state: State = {
  data: all[0],
  search: "",
  hiddenModels: new Set(),
  hiddenPrecisions: new Set(),
  brushed: null,
  budget: null,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
};

function facts(place: HTMLElement): void {
  const { data } = state;
  const list = (title: string, lines: string[]) => (lines.length === 0 ? null : h("section", {}, h("h3", {}, title), h("ul", {}, ...lines.map((line) => h("li", {}, line)))));
  replace(
    place,
    h("h2", {}, "What to know"),
    list("Caveats", data.caveats),
    list("Notes", data.notes),
    ...data.devices.map((device) => h("section", {}, h("h3", {}, "Device: " + device.name), h("dl", { class: "facts" }, ...device.facts.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])))),
    h("p", { class: "quiet" }, data.generator),
  );
}

function paint(): void {
  document.documentElement.dataset.theme = state.dark ? "dark" : "light";
  const button = byId("theme");
  button.textContent = state.dark ? "Light" : "Dark";
  button.setAttribute("aria-pressed", String(state.dark));
}

function pick(index: number): void {
  state.data = all[index];
  state.hiddenModels.clear();
  state.hiddenPrecisions.clear();
  state.search = "";
  state.brushed = null;
  state.budget = null;
  replace(byId("title"), state.data.title);
  changed("data");
}

function devices(): void {
  refresh(byId("atlas-place"), (place) => atlas(all, place, all.indexOf(state.data), pick));
}

function start(): void {
  delete document.body.dataset.empty;
  document.title = state.data.title;
  replace(byId("title"), state.data.title);
  prepareExplain();
  answerSection(state, byId("answer"));
  budgetSlider(state, byId("budget-place"));
  facts(byId("facts"));
  const table = new Table(state, byId("tools"), byId("table-place"));
  const figures = new Figures(state, byId("figures-place"));
  const point = (name: string | null) => {
    table.point(name);
    figures.point(name);
  };
  table.hover(point);
  figures.hover((name) => table.point(name));
  onChange((what) => {
    if (what === "data") {
      answerSection(state, byId("answer"));
      budgetSlider(state, byId("budget-place"));
      facts(byId("facts"));
      table.start();
    } else if (what === "update") {
      refresh(byId("answer"), (place) => answerSection(state, place));
      refresh(byId("facts"), facts);
      table.update();
    } else if (what === "budget") {
      answerSection(state, byId("answer"));
    }
    if (what === "rows" || what === "budget" || what === "data") table.draw();
    figures.plan();
  });
  devices();
}

function startEmpty(): void {
  document.body.dataset.empty = "yes";
  replace(byId("answer"), h("p", { class: "headline" }, "Nothing is measured yet."), h("p", {}, "The answer, the figures and the charts appear here as soon as a run has finished a cell."));
}

const identity = (data: Dataset) => data.devices.map((device) => device.identity ?? device.name).join("\n");

// New results from the server. What the reader has chosen stays, as long as they are of the same device.
function take(datasets: Dataset[]): void {
  const before = state.data as Dataset | undefined;
  if (datasets.length === 0) {
    if (before) location.reload(); // the store was replaced by one without results
    return;
  }
  all = datasets;
  if (!before) {
    state.data = all[0];
    start();
    return;
  }
  const at = all.findIndex((data) => identity(data) === identity(before));
  inPlace(() => {
    if (at < 0) {
      pick(0);
    } else {
      state.budget = sameBudget(before, state.budget, all[at]);
      state.data = all[at];
      replace(byId("title"), state.data.title);
      updateBudget(state, before, byId("budget-place"));
      changed("update");
    }
    devices();
  });
  document.title = state.data.title;
}

let isPressed = false;
addEventListener("pointerdown", () => (isPressed = true), true);
for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, () => (isPressed = false), true);

paint();
byId("theme").addEventListener("click", () => {
  state.dark = !state.dark;
  paint();
  changed("theme");
});
if (all.length > 0) start();
else startEmpty();
document.body.dataset.ready = "yes";
if (given.live) follow(given.live, take, () => isPressed || (byId("explain") as HTMLDialogElement).open);
