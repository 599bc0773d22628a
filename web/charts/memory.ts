// Where the memory goes.

import { Configuration, Dataset } from "../data/dataset";
import { Absent, base, cut, Drawing, headHeight, Option, textWidth, valueAxis, width } from "./drawing";
import { scaleFor, short } from "./numbers";
import { Theme } from "./theme";

const parts = [
  { metric: "weights_resident_bytes", name: "Weights" },
  { metric: "engine_kv_bytes", name: "KV cache" },
  { metric: "engine_compute_bytes", name: "Compute buffers" },
];

export function memoryParts(data: Dataset, theme: Theme): Drawing | Absent {
  const whole = "pss_peak_bytes";
  const rows = data.configurations.filter((one) => one.figures[whole] !== undefined && parts.every((part) => one.figures[part.metric] !== undefined));
  if (rows.length === 0) return { absent: "no configuration has its peak, weights, KV cache and buffers measured" };
  const rest = (one: Configuration) => {
    let known = 0;
    for (const part of parts) known += one.figures[part.metric].value;
    return Math.max(0, one.figures[whole].value - known);
  };
  const sums = rows.map((one) => one.figures[whole].value);
  const scale = scaleFor("B", sums);
  const labels = rows.map((one) => cut(one.name, 34));
  const option = base(theme, "Where the memory goes", "At the peak of the worker; the diamond is the least memory in which it runs at full speed, where it was measured");
  option.grid = { left: 24 + textWidth(labels), right: 40, top: headHeight + 12, bottom: 92 };
  option.xAxis = { ...valueAxis(theme, "Memory (" + scale.unit + "), less is better"), axisLabel: { color: theme.quiet, formatter: (value: number) => short(value) } };
  option.yAxis = { type: "category", inverse: true, data: labels, axisLabel: { color: theme.text, interval: 0 }, axisTick: { show: false }, axisLine: { lineStyle: { color: theme.line } } };
  option.legend = { bottom: 10, left: 16, textStyle: { color: theme.text }, itemWidth: 14, itemHeight: 10 };
  const colours = [theme.models[0], theme.models[1], theme.models[2], theme.faint];
  const stacked: Option[] = parts.map((part, place) => ({
    type: "bar",
    name: part.name,
    stack: "memory",
    barWidth: "60%",
    itemStyle: { color: colours[place], borderColor: theme.background, borderWidth: 1 },
    data: rows.map((one) => one.figures[part.metric].value / scale.factor),
  }));
  stacked.push({
    type: "bar",
    name: "Program and the rest",
    stack: "memory",
    itemStyle: { color: theme.faint, borderColor: theme.background, borderWidth: 1 },
    data: rows.map((one) => rest(one) / scale.factor),
    label: { show: true, position: "right", color: theme.text, fontSize: 11, formatter: (params: any) => short(sums[params.dataIndex] / scale.factor) },
  });
  stacked.push({
    type: "scatter",
    name: "Least memory",
    symbol: "diamond",
    symbolSize: 12,
    z: 5,
    itemStyle: { color: theme.text },
    data: rows
      .map((one, row) => ({ figure: one.figures["min_memory_bytes"], row: row }))
      .filter((entry) => entry.figure !== undefined)
      .map((entry) => [entry.figure.value / scale.factor, entry.row]),
  });
  option.series = stacked;
  return { option: option, width: width, height: headHeight + 112 + Math.max(2, rows.length) * 28 };
}
