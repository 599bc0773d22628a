// The memory of a worker over time, a panel for each configuration: what is resident, what of it is private, and what the
// worker did meanwhile.

import { Configuration, Dataset, MemoryLine } from "../data/dataset";
import { Absent, base, cut, Drawing, headHeight, Option, textWidth, valueAxis, width } from "./drawing";
import { Scale, scaleFor, short, withUnit } from "./numbers";
import { chosen, columnsFor, notDrawn } from "./panels";
import { faded, Theme } from "./theme";

const mostApart = 4; // how many times as much the largest may have, where all panels have one scale

interface Shown {
  one: Configuration;
  line: MemoryLine;
  index: number;
}

function most(values: number[]): number {
  return Math.max.apply(null, values);
}

interface Kind {
  name: string;
  colour: string;
  is: (phase: string) => boolean;
}

function isLoad(phase: string): boolean {
  return phase.indexOf("load_") === 0;
}

function isWarmUp(phase: string): boolean {
  return / warm-up$/.test(phase);
}

function kinds(theme: Theme): Kind[] {
  return [
    { name: "Loading", colour: faded(theme.models[2], 0.2), is: isLoad },
    { name: "Warm-up", colour: faded(theme.models[4], 0.13), is: isWarmUp },
    { name: "Requests", colour: faded(theme.quiet, 0.1), is: (phase) => !isLoad(phase) && !isWarmUp(phase) },
  ];
}

const phaseNames: { [phase: string]: string } = {
  load_cold: "cold load",
  load_warm: "warm load",
  single_stream: "single",
  offline: "batch",
  poisson: "arrivals",
};

// What of a phase's name finds room in its band.
function bandText(phase: string, room: number): string {
  const text = isWarmUp(phase) ? "warm-up" : Object.prototype.hasOwnProperty.call(phaseNames, phase) ? phaseNames[phase] : cut(phase, 16);
  return textWidth([text], 10) + 6 < room ? text : "";
}

function bands(theme: Theme, line: MemoryLine, kind: Kind, place: Option): Option {
  const own = line.phases.filter((phase) => kind.is(phase.name));
  return {
    type: "custom",
    name: kind.name,
    silent: true,
    clip: true,
    z: 1,
    ...place,
    itemStyle: { color: kind.colour },
    data: own.map((phase) => [phase.begin, phase.end, 0]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (params: any, api: any) => {
      const from = api.coord([api.value(0), 0])[0];
      const to = api.coord([api.value(1), 0])[0];
      const area = params.coordSys;
      return {
        type: "group",
        children: [
          { type: "rect", shape: { x: from, y: area.y, width: Math.max(2, to - from), height: area.height }, style: { fill: api.visual("color") } },
          {
            type: "text",
            style: { text: bandText(own[params.dataIndex].name, to - from), x: (from + to) / 2, y: area.y + 4, align: "center", verticalAlign: "top", fill: theme.quiet, fontSize: 10 },
          },
        ],
      };
    },
  };
}

function curve(name: string, colour: string, seconds: number[], bytes: number[], scale: Scale, place: Option, filled: boolean): Option {
  return {
    type: "line",
    name: name,
    step: "end",
    symbol: "none",
    silent: true,
    ...place,
    z: filled ? 3 : 4,
    lineStyle: { color: colour, width: filled ? 1.5 : 2 },
    itemStyle: { color: colour },
    areaStyle: filled ? { color: faded(colour, 0.3) } : undefined,
    data: seconds.map((second, at) => [second, bytes[at] / scale.factor]),
  };
}

// One value for all, or where they are far apart each its own.
function ends(values: number[]): number[] {
  const least = Math.min.apply(null, values);
  const largest = most(values);
  return largest > mostApart * least ? values : values.map(() => largest);
}

function isSeveral(values: number[]): boolean {
  return values.some((value) => value !== values[0]);
}

export function memoryOverTime(data: Dataset, theme: Theme): Drawing | Absent {
  const all: Shown[] = [];
  data.configurations.forEach((one, index) => {
    if (one.memory_line && one.memory_line.seconds.length > 0) all.push({ one: one, line: one.memory_line, index: index });
  });
  if (all.length === 0) {
    const reasons = data.configurations.map((one) => one.memory_line_absent).filter((reason) => reason !== undefined);
    return { absent: "no configuration has its memory over time" + (reasons.length > 0 ? ": " + reasons[0] : "") };
  }
  const shown = chosen(data, all);
  const rest = notDrawn(all, shown);
  const spans = shown.map(({ line }) => Math.max(line.seconds[line.seconds.length - 1], most(line.phases.map((phase) => phase.end).concat([0])), 1e-3));
  const peaks = shown.map(({ line }) => Math.max(1, most(line.rss)));
  const rights = ends(spans);
  const tops = ends(peaks);
  const about = "A worker in one round, in seconds since its start: memory that is resident, and what of it is private" + (isSeveral(rights) || isSeveral(tops) ? "; scales differ" : "");
  const option = base(theme, "Memory over time", about + (rest ? "\n" + rest : ""));
  const columns = columnsFor(shown.length);
  const rows = Math.ceil(shown.length / columns);
  const top = headHeight + (rest ? 16 : 0) + 44;
  const left = 76;
  const gap = isSeveral(tops) ? left : 24;
  const panelWidth = (width - left - 30 - gap * (columns - 1)) / columns;
  const panelHeight = rows > 1 ? 170 : 260;
  const rowHeight = panelHeight + 76;
  option.grid = [];
  option.xAxis = [];
  option.yAxis = [];
  option.series = [];
  const texts: Option[] = [];
  shown.forEach(({ one, line }, panel) => {
    const column = panel % columns;
    const x = left + column * (panelWidth + gap);
    const y = top + Math.floor(panel / columns) * rowHeight;
    const scale = scaleFor("B", [tops[panel]]);
    const place = { xAxisIndex: panel, yAxisIndex: panel };
    const label = (value: number) => (value === 0 ? "0" : short(value) + " " + scale.unit);
    option.grid.push({ left: x, width: panelWidth, top: y, height: panelHeight });
    option.xAxis.push({ ...valueAxis(theme, ""), gridIndex: panel, min: 0, max: rights[panel], splitLine: { show: false }, axisLabel: { color: theme.quiet, hideOverlap: true, showMaxLabel: false, formatter: (value: number) => short(value) + " s" } });
    option.yAxis.push({ ...valueAxis(theme, ""), gridIndex: panel, min: 0, max: (tops[panel] / scale.factor) * 1.12, axisLabel: { color: theme.quiet, show: column === 0 || gap === left, showMaxLabel: false, formatter: label } });
    for (const kind of kinds(theme)) option.series.push(bands(theme, line, kind, place));
    option.series.push(curve("Resident", theme.models[0], line.seconds, line.rss, scale, place, false));
    option.series.push(curve("Private", theme.models[1], line.seconds, line.private, scale, place, true));
    const letters = Math.floor(panelWidth / (0.6 * 12));
    texts.push({ type: "text", silent: true, style: { text: cut(one.name, letters), x: x, y: y - 36, fill: theme.text, fontSize: 12, fontWeight: 600, verticalAlign: "top" } });
    texts.push({ type: "text", silent: true, style: { text: "up to " + withUnit(most(line.rss), "B") + " resident, " + withUnit(most(line.private), "B") + " private", x: x, y: y - 19, fill: theme.quiet, fontSize: 11, verticalAlign: "top" } });
  });
  option.graphic = texts;
  option.legend = { bottom: 10, left: 16, data: ["Resident", "Private", "Loading", "Warm-up", "Requests"].map((name) => ({ name: name, icon: "roundRect" })), textStyle: { color: theme.text }, itemWidth: 16, itemHeight: 8, selectedMode: false };
  return { option: option, width: width, height: top + rows * rowHeight - 12 };
}
