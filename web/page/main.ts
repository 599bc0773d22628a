// The page. Everything that it shows lies in it; it asks no one for anything.

import { Dataset, parseDataset } from "../data/dataset";
import { answerSection, budgetSlider } from "./answer";
import { atlas } from "./atlas";
import { byId, h, replace } from "./dom";
import { prepareExplain } from "./explain";
import { Figures } from "./figures";
import { onChange, State } from "./state";
import { changed } from "./state";
import { Table } from "./table";

const all: Dataset[] = parseDataset(byId("data").textContent!).datasets;

const state: State = {
  data: all[0],
  search: "",
  hiddenModels: new Set(),
  hiddenPrecisions: new Set(),
  brushed: null,
  budget: null,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
};

function facts(): void {
  const { data } = state;
  const list = (title: string, lines: string[]) => (lines.length === 0 ? null : h("section", {}, h("h3", {}, title), h("ul", {}, ...lines.map((line) => h("li", {}, line)))));
  replace(
    byId("facts"),
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

function start(): void {
  document.title = state.data.title;
  replace(byId("title"), state.data.title);
  paint();
  prepareExplain();
  answerSection(state, byId("answer"));
  budgetSlider(state, byId("budget-place"));
  facts();
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
      facts();
      table.start();
    } else if (what === "budget") {
      answerSection(state, byId("answer"));
    }
    if (what === "theme") paint();
    else table.draw();
    figures.plan();
  });
  atlas(all, byId("atlas-place"), (index) => {
    state.data = all[index];
    state.hiddenModels.clear();
    state.hiddenPrecisions.clear();
    state.search = "";
    state.brushed = null;
    state.budget = null;
    replace(byId("title"), state.data.title);
    changed("data");
  });
  byId("theme").addEventListener("click", () => {
    state.dark = !state.dark;
    changed("theme");
  });
  document.body.dataset.ready = "yes";
}

start();
