// Power over time, a panel for each configuration: the mean watts of each bin by what measured its energy, and what the
// machine did meanwhile; with GPUs also how busy they were, on an axis of its own.

import { Configuration, Dataset, GpuLine, PowerLine } from "../data/dataset";
import { Absent, base, cut, DataTable, Drawing, headHeight, label, Option, textWidth, valueAxis, width } from "./drawing";
import { short, withUnit } from "./numbers";
import { chosen, columnsFor, notDrawn } from "./panels";
import { distinct, faded, Theme } from "./theme";

const leastPixels = 4; // of a request, for its phases to be told apart

interface Shown {
  one: Configuration;
  line: PowerLine;
  index: number;
}

interface Span {
  begin: number;
  end: number;
  text: string; // in the band, where there is room
}

interface Kind {
  name: string;
  colour: string;
  spans: Span[];
}

const gpuName = "GPU utilization";

function gpusOf(line: PowerLine): GpuLine[] {
  return line.gpus || [];
}

function end(line: PowerLine): number {
  return line.begin + line.bin * line.watts.length;
}

// Whether requests are long enough to show their prefill and decode in a panel of this width.
function showsPhases(line: PowerLine, pixels: number): boolean {
  return line.requests.length > 0 && (line.window / line.requests.length / (end(line) - line.begin)) * pixels >= leastPixels;
}

function kinds(theme: Theme, line: PowerLine, pixels: number): Kind[] {
  const named = (name: string, text: string) => line.phases.filter((phase) => phase.name === name).map((phase) => ({ begin: phase.begin, end: phase.end, text: text }));
  const apart = showsPhases(line, pixels);
  const spans = (from: number, to: number) => (apart ? line.requests.map((request) => ({ begin: request[from], end: request[to], text: "" })) : []);
  return [
    { name: "Idle", colour: faded(theme.quiet, 0.1), spans: named("idle_before", "idle").concat(named("idle_after", "idle")) },
    { name: "Load and warm-up", colour: faded(theme.models[2], 0.2), spans: named("load", "load") },
    { name: "Prefill", colour: faded(theme.models[1], 0.35), spans: spans(0, 1) },
    { name: "Decode", colour: faded(theme.models[4], 0.2), spans: spans(1, 2) },
    { name: "Requests", colour: faded(theme.models[4], 0.13), spans: apart ? [] : [{ begin: 0, end: line.window, text: "requests" }] },
  ];
}

function bands(theme: Theme, kind: Kind, place: Option): Option {
  return {
    type: "custom",
    name: kind.name,
    silent: true,
    clip: true,
    z: 1,
    ...place,
    itemStyle: { color: kind.colour },
    data: kind.spans.map((span) => [span.begin, span.end, 0]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (params: any, api: any) => {
      const from = api.coord([api.value(0), 0])[0];
      const to = api.coord([api.value(1), 0])[0];
      const area = params.coordSys;
      const text = kind.spans[params.dataIndex].text;
      const fits = textWidth([text], 10) + 6 < to - from;
      return {
        type: "group",
        children: [
          { type: "rect", shape: { x: from, y: area.y, width: Math.max(0.5, to - from), height: area.height }, style: { fill: api.visual("color") } },
          { type: "text", style: { text: fits ? text : "", x: (from + to) / 2, y: area.y + 4, align: "center", verticalAlign: "top", fill: theme.quiet, fontSize: 10 } },
        ],
      };
    },
  };
}

function steps(theme: Theme, line: PowerLine, place: Option): Option {
  const points = line.watts.map((watts, bin) => [line.begin + bin * line.bin, watts]);
  points.push([end(line), line.watts[line.watts.length - 1]]);
  return { type: "line", name: "Power", step: "end", symbol: "none", silent: true, z: 4, ...place, lineStyle: { color: theme.models[0], width: 1.5 }, itemStyle: { color: theme.models[0] }, data: points };
}

function busy(theme: Theme, gpu: GpuLine, place: Option): Option {
  const points: (number | null)[][] = gpu.busy.map((percent, bin) => [gpu.begin + bin * gpu.bin, percent]);
  points.push([gpu.begin + gpu.busy.length * gpu.bin, gpu.busy[gpu.busy.length - 1]]);
  return { type: "line", name: gpuName, step: "end", symbol: "none", silent: true, clip: true, z: 3, ...place, lineStyle: { color: theme.models[3], width: 1.2, type: "dashed" }, itemStyle: { color: theme.models[3] }, data: points };
}

// The mean from one time to another, of the bins that lie within; absent where none does.
function meanOf(bins: (number | null)[], first: number, length: number, from: number, to: number): number | undefined {
  let sum = 0;
  let count = 0;
  bins.forEach((value, bin) => {
    const begin = first + bin * length;
    if (value === null || begin < from - 1e-6 * length || begin + length > to + 1e-6 * length) return;
    sum += value;
    ++count;
  });
  return count > 0 ? sum / count : undefined;
}

function mean(line: PowerLine, from: number, to: number): number | undefined {
  return meanOf(line.watts, line.begin, line.bin, from, to);
}

// "63 (nvml:0), 58 (nvml:1)".
function busyText(line: PowerLine, from: number, to: number): string {
  const texts = gpusOf(line).map((gpu) => {
    const percent = meanOf(gpu.busy, gpu.begin, gpu.bin, from, to);
    return (percent === undefined ? "too short to tell" : short(percent)) + " (" + gpu.name + ")";
  });
  return texts.length > 0 ? texts.join(", ") : "not told";
}

const phaseNames: { [phase: string]: string } = { idle_before: "Idle before", load: "Load and warm-up", idle_after: "Idle after" };

function tableOf(shown: Shown[]): DataTable {
  const rows: string[][] = [];
  const hasGpus = shown.some(({ line }) => gpusOf(line).length > 0);
  for (const { one, line } of shown) {
    const spans = line.phases.filter((phase) => phase.name !== "requests").map((phase) => ({ name: phaseNames[phase.name] || phase.name, begin: phase.begin, end: phase.end }));
    spans.push({ name: line.requests.length > 0 ? line.requests.length + " requests" : "Requests", begin: 0, end: line.window });
    spans.sort((a, b) => a.begin - b.begin);
    for (const span of spans) {
      const watts = mean(line, span.begin, span.end);
      rows.push([one.name, one.energy_sensor || "not told", span.name, short(span.begin), short(span.end), watts === undefined ? "too short to tell" : short(watts)].concat(hasGpus ? [busyText(line, span.begin, span.end)] : []));
    }
  }
  return { head: ["Configuration", "Sensor", "Phase", "From (s)", "To (s)", "Mean power (W)"].concat(hasGpus ? [gpuName + " (%)"] : []), rows: rows };
}

function said(line: PowerLine): string {
  const watts = mean(line, 0, line.window);
  return (watts === undefined ? "" : short(watts) + " W") + (line.joules === undefined ? "" : ", " + withUnit(line.joules, "J")) + " in " + short(line.window) + " s" + (line.cut ? " (requests only)" : " of requests");
}

export function powerOverTime(data: Dataset, theme: Theme): Drawing | Absent {
  const all: Shown[] = [];
  data.configurations.forEach((one, index) => {
    if (one.power_line && one.power_line.watts.length > 0) all.push({ one: one, line: one.power_line, index: index });
  });
  if (all.length === 0) {
    const reasons = distinct(data.configurations.map((one) => one.power_line_absent || "").filter((reason) => reason !== ""));
    return { absent: "no configuration has its power over time" + (reasons.length > 0 ? ": " + reasons[0] : "") };
  }
  const shown = chosen(data, all);
  const rest = notDrawn(all, shown);
  const sensors = distinct(shown.map(({ one }) => one.energy_sensor || ""));
  // Those of one sensor have one scale; of others each panel has its own.
  const peak = (panel: Shown) => Math.max.apply(null, panel.line.watts);
  const top = (panel: Shown) => Math.max(1e-9, Math.max.apply(null, shown.filter((other) => other.one.energy_sensor === panel.one.energy_sensor).map(peak)));
  const about = "One block of each, in seconds since its first counted request; each step is the mean power of a bin" + (sensors.length > 1 ? "; sensors differ: compare only panels of one sensor" : "");
  const option = base(theme, "Power over time", about + (rest ? "\n" + rest : ""));
  const columns = columnsFor(shown.length);
  const rows = Math.ceil(shown.length / columns);
  const head = headHeight + (rest ? 16 : 0) + 58;
  const left = 66;
  const hasGpus = shown.some(({ line }) => gpusOf(line).length > 0);
  const percents = hasGpus ? 40 : 0; // room for the axis at the right of each panel
  const gap = (sensors.length > 1 ? left : 24) + percents;
  const panelWidth = (width - left - 30 - percents - gap * (columns - 1)) / columns;
  const panelHeight = rows > 1 ? 170 : 260;
  const rowHeight = panelHeight + 90;
  const letters = Math.floor(panelWidth / (0.53 * 11));
  option.grid = [];
  option.xAxis = [];
  option.yAxis = [];
  option.series = [];
  option.graphic = [];
  const used: string[] = ["Power"];
  shown.forEach((panel, at) => {
    const { one, line } = panel;
    const column = at % columns;
    const x = left + column * (panelWidth + gap);
    const y = head + Math.floor(at / columns) * rowHeight;
    const place = { xAxisIndex: at, yAxisIndex: at };
    option.grid.push({ left: x, width: panelWidth, top: y, height: panelHeight });
    option.xAxis.push({ ...valueAxis(theme, ""), gridIndex: at, min: line.begin, max: end(line), splitLine: { show: false }, axisLine: { onZero: false, lineStyle: { color: theme.line } }, axisLabel: { color: theme.quiet, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => short(value) + " s" } });
    option.yAxis.push({ ...valueAxis(theme, ""), gridIndex: at, min: 0, max: top(panel) * 1.15, axisLine: { onZero: false, lineStyle: { color: theme.line } }, axisLabel: { color: theme.quiet, show: column === 0 || sensors.length > 1, showMaxLabel: false, formatter: (value: number) => (value === 0 ? "0" : short(value) + " W") } });
    for (const kind of kinds(theme, line, panelWidth)) {
      if (kind.spans.length === 0) continue;
      if (used.indexOf(kind.name) < 0) used.push(kind.name);
      option.series.push(bands(theme, kind, place));
    }
    option.series.push(steps(theme, line, place));
    if (gpusOf(line).length > 0 && used.indexOf(gpuName) < 0) used.push(gpuName);
    option.graphic.push(label(theme, cut(one.name, Math.floor(letters * 0.8)), x, y - 52, { fontWeight: 600 }));
    option.graphic.push(label(theme, cut((line.is_estimate ? "estimated: " : "") + (one.energy_sensor || "sensor not told"), letters), x, y - 35, { fill: theme.quiet, fontSize: 11 }));
    option.graphic.push(label(theme, cut(said(line), letters), x, y - 19, { fill: theme.quiet, fontSize: 11 }));
  });
  // Their axes come behind those of power, which have the panels' numbers.
  shown.forEach(({ line }, at) => {
    if (gpusOf(line).length === 0) return;
    const place = { xAxisIndex: at, yAxisIndex: option.yAxis.length };
    option.yAxis.push({ ...valueAxis(theme, ""), gridIndex: at, position: "right", min: 0, max: 115, interval: 50, splitLine: { show: false }, axisLine: { show: false }, axisLabel: { color: theme.models[3], showMinLabel: false, showMaxLabel: false, formatter: (value: number) => value + " %" } });
    for (const gpu of gpusOf(line)) option.series.push(busy(theme, gpu, place));
  });
  const names = ["Power", gpuName, "Idle", "Load and warm-up", "Prefill", "Decode", "Requests"].filter((name) => used.indexOf(name) >= 0);
  option.legend = { bottom: 10, left: 16, data: names.map((name) => ({ name: name, icon: "roundRect" })), textStyle: { color: theme.text }, itemWidth: 16, itemHeight: 8, selectedMode: false };
  return { option: option, width: width, height: head + rows * rowHeight - 26, table: tableOf(all) };
}
