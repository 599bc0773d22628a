// A panel for each of a few configurations: which are drawn, and what is said of the others.

import { Configuration, Dataset } from "../data/dataset";
import { cut } from "./drawing";

const mostPanels = 6;
const mostNames = 118; // letters of the line that names what is not drawn

export interface Shown {
  one: Configuration;
  index: number;
}

// The answer and what came second, then as they stand in the table; all in its order.
export function chosen<Panel extends Shown>(data: Dataset, all: Panel[]): Panel[] {
  const rank = (shown: Panel) => (shown.index === data.choice ? 0 : shown.index === data.runner_up ? 1 : 2);
  return all
    .slice()
    .sort((a, b) => rank(a) - rank(b) || a.index - b.index)
    .slice(0, mostPanels)
    .sort((a, b) => a.index - b.index);
}

// "Not drawn: a, b and 22 more".
export function notDrawn<Panel extends Shown>(all: Panel[], shown: Panel[]): string {
  const names = all.filter((one) => shown.indexOf(one) < 0).map((one) => cut(one.one.name, 34));
  if (names.length === 0) return "";
  let told = 0;
  let text = "";
  while (told < names.length && (told === 0 || (text + names[told]).length < mostNames)) text += (told > 0 ? ", " : "") + names[told++];
  return "Not drawn: " + text + (told < names.length ? " and " + (names.length - told) + " more" : "");
}

export function columnsFor(panels: number): number {
  return panels === 4 ? 2 : Math.min(3, panels);
}
