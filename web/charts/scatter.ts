// Quality against what it costs: points with their names, intervals, and the front of those that no other dominates.

import { Configuration, Dataset, Figure, Front, Metric } from "../data/dataset";
import { Absent, base, colourName, colourNames, colourOf, cut, Drawing, headHeight, models, Option, precisions, setup, valueAxis, whiskers, width } from "./drawing";
import { sides, Side, Spot } from "./labels";
import { axisName, better, scaleFor, short } from "./numbers";
import { precisionSymbol, symbolKey, Theme } from "./theme";

const height = 560;
const place = { left: 70, right: 40, top: headHeight + 20, bottom: 86 };

interface Point {
  index: number;
  x: Figure;
  y: number;
  side: Side; // of its name
}

// From where to where an axis goes, with some room around what is shown.
interface Range {
  from: number;
  to: number;
  isLog: boolean;
}

function range(values: number[]): Range {
  const least = Math.min.apply(null, values);
  const most = Math.max.apply(null, values);
  if (least > 0 && most / least > 20) return { from: least / 1.25, to: most * 1.25, isLog: true };
  const room = 0.07 * (most - least) || Math.abs(most) * 0.1 || 1;
  return { from: least - room, to: most + room, isLog: false };
}

function share(axis: Range, value: number): number {
  const turn = (one: number) => (axis.isLog ? Math.log(one) : one);
  return (turn(value) - turn(axis.from)) / (turn(axis.to) - turn(axis.from));
}

function nameOf(data: Dataset, index: number): string {
  const one = data.configurations[index];
  return (models(data).length > 1 ? cut(one.name, 30) : setup(one)) + (one.evidence === "predicted" ? " ≈" : "") + (one.standing === "chosen" ? " ★" : "");
}

function placeNames(data: Dataset, all: Point[], x: Range, y: Range, prefer: (index: number) => Side): void {
  const box = { left: place.left, right: width - 4, top: place.top - 10, bottom: height - place.bottom + 8 };
  const spots: Spot[] = all.map((point) => ({
    x: place.left + share(x, point.x.value) * (width - place.left - place.right),
    y: height - place.bottom - share(y, point.y) * (height - place.top - place.bottom),
    text: nameOf(data, point.index),
    prefer: prefer(point.index),
  }));
  sides(spots, box).forEach((side, at) => (all[at].side = side));
}

function metricOf(data: Dataset, name: string): Metric | undefined {
  for (const one of data.metrics) if (one.name === name) return one;
  return undefined;
}

// On the share axis: the quality; without tasks of right answers there is none.
function points(data: Dataset, x: string, isShown: (index: number) => boolean): Point[] {
  const all: Point[] = [];
  data.configurations.forEach((one: Configuration, index: number) => {
    const figure = one.figures[x];
    if (figure && one.quality !== undefined && isShown(index)) all.push({ index: index, x: figure, y: 100 * one.quality, side: "right" });
  });
  return all;
}

function legend(theme: Theme, names: string[]): Option {
  return {
    data: names.map((name) => ({ name: name, icon: "circle" })),
    bottom: 8,
    left: 16,
    right: 16,
    type: "scroll",
    itemWidth: 10,
    itemHeight: 10,
    textStyle: { color: theme.text },
    pageTextStyle: { color: theme.quiet },
  };
}

function pointSeries(data: Dataset, theme: Theme, all: Point[], factor: number, isFaint: (index: number) => boolean): Option[] {
  const kinds = precisions(data);
  return colourNames(data)
    .filter((name) => all.some((point) => colourName(data, data.configurations[point.index]) === name))
    .map((name) => {
      const own = all.filter((point) => colourName(data, data.configurations[point.index]) === name);
      const colour = colourOf(data, theme, data.configurations[own[0].index]);
      return {
        type: "scatter",
        name: name,
        z: 4,
        itemStyle: { color: colour },
        labelLayout: { hideOverlap: all.length > 40 },
        emphasis: { focus: "self" },
        data: own.map((point) => {
          const one = data.configurations[point.index];
          const faint = isFaint(point.index);
          const isPredicted = point.x.evidence === "predicted";
          return {
            value: [point.x.value / factor, point.y],
            name: one.name,
            symbol: precisionSymbol(kinds, setup(one)),
            symbolSize: one.standing === "chosen" ? 16 : 11,
            itemStyle: { color: faint || isPredicted ? theme.background : colour, borderColor: colour, borderWidth: 1.5, borderType: isPredicted ? "dashed" : "solid" },
            label: {
              show: true,
              position: point.side,
              distance: 7,
              formatter: nameOf(data, point.index),
              color: faint ? theme.quiet : theme.text,
              textBorderColor: theme.background,
              textBorderWidth: 3,
              fontSize: 11,
            },
          };
        }),
      };
    });
}

function plane(data: Dataset, theme: Theme, x: string, title: string, about: string, isFaint: (index: number) => boolean, hasFront: boolean, isShown: (index: number) => boolean): Drawing | Absent {
  const metric = metricOf(data, x);
  const all = points(data, x, isShown);
  if (!metric || all.length === 0) return { absent: "no configuration has both a quality and " + (metric ? metric.title : x) };
  const scale = scaleFor(metric.unit, all.map((point) => point.x.value));
  const key = symbolKey(precisions(data));
  const dashed = all.some((point) => point.x.evidence === "predicted") ? "; hollow and dashed, with ≈: predicted, not measured" : "";
  const option = base(theme, title, about + dashed + (key ? "; " + key : ""));
  let ends: number[] = [];
  for (const point of all) ends = ends.concat([point.x.value, point.x.low, point.x.high].filter((value) => value !== undefined && value > 0) as number[]);
  const xRange = range(ends.length > 0 ? ends : all.map((point) => point.x.value));
  const yRange = range(all.map((point) => point.y));
  // The line of a front leaves its points to the right, or to the left where more is better.
  const free: Side = better(metric) === "less is better" ? "left" : "right";
  placeNames(data, all, xRange, yRange, (index) => (hasFront && !isFaint(index) ? free : "right"));
  option.grid = place;
  option.xAxis = {
    ...valueAxis(theme, axisName(metric, scale) + (better(metric) ? ", " + better(metric) : "")),
    type: xRange.isLog ? "log" : "value",
    min: xRange.from / scale.factor,
    max: xRange.to / scale.factor,
    axisLabel: { color: theme.quiet, formatter: (value: number) => short(value), hideOverlap: true, showMinLabel: false, showMaxLabel: false },
  };
  option.yAxis = { ...valueAxis(theme, "Quality in points of 100 (0 is guessing), more is better"), nameGap: 40, min: yRange.from, max: yRange.to, axisLabel: { color: theme.quiet, showMinLabel: false, showMaxLabel: false } };
  const lines: any[] = [];
  for (const point of all)
    if (point.x.low !== undefined && point.x.high !== undefined)
      lines.push([point.x.low / scale.factor, point.x.high / scale.factor, point.y]);
  option.series = [whiskers("x", lines, { itemStyle: { color: theme.faint }, z: 3 })].concat(
    pointSeries(data, theme, all, scale.factor, isFaint),
  );
  option.legend = legend(theme, option.series.filter((one: Option) => one.type === "scatter").map((one: Option) => one.name));
  return { option: option, width: width, height: height };
}

export function speedQuality(data: Dataset, theme: Theme): Drawing | Absent {
  return plane(data, theme, data.speed_metric, "Speed against quality", "Each configuration; whiskers: 95 % of the speed; ★ the answer", () => false, false, () => true);
}

// The front of one name, as a line from its least to its most.
export function pareto(name: string, x: string, title: string): (data: Dataset, theme: Theme) => Drawing | Absent {
  return (data, theme) => {
    let front: Front | undefined;
    for (const one of data.fronts) if (one.name === name) front = one;
    if (!front) return { absent: "no configuration has a value for each objective" };
    const members = front.members;
    const dominated = front.dominated.map((one) => one.configuration);
    // What failed has figures, but is neither.
    const isShown = (index: number) => members.indexOf(index) >= 0 || dominated.indexOf(index) >= 0;
    const result = plane(
      data,
      theme,
      x,
      title,
      "Filled: no other is better in one and no worse in the other; hollow: dominated",
      (index) => members.indexOf(index) < 0,
      true,
      isShown,
    );
    if ("absent" in result) return result;
    const metric = metricOf(data, x)!;
    const scale = scaleFor(metric.unit, points(data, x, isShown).map((point) => point.x.value));
    const corners = members
      .map((index) => [data.configurations[index].figures[x].value / scale.factor, 100 * data.configurations[index].quality!])
      .sort((a, b) => a[0] - b[0]);
    result.option.series.push({
      type: "line",
      silent: true,
      step: metric.direction === "lower_is_better" ? "end" : "start",
      symbol: "none",
      z: 1,
      lineStyle: { color: theme.quiet, width: 1.5, type: "dashed" },
      data: corners,
    });
    return result;
  };
}
