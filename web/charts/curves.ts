// Speed over swept settings: one setting along the x axis; where a second one was swept, a panel per model and precision, with a line
// for each of its values.

import { Configuration, Dataset, Metric } from "../data/dataset";
import { Absent, base, cut, Drawing, headHeight, Option, valueAxis, width } from "./drawing";
import { dashes, height, legend, mostLines } from "./lines";
import { axisName, better, Scale, scaleFor, short } from "./numbers";
import { distinct, Theme } from "./theme";

const mostValues = 6; // of the second setting
const mostPanels = 6;
const panelsPerRow = 3;

// A setting that was swept, with its values in order.
interface Axis {
  name: string;
  values: string[];
  isNumber: boolean;
}

interface Curve {
  name: string;
  points: Configuration[];
}

interface Panel {
  of?: Configuration; // any of its model and precision; absent: it is the only panel, of all
  curves: Curve[];
}

// What all panels share.
interface Plot {
  data: Dataset;
  theme: Theme;
  metric: Metric;
  scale: Scale;
  x: Axis;
}

function isNumber(text: string): boolean {
  return text !== "" && !isNaN(Number(text));
}

// Settings with more than one value.
function sweptAxes(data: Dataset): Axis[] {
  let names: string[] = [];
  for (const one of data.configurations) names = names.concat(Object.keys(one.swept));
  return distinct(names)
    .map((name) => {
      const values = distinct(data.configurations.filter((one) => name in one.swept).map((one) => one.swept[name]));
      const areNumbers = values.every(isNumber);
      return { name: name, values: areNumbers ? values.sort((a, b) => Number(a) - Number(b)) : values, isNumber: areNumbers };
    })
    .filter((axis) => axis.values.length > 1);
}

// The numbers with the most values: that gives few lines with many points.
function longest(axes: Axis[]): Axis | undefined {
  let found: Axis | undefined;
  for (const axis of axes) if (axis.isNumber && (!found || axis.values.length > found.values.length)) found = axis;
  return found;
}

// The first and the last, and others at equal distances between them.
function selected(values: string[], most: number): string[] {
  if (values.length <= most) return values;
  const all: string[] = [];
  for (let place = 0; place < most; ++place) all.push(values[Math.round((place * (values.length - 1)) / (most - 1))]);
  return all;
}

// In the order of the x axis.
function curve(name: string, x: Axis, points: Configuration[]): Curve {
  return { name: name, points: points.slice().sort((a, b) => x.values.indexOf(a.swept[x.name]) - x.values.indexOf(b.swept[x.name])) };
}

function nameOf(one: Configuration): string {
  return one.model + " " + one.precision;
}

function curveSeries(plot: Plot, one: Curve, place: number, panel: number): Option[] {
  const colour = plot.theme.models[place % plot.theme.models.length];
  const figure = (point: Configuration) => point.figures[plot.data.speed_metric];
  const where = { xAxisIndex: panel, yAxisIndex: panel };
  return [
    {
      type: "line",
      name: one.name,
      symbolSize: 8,
      lineStyle: { width: 2, color: colour, type: dashes[place % dashes.length] },
      itemStyle: { color: colour },
      data: one.points.map((point) => [point.swept[plot.x.name], figure(point).value / plot.scale.factor]),
      ...where,
    },
    {
      type: "custom",
      silent: true,
      data: one.points
        .filter((point) => figure(point).low !== undefined)
        .map((point) => [plot.x.values.indexOf(point.swept[plot.x.name]), figure(point).low! / plot.scale.factor, figure(point).high! / plot.scale.factor]),
      encode: { x: 0, y: [1, 2] },
      renderItem: (_: any, api: any) => {
        const from = api.coord([api.value(0), api.value(1)]);
        const to = api.coord([api.value(0), api.value(2)]);
        return { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: colour, lineWidth: 1.5 } };
      },
      ...where,
    },
  ];
}

// A long name of a model leaves room for the precision.
function titleOf(one: Configuration, most: number): string {
  return cut(one.model, Math.max(8, most - one.precision.length - 1)) + " " + one.precision;
}

// The lines of a panel stand in the place that their name has among `names`, so that a value has one colour in all panels.
function draw(plot: Plot, panels: Panel[], names: string[], about: string): Drawing {
  const title = "Speed over " + plot.x.name;
  const option = base(plot.theme, title, about);
  const perRow = panels.length === 4 ? 2 : Math.min(panelsPerRow, panels.length);
  const rows = Math.ceil(panels.length / perRow);
  const rowHeight = rows > 1 ? 300 : height - headHeight - 72;
  const panelWidth = (width - 20) / perRow;
  const head = panels[0].of ? 26 : 0;
  option.grid = [];
  option.xAxis = [];
  option.yAxis = [];
  option.series = [];
  option.title = [option.title];
  panels.forEach((panel, at) => {
    const left = (at % perRow) * panelWidth;
    const top = headHeight + 12 + Math.floor(at / perRow) * rowHeight;
    if (panel.of)
      option.title.push({ text: titleOf(panel.of, Math.floor((panelWidth - 94) / 8)), left: left + 70, top: top - 6, textStyle: { color: plot.theme.text, fontSize: 13, fontWeight: 600 } });
    option.grid.push({ left: left + 70, width: panelWidth - 94, top: top + head, height: rowHeight - head - 54 });
    option.xAxis.push({ type: "category", gridIndex: at, data: plot.x.values, name: plot.x.name, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: plot.theme.quiet }, axisLabel: { color: plot.theme.quiet, hideOverlap: true }, axisLine: { lineStyle: { color: plot.theme.line } }, axisTick: { show: false } });
    option.yAxis.push({ ...valueAxis(plot.theme, at % perRow === 0 ? axisName(plot.metric, plot.scale) : ""), gridIndex: at, nameGap: 48, axisLabel: { color: plot.theme.quiet, formatter: (value: number) => short(value) } });
    for (const one of panel.curves) option.series = option.series.concat(curveSeries(plot, one, names.indexOf(one.name), at));
  });
  option.legend = legend(plot.theme, names);
  return { option: option, width: width, height: headHeight + 24 + rows * rowHeight + 48 };
}

// One panel with a line for each model and precision.
function oneAxis(plot: Plot, measured: Configuration[], about: string): Drawing | Absent {
  const all = distinct(measured.map(nameOf))
    .map((name) => curve(name, plot.x, measured.filter((one) => nameOf(one) === name)))
    .filter((one) => one.points.length > 1);
  if (all.length === 0) return { absent: "no curve has two points with a speed" };
  const shown = all.slice(0, mostLines);
  return draw(plot, [{ curves: shown }], shown.map((one) => one.name), about + (all.length > shown.length ? "; " + shown.length + " of " + all.length + " are shown" : ""));
}

// A panel for each model and precision with a line for each value of `second`. Further settings stay as they are in `fixed`.
function twoAxes(plot: Plot, measured: Configuration[], second: Axis, fixed: Axis[], about: string): Drawing | Absent {
  const isMeant = (one: Configuration) => second.name in one.swept && fixed.every((axis) => one.swept[axis.name] === axis.values[0]);
  const meant = measured.filter(isMeant);
  const values = selected(second.values, mostValues);
  const labels = values.map((value) => second.name + " " + value);
  const all: Panel[] = distinct(meant.map(nameOf))
    .map((name) => ({
      of: meant.filter((one) => nameOf(one) === name)[0],
      curves: values
        .map((value, place) => curve(labels[place], plot.x, meant.filter((one) => nameOf(one) === name && one.swept[second.name] === value)))
        .filter((one) => one.points.length > 1),
    }))
    .filter((panel) => panel.curves.length > 0);
  if (all.length === 0) return { absent: "no curve has two points with a speed" };
  const shown = all.slice(0, mostPanels);
  let text = about;
  if (values.length < second.values.length) text += "; " + second.name + ": " + values.length + " of " + second.values.length + " values";
  if (fixed.length > 0) text += "; with " + fixed.map((axis) => axis.name + " " + axis.values[0]).join(", ");
  if (shown.length > 1) text += "; each panel has its own scale";
  if (shown.length < all.length) text += "; " + shown.length + " of " + all.length + " models and precisions";
  const drawn = labels.filter((label) => shown.some((panel) => panel.curves.some((one) => one.name === label)));
  return draw(plot, shown, drawn, text);
}

export function curves(data: Dataset, theme: Theme): Drawing | Absent {
  const axes = sweptAxes(data);
  const x = longest(axes);
  if (x === undefined) return { absent: "no setting was swept over several numbers" };
  const metric = data.metrics.filter((one) => one.name === data.speed_metric)[0];
  const measured = data.configurations.filter((one) => x.name in one.swept && one.figures[data.speed_metric] !== undefined);
  if (measured.length === 0 || !metric) return { absent: "no curve has two points with a speed" };
  const scale = scaleFor(metric.unit, measured.map((one) => one.figures[data.speed_metric].value));
  const plot: Plot = { data: data, theme: theme, metric: metric, scale: scale, x: x };
  const about = axisName(metric, scale) + (better(metric) ? ", " + better(metric) : "") + "; bars: 95 %";
  const others = axes.filter((axis) => axis !== x);
  // Of further settings the first is the second axis; the others stay at their first value.
  return others.length === 0 ? oneAxis(plot, measured, about) : twoAxes(plot, measured, others[0], others.slice(1), about);
}
