// Energy: bars, and joules per right answer against speed. What different sensors said never shares an axis.

import { Configuration, Dataset, Figure, Metric } from "../data/dataset";
import { metricPanel, Panel, panels } from "./bars";
import { Absent, base, colourName, colourNames, colourOf, cut, DataTable, Drawing, headHeight, label, models, Option, precisions, setup, valueAxis, width } from "./drawing";
import { sides, Side } from "./labels";
import { axisName, better, scaleFor, short } from "./numbers";
import { distinct, precisionSymbol, symbolKey, Theme } from "./theme";

const mostSensors = 3; // of bars
const mostGroups = 4;

export function sensors(data: Dataset): string[] {
  return distinct(data.configurations.map((one) => one.energy_sensor || "").filter((sensor) => sensor !== ""));
}

export function energyPower(data: Dataset, theme: Theme): Drawing | Absent {
  const all = sensors(data);
  const metrics = ["energy_per_request_j", "mean_power_w"];
  if (all.length < 2) return panels(data, theme, "Energy and power", all.length === 1 ? "Sensor: " + all[0] : "The sensor is not told", metrics.map((name) => metricPanel(data, name)));
  const wanted: (Panel | undefined)[] = [];
  for (const name of metrics)
    for (const sensor of all.slice(0, mostSensors)) {
      const panel = metricPanel(data, name);
      if (panel) wanted.push({ ...panel, over: sensor, figure: (one) => (one.energy_sensor === sensor ? panel.figure(one) : undefined) });
    }
  const left = all.length > mostSensors ? "; not drawn: " + all.slice(mostSensors).join(", ") : "";
  return panels(data, theme, "Energy and power", "Sensors differ: compare only bars of one panel" + left, wanted);
}

// --- joules per right answer ------------------------------------------------------------------------------------

interface Point {
  one: Configuration;
  x: Figure;
  y: number; // joules
}

interface Group {
  sensor: string;
  way: string; // how the figures came about
  points: Point[];
}

function wayOf(one: Configuration): string {
  const own = one.per_right!;
  const way = own.way === "measured" ? "measured while the tasks ran" : "joules per request / share of right answers";
  return own.evidence === "imported" ? "imported; " + way : way;
}

function groupsOf(data: Dataset): Group[] {
  const groups: Group[] = [];
  for (const one of data.configurations) {
    const x = one.figures[data.speed_metric];
    if (!one.per_right || !x) continue;
    const way = wayOf(one);
    let found: Group | undefined;
    for (const group of groups) if (group.sensor === one.per_right.sensor && group.way === way) found = group;
    if (!found) groups.push((found = { sensor: one.per_right.sensor, way: way, points: [] }));
    found.points.push({ one: one, x: x, y: one.per_right.value });
  }
  return groups;
}

function range(values: number[]): { from: number; to: number } {
  const least = Math.min.apply(null, values);
  const most = Math.max.apply(null, values);
  const room = 0.12 * (most - least) || 0.1 * most || 1;
  return { from: Math.max(0, least - room), to: most + room };
}

function tableOf(groups: Group[], metric: Metric): DataTable {
  const rows: string[][] = [];
  for (const group of groups) for (const { one, x, y } of group.points) rows.push([one.name, group.sensor, group.way, x.text, short(y)]);
  return { head: ["Configuration", "Sensor", "How", metric.title, "Joules per right answer"], rows: rows };
}

function why(data: Dataset): string {
  const reasons = distinct(data.configurations.map((one) => one.per_right_absent || "").filter((reason) => reason !== ""));
  return "no configuration has both a speed and joules per right answer" + (reasons.length > 0 ? ": " + reasons[0] : "");
}

// Where a panel lies, in pixels.
interface Place {
  at: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

function addPanel(data: Dataset, theme: Theme, option: Option, group: Group, metric: Metric, place: Place): void {
  const scale = scaleFor(metric.unit, group.points.map((point) => point.x.value));
  const xs = range(group.points.map((point) => point.x.value / scale.factor));
  const ys = range(group.points.map((point) => point.y));
  const ticks = { color: theme.quiet, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => short(value) };
  const letters = Math.floor((place.width + 30) / (0.56 * 12));
  option.grid.push({ left: place.x, width: place.width, top: place.y, height: place.height });
  option.xAxis.push({ ...valueAxis(theme, axisName(metric, scale) + (better(metric) ? ", " + better(metric) : "")), gridIndex: place.at, min: xs.from, max: xs.to, axisLabel: ticks });
  option.yAxis.push({ ...valueAxis(theme, "Joules per right answer, less is better"), gridIndex: place.at, nameGap: 48, min: ys.from, max: ys.to, axisLabel: ticks });
  option.graphic.push(label(theme, cut("Sensor: " + group.sensor, letters), place.x, place.y - 36, { fontWeight: 600 }));
  option.graphic.push(label(theme, cut(group.way, letters), place.x, place.y - 19, { fill: theme.quiet, fontSize: 11 }));
  const several = models(data).length > 1;
  const nameOf = (one: Configuration) => (several ? cut(one.name, 30) : setup(one)) + (one.standing === "chosen" ? " ★" : "");
  const spots = group.points.map((point) => ({
    x: place.x + (place.width * (point.x.value / scale.factor - xs.from)) / (xs.to - xs.from),
    y: place.y + place.height * (1 - (point.y - ys.from) / (ys.to - ys.from)),
    text: nameOf(point.one),
  }));
  const names: Side[] = sides(spots, { left: place.x, right: place.x + place.width, top: place.y, bottom: place.y + place.height });
  const kinds = precisions(data);
  for (const name of colourNames(data)) {
    const own = group.points.map((point, rank) => ({ point: point, rank: rank })).filter(({ point }) => colourName(data, point.one) === name);
    if (own.length === 0) continue;
    const colour = colourOf(data, theme, own[0].point.one);
    option.series.push({
      type: "scatter",
      name: name,
      xAxisIndex: place.at,
      yAxisIndex: place.at,
      z: 4,
      itemStyle: { color: colour },
      data: own.map(({ point, rank }) => ({
        value: [point.x.value / scale.factor, point.y],
        name: point.one.name,
        symbol: precisionSymbol(kinds, setup(point.one)),
        symbolSize: point.one.standing === "chosen" ? 16 : 11,
        itemStyle: { color: point.one.per_right!.evidence === "imported" ? theme.background : colour, borderColor: colour, borderWidth: 1.5 },
        label: { show: true, position: names[rank], distance: 7, formatter: nameOf(point.one), color: theme.text, textBorderColor: theme.background, textBorderWidth: 3, fontSize: 11 },
      })),
    });
  }
}

export function energyPerRight(data: Dataset, theme: Theme): Drawing | Absent {
  const metric = data.metrics.filter((one) => one.name === data.speed_metric)[0];
  const all = groupsOf(data);
  if (!metric || all.length === 0) return { absent: why(data) };
  const groups = all.slice().sort((a, b) => b.points.length - a.points.length).slice(0, mostGroups);
  const columns = Math.min(2, groups.length);
  const rows = Math.ceil(groups.length / columns);
  const key = symbolKey(precisions(data));
  const about = (groups.length > 1 ? "A panel for each sensor: compare only points of one panel" : "Lower and further to the " + (better(metric) === "less is better" ? "left" : "right") + " is better") + (key ? "; " + key : "");
  const rest = all.filter((group) => groups.indexOf(group) < 0).map((group) => group.sensor);
  const option = base(theme, "Energy of a right answer against speed", about + (rest.length > 0 ? "\nNot drawn: " + cut(rest.join(", "), 118) : ""));
  const left = 76;
  const gap = left + 10;
  const panelWidth = (width - left - 30 - gap * (columns - 1)) / columns;
  const panelHeight = rows > 1 ? 250 : 360;
  const head = headHeight + 50 + (rest.length > 0 ? 16 : 0);
  const rowHeight = panelHeight + 104;
  option.grid = [];
  option.xAxis = [];
  option.yAxis = [];
  option.series = [];
  option.graphic = [];
  groups.forEach((group, at) => addPanel(data, theme, option, group, metric, { at: at, x: left + (at % columns) * (panelWidth + gap), y: head + Math.floor(at / columns) * rowHeight, width: panelWidth, height: panelHeight }));
  option.legend = { bottom: 8, left: 16, right: 16, type: "scroll", itemWidth: 10, itemHeight: 10, data: distinct(option.series.map((one: Option) => one.name)).map((name) => ({ name: name, icon: "circle" })), textStyle: { color: theme.text }, pageTextStyle: { color: theme.quiet } };
  return { option: option, width: width, height: head + rows * rowHeight - 10, table: tableOf(all, metric) };
}
