// What the reader has chosen, and who is told when it changes.

import { Dataset } from "../data/dataset";

export interface State {
  data: Dataset;
  search: string;
  hiddenModels: Set<string>;
  hiddenPrecisions: Set<string>;
  brushed: Set<string> | null; // names of configurations; null: all
  budget: number | null; // place in every_budget
  dark: boolean;
}

type Listener = (what: "rows" | "budget" | "theme" | "data" | "update") => void;
const listeners: Listener[] = [];

export function onChange(listener: Listener): void {
  listeners.push(listener);
}

export function changed(what: Parameters<Listener>[0]): void {
  for (const listener of listeners) listener(what);
}

export function visible(state: State): number[] {
  const words = state.search.toLowerCase().split(/\s+/).filter((word) => word);
  const all: number[] = [];
  state.data.configurations.forEach((one, index) => {
    if (state.hiddenModels.has(one.model) || state.hiddenPrecisions.has(one.precision)) return;
    if (state.brushed && !state.brushed.has(one.name)) return;
    const text = one.name.toLowerCase();
    if (words.every((word) => text.includes(word))) all.push(index);
  });
  return all;
}

// The answer within the budget that the reader has picked; absent: the answer as it was asked for.
export function rung(state: State) {
  return state.budget === null ? undefined : state.data.every_budget[state.budget];
}

// The data of some configurations only, with the standing that the budget gives them.
export function restricted(state: State): Dataset {
  const kept = visible(state);
  const place = new Map(kept.map((index, at) => [index, at]));
  const now = (index: number | undefined) => (index === undefined ? undefined : place.get(index));
  const here = (indices: number[]) => indices.filter((index) => place.has(index)).map((index) => place.get(index)!);
  const picked = rung(state);
  const { configurations } = state.data;
  const models = [...new Set(configurations.map((one) => one.model))];
  return {
    ...state.data,
    colour_names: models.length > 1 ? models : [...new Set(configurations.map((one) => one.precision + (one.point ? " " + one.point : "")))],
    configurations: kept.map((index) => {
      const one = state.data.configurations[index];
      if (!picked) return one;
      const standing = picked.choice === index ? "chosen" : picked.rivals.includes(index) ? "rival" : "out";
      return { ...one, standing };
    }),
    impacts: state.data.impacts
      .filter((impact) => place.has(impact.configuration) && place.has(impact.base))
      .map((impact) => ({ ...impact, configuration: place.get(impact.configuration)!, base: place.get(impact.base)! })),
    every_budget: state.data.every_budget.map((one) => ({ ...one, choice: now(one.choice), runner_up: now(one.runner_up), rivals: here(one.rivals), reasons: [] })),
    fronts: state.data.fronts.map((front) => ({
      ...front,
      members: here(front.members),
      dominated: front.dominated.filter((one) => place.has(one.configuration)).map((one) => ({ configuration: place.get(one.configuration)!, by: now(one.by) ?? -1 })),
    })),
    runner_up: now(picked ? picked.runner_up : state.data.runner_up),
    choice: now(picked ? picked.choice : state.data.choice),
    budget: picked?.memory,
  };
}
