// Figures that are lines: how long requests take, how rounds went over time.

import { Configuration, Dataset } from "../data/dataset";
import { Absent, base, colourOf, Drawing, headHeight, Option, precisions, setup, valueAxis, width } from "./drawing";
import { scaleFor, short } from "./numbers";
import { precisionSymbol, Theme } from "./theme";

export const height = 480;
export const mostLines = 12;
export const dashes: any[] = ["solid", "dashed", "dotted", [8, 3, 2, 3], [2, 6], [12, 4]];

export function legend(theme: Theme, names: string[]): Option {
  return { type: "scroll", bottom: 6, left: 16, right: 16, data: names, textStyle: { color: theme.text }, itemWidth: 26, itemHeight: 8 };
}

function lineStyle(data: Dataset, theme: Theme, one: Configuration): Option {
  const kinds = precisions(data);
  return {
    width: 2,
    color: colourOf(data, theme, one),
    type: dashes[Math.max(0, kinds.indexOf(setup(one))) % dashes.length],
  };
}

export function latencyEcdf(data: Dataset, theme: Theme): Drawing | Absent {
  const with_samples = data.configurations.filter((one) => one.latencies.length > 1);
  if (with_samples.length === 0) return { absent: "no configuration has samples of single requests" };
  const shown = with_samples.slice(0, mostLines);
  let values: number[] = [];
  for (const one of shown) values = values.concat(one.latencies);
  const scale = scaleFor("s", [Math.max.apply(null, values)]);
  const option = base(theme, "How long a request takes", "Share of the requests that were answered within a time" + (with_samples.length > shown.length ? "; " + shown.length + " of " + with_samples.length + " are shown" : ""));
  option.grid = { left: 64, right: 30, top: headHeight + 12, bottom: 84 };
  const most = Math.max.apply(null, shown.map((one) => one.latencies[Math.min(99, one.latencies.length - 1)]));
  option.xAxis = { ...valueAxis(theme, "Time of the whole request (" + scale.unit + "), up to the slowest 1 %"), scale: true, max: (most / scale.factor) * 1.02, axisLabel: { color: theme.quiet, formatter: (value: number) => short(value), showMaxLabel: false } };
  option.yAxis = { ...valueAxis(theme, "Share of requests (%)"), min: 0, max: 100, nameGap: 38 };
  option.legend = legend(theme, shown.map((one) => one.name));
  option.series = shown.map((one) => ({
    type: "line",
    name: one.name,
    step: "end",
    symbol: "none",
    lineStyle: lineStyle(data, theme, one),
    itemStyle: { color: colourOf(data, theme, one) },
    data: one.latencies.map((value, place) => [value / scale.factor, (100 * place) / (one.latencies.length - 1)]),
  }));
  return { option: option, width: width, height: height };
}

// Each round's figure by the median of its configuration: what moves all points of a round is the machine.
export function rounds(data: Dataset, theme: Theme): Drawing | Absent {
  const found = data.configurations.filter((one) => one.rounds[data.speed_metric] !== undefined);
  if (found.length === 0) return { absent: "nothing was measured in rounds" };
  const shown = found.slice(0, mostLines);
  const option = base(theme, "Rounds over time", "Speed of each round against the median of its configuration; hollow: disturbed, does not count");
  option.grid = { left: 64, right: 30, top: headHeight + 12, bottom: 84 };
  option.xAxis = { ...valueAxis(theme, "Round"), min: 0.5, minInterval: 1 };
  option.yAxis = { ...valueAxis(theme, "Against the median (%)"), scale: true, nameGap: 42 };
  option.legend = legend(theme, shown.map((one) => one.name));
  const kinds = precisions(data);
  option.series = shown.map((one) => {
    const blocks = one.rounds[data.speed_metric];
    const sorted = blocks.value.filter((_, place) => blocks.counts[place]).sort((a, b) => a - b);
    const all = sorted.length > 0 ? sorted : blocks.value.slice().sort((a, b) => a - b);
    const middle = (all[Math.floor((all.length - 1) / 2)] + all[Math.floor(all.length / 2)]) / 2;
    const colour = colourOf(data, theme, one);
    return {
      type: "line",
      name: one.name,
      symbol: precisionSymbol(kinds, setup(one)),
      symbolSize: 8,
      lineStyle: { ...lineStyle(data, theme, one), width: 1, opacity: 0.6 },
      itemStyle: { color: colour },
      data: blocks.value.map((value, place) => ({
        value: [blocks.round[place] + 1, 100 * (value / middle - 1)],
        itemStyle: { color: blocks.counts[place] ? colour : theme.background, borderColor: colour, borderWidth: 1.5 },
      })),
    };
  });
  return { option: option, width: width, height: height };
}
