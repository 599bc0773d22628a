// One metric beside another as bars, a panel each: the same configurations, an axis of its own per metric.

import { Configuration, Dataset, Figure, Metric } from "../data/dataset";
import { Absent, base, colourOf, cut, Drawing, headHeight, label, Option, textWidth, valueAxis, whiskers, width } from "./drawing";
import { axisName, better, Scale, scaleFor, short } from "./numbers";
import { faded, Theme } from "./theme";

export interface Panel {
  title: string;
  over?: string; // stands above it
  unit: string;
  better: string;
  figure: (one: Configuration) => Figure | undefined;
}

const mostPanels = 6;
const panelsPerRow = 3;

export function metricPanel(data: Dataset, name: string): Panel | undefined {
  let metric: Metric | undefined;
  for (const one of data.metrics) if (one.name === name) metric = one;
  if (!metric) return undefined;
  return {
    title: metric.title,
    unit: metric.unit,
    better: better(metric),
    figure: (one) => one.figures[name],
  };
}

function limits(figure: Figure): number[] {
  return figure.low === undefined || figure.high === undefined ? [figure.value] : [figure.value, figure.low, figure.high];
}

// Where the longest label of a bar still finds room.
function axisEnd(figures: (Figure | undefined)[], scale: Scale): number {
  let most = 0;
  for (const figure of figures) if (figure) for (const value of limits(figure)) most = Math.max(most, value / scale.factor);
  return most > 0 ? most * 1.22 : 1;
}

// 0, or below the lowest where something is negative.
function axisBegin(figures: (Figure | undefined)[], scale: Scale): number {
  let least = 0;
  for (const figure of figures) if (figure) for (const value of limits(figure)) least = Math.min(least, value / scale.factor);
  return least * 1.22;
}

function panelSeries(data: Dataset, rows: Configuration[], panel: Panel, scale: Scale, index: number, theme: Theme): Option[] {
  const bars: any[] = [];
  const lines: any[] = [];
  const missing: any[] = [];
  rows.forEach((one, row) => {
    const figure = panel.figure(one);
    if (!figure) {
      missing.push([0, row]);
      return;
    }
    const colour = colourOf(data, theme, one);
    const most = Math.max.apply(null, limits(figure));
    bars.push({
      value: [figure.value / scale.factor, row],
      name: one.name,
      itemStyle: {
        color: figure.evidence === "measured" ? colour : figure.evidence === "predicted" ? theme.background : faded(colour, 0.55),
        borderColor: colour,
        borderWidth: figure.evidence === "measured" ? 0 : 1,
        borderType: figure.evidence === "predicted" ? "dashed" : "solid",
      },
      label: { show: false },
      most: most / scale.factor,
    });
    if (figure.low !== undefined && figure.high !== undefined)
      lines.push([figure.low / scale.factor, figure.high / scale.factor, row]);
  });
  const texts = bars.map((bar) => ({
    value: [bar.most, bar.value[1]],
    label: {
      formatter: short(bar.value[0]) + (rows[bar.value[1]] && panel.figure(rows[bar.value[1]])!.mark === "best" ? " ★" : ""),
    },
  }));
  const place = { xAxisIndex: index, yAxisIndex: index };
  return [
    { type: "bar", data: bars, barWidth: "62%", ...place, z: 2 },
    whiskers("x", lines, { ...place, itemStyle: { color: theme.text } }),
    {
      type: "scatter",
      symbolSize: 0.1,
      silent: true,
      data: texts,
      ...place,
      z: 6,
      label: { show: true, position: "right", distance: 6, color: theme.text, fontSize: 11 },
    },
    {
      type: "scatter",
      symbolSize: 0.1,
      silent: true,
      data: missing,
      ...place,
      label: { show: true, position: "right", distance: 4, color: theme.quiet, formatter: "–", fontSize: 11 },
    },
  ];
}

export function panels(data: Dataset, theme: Theme, title: string, about: string, wanted: (Panel | undefined)[]): Drawing | Absent {
  const found = wanted.filter(
    (panel) => panel !== undefined && data.configurations.some((one) => panel.figure(one) !== undefined),
  ) as Panel[];
  if (found.length === 0) return { absent: "no configuration has a value" };
  const shown = found.slice(0, mostPanels);
  const rows = data.configurations.filter((one) => shown.some((panel) => panel.figure(one) !== undefined));
  const perRow = shown.length === 4 ? 2 : Math.min(panelsPerRow, shown.length);
  const labels = rows.map((one) => cut(one.name, 34));
  const left = Math.min(260, 24 + textWidth(labels));
  const panelWidth = (width - left - 24) / perRow;
  const panelHeight = Math.max(90, rows.length * 22 + 8);
  const over = shown.some((panel) => panel.over !== undefined) ? 20 : 0;
  const rowHeight = panelHeight + 78 + over;
  const option = base(theme, title, about + (found.length > shown.length ? "; " + shown.length + " of " + found.length + " are shown" : ""));
  option.grid = [];
  option.xAxis = [];
  option.yAxis = [];
  option.series = [];
  option.graphic = [];
  shown.forEach((panel, index) => {
    const column = index % perRow;
    const figures = rows.map((one) => panel.figure(one));
    const values: number[] = [];
    for (const figure of figures) if (figure) values.push(figure.value);
    const scale = scaleFor(panel.unit, values);
    option.grid.push({
      left: left + column * panelWidth,
      width: panelWidth - 26,
      top: headHeight + 14 + over + Math.floor(index / perRow) * rowHeight,
      height: panelHeight,
    });
    if (panel.over !== undefined) option.graphic.push(label(theme, cut(panel.over, Math.floor((panelWidth - 10) / 5.8)), left + column * panelWidth, headHeight + 14 + Math.floor(index / perRow) * rowHeight, { fill: theme.quiet, fontSize: 11 }));
    const name = axisName({ title: panel.title } as Metric, scale) + (panel.better ? ", " + panel.better : "");
    option.xAxis.push({ ...valueAxis(theme, name), gridIndex: index, min: axisBegin(figures, scale), max: axisEnd(figures, scale), axisLabel: { color: theme.quiet, showMaxLabel: false, formatter: (value: number) => short(value) } });
    option.yAxis.push({
      type: "category",
      gridIndex: index,
      inverse: true,
      data: column === 0 ? labels : rows.map(() => ""),
      axisLabel: { color: theme.text, interval: 0 },
      axisLine: { lineStyle: { color: theme.line } },
      axisTick: { show: false },
    });
    for (const one of panelSeries(data, rows, panel, scale, index, theme)) option.series.push(one);
  });
  return { option: option, width: width, height: headHeight + 14 + Math.ceil(shown.length / perRow) * rowHeight };
}

// Of each configuration against its base: more than 1 is better.
export function speedup(data: Dataset, theme: Theme): Drawing | Absent {
  const wanted = [data.speed_metric, "ttft_s", "amortized_latency_s", "prefill_tokens_per_s", "energy_per_request_j"];
  const shown: Panel[] = [];
  for (const name of wanted) {
    let metric: Metric | undefined;
    for (const one of data.metrics) if (one.name === name) metric = one;
    if (!metric) continue;
    const lower = metric.direction === "lower_is_better";
    const factors: { [name: string]: Figure } = {};
    for (const impact of data.impacts) {
      const change = impact.changes[name];
      const one = data.configurations[impact.configuration];
      // An adapter is also compared with the model without it, which is no matter of precision.
      if (!change || data.configurations[impact.base].model !== one.model) continue;
      const turn = (ratio: number) => (lower ? 1 / ratio : ratio);
      const figure: Figure = { value: turn(change.ratio), text: "", evidence: one.evidence };
      if (change.low !== undefined && change.high !== undefined) {
        figure.low = turn(lower ? change.high : change.low);
        figure.high = turn(lower ? change.low : change.high);
      }
      factors[one.name] = figure;
    }
    shown.push({ title: metric.title, unit: "×", better: "", figure: (one) => factors[one.name] });
  }
  const drawn = panels(data, theme, "Change against the base precision", "How many times as good as the base: above 1 is better; from rounds measured side by side where there are any; whiskers: 95 %", shown.slice(0, 3));
  if ("absent" in drawn) return drawn;
  drawn.option.series.forEach((series: Option) => {
    if (series.type !== "bar") return;
    series.markLine = { silent: true, symbol: "none", lineStyle: { color: theme.text, type: "solid", width: 1 }, label: { show: false }, data: [{ xAxis: 1 }] };
  });
  return drawn;
}

