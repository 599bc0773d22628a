// Where the memory goes, and how near decoding comes to what the machine can read.

import { Configuration, Dataset } from "../data/dataset";
import { Absent, base, colourName, colourNames, colourOf, cut, Drawing, headHeight, models, Option, precisions, setup, textWidth, valueAxis, width } from "./drawing";
import { scaleFor, short } from "./numbers";
import { precisionSymbol, Theme } from "./theme";

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

// Decoding reads the weights once per token: work per byte on the x axis, tokens' work per second on the y axis.
export function roofline(data: Dataset, theme: Theme): Drawing | Absent {
  const device = data.devices.filter((one) => one.bytes_per_s !== undefined && one.flop_per_s !== undefined)[0];
  if (!device) return { absent: "the machine's memory bandwidth and rate of multiplications are not kept here; `bantam predict` measures them" };
  interface Spot {
    one: Configuration;
    phase: string;
    intensity: number;
    rate: number;
  }
  const spots: Spot[] = [];
  for (const one of data.configurations) {
    if (data.devices[one.device] !== device) continue;
    const parameters = one.figures["parameters"];
    const bytes = one.figures["file_bytes"];
    if (!parameters || !bytes) continue;
    const add = (phase: string, metric: string, tokensPerRead: number) => {
      const figure = one.figures[metric];
      if (!figure || !(tokensPerRead > 0)) return;
      spots.push({ one: one, phase: phase, intensity: (2 * parameters.value * tokensPerRead) / bytes.value, rate: 2 * parameters.value * figure.value });
    };
    const prompt = one.figures["prompt_tokens"];
    add("decode", "decode_tokens_per_s", 1);
    add("prefill", "prefill_tokens_per_s", prompt ? prompt.value : 0);
  }
  if (spots.length === 0) return { absent: "no configuration of a machine with known rates has a speed and its parameters" };
  const option = base(theme, "How near to the machine's limits", device.name + ": " + short(device.bytes_per_s! / 1e9) + " GB/s, " + short(device.flop_per_s! / 1e9) + " GFLOP/s as measured; filled: decode, hollow: prefill");
  option.grid = { left: 80, right: 150, top: headHeight + 14, bottom: 84 };
  const knee = device.flop_per_s! / device.bytes_per_s!;
  const least = Math.min(knee, Math.min.apply(null, spots.map((spot) => spot.intensity))) / 3;
  const most = Math.max(knee, Math.max.apply(null, spots.map((spot) => spot.intensity))) * 3;
  option.xAxis = { ...valueAxis(theme, "Operations per byte of weights read"), type: "log", min: least, max: most, axisLabel: { color: theme.quiet, formatter: (value: number) => short(value), hideOverlap: true, showMinLabel: false, showMaxLabel: false } };
  option.yAxis = { ...valueAxis(theme, "Operations per second"), type: "log", nameGap: 52, axisLabel: { color: theme.quiet, formatter: (value: number) => short(value) } };
  const several = models(data).length > 1;
  const kinds = precisions(data);
  option.series = [
    { type: "line", symbol: "none", silent: true, lineStyle: { color: theme.text, width: 2 }, data: [[least, least * device.bytes_per_s!], [knee, device.flop_per_s!], [most, device.flop_per_s!]] },
  ];
  for (const name of colourNames(data))
    option.series.push({
      type: "scatter",
      name: name,
      itemStyle: { color: colourOf(data, theme, data.configurations.filter((one) => colourName(data, one) === name)[0]) },
      labelLayout: { hideOverlap: true },
      data: spots
        .filter((spot) => colourName(data, spot.one) === name)
        .map((spot) => ({
          value: [spot.intensity, spot.rate],
          symbol: precisionSymbol(kinds, setup(spot.one)),
          symbolSize: 11,
          itemStyle: { color: spot.phase === "decode" ? colourOf(data, theme, spot.one) : theme.background, borderColor: colourOf(data, theme, spot.one), borderWidth: 1.5 },
          label: { show: true, position: "right", formatter: several ? cut(spot.one.name, 28) : setup(spot.one), color: theme.text, fontSize: 11 },
        })),
    });
  option.legend = { bottom: 8, left: 16, data: colourNames(data), textStyle: { color: theme.text } };
  return { option: option, width: width, height: 540 };
}
