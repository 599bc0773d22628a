// How near the phases of a model come to what the machine can do: its read bandwidth and its rate of matrix products, as
// lines, and prefill and decode as they were measured.

import { Configuration, Dataset, Roofline } from "../data/dataset";
import { Absent, base, colourName, colourNames, colourOf, cut, DataTable, Drawing, headHeight, label, models, Option, precisions, setup, textWidth, valueAxis, width } from "./drawing";
import { sides } from "./labels";
import { short } from "./numbers";
import { distinct, precisionSymbol, symbolKey, Theme } from "./theme";

const height = 560;
const place = { left: 80, right: 190, top: headHeight + 24, bottom: 84 };
const giga = 1e9;
const same = 0.01; // as a share: rates that are one line

interface Spot {
  one: Configuration;
  phase: string;
  x: number; // operations per byte
  y: number; // operations per second
}

interface Roof {
  bytes: number; // per second
  operations: number;
  names: string[]; // whose it is
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= same * Math.max(a, b);
}

function roofsOf(shown: Configuration[]): Roof[] {
  const roofs: Roof[] = [];
  for (const one of shown) {
    const own = one.roofline!;
    let found: Roof | undefined;
    for (const roof of roofs) if (isSame(roof.bytes, own.bytes_per_s) && isSame(roof.operations, own.operations_per_s)) found = roof;
    if (found) found.names.push(setup(one));
    else roofs.push({ bytes: own.bytes_per_s, operations: own.operations_per_s, names: [setup(one)] });
  }
  for (const roof of roofs) roof.names = distinct(roof.names);
  return roofs;
}

function spotsOf(shown: Configuration[]): Spot[] {
  const spots: Spot[] = [];
  for (const one of shown) for (const phase of one.roofline!.phases) spots.push({ one: one, phase: phase.name, x: phase.operations_per_byte, y: phase.operations_per_s });
  return spots;
}

// Where no resources were measured: by the rates of the machine that are kept for predictions, two operations per parameter and
// token, and a file that is read once for each token or prompt.
function estimated(data: Dataset, one: Configuration): Roofline | undefined {
  const device = data.devices[one.device];
  const parameters = one.figures["parameters"];
  const bytes = one.figures["file_bytes"];
  if (!device || device.bytes_per_s === undefined || device.flop_per_s === undefined || !parameters || !bytes) return undefined;
  const phases: Roofline["phases"] = [];
  const add = (name: string, metric: string, tokens: number) => {
    const rate = one.figures[metric];
    if (rate && tokens > 0) phases.push({ name: name, operations_per_byte: (2 * parameters.value * tokens) / bytes.value, operations_per_s: 2 * parameters.value * rate.value });
  };
  const prompt = one.figures["prompt_tokens"];
  add("prefill", "prefill_tokens_per_s", prompt ? prompt.value : 0);
  add("decode", "decode_tokens_per_s", 1);
  return phases.length > 0 ? { bytes_per_s: device.bytes_per_s, operations_per_s: device.flop_per_s, phases: phases } : undefined;
}

// From one pixel to another along a logarithm.
function pixel(value: number, from: number, to: number, begin: number, end: number): number {
  return begin + ((end - begin) * (Math.log(value) - Math.log(from))) / (Math.log(to) - Math.log(from));
}

// Texts at these heights, moved down where they would lie on one another, and back up where they leave the end.
function spread(heights: number[], apart: number, end: number): number[] {
  const order = heights.map((_, at) => at).sort((a, b) => heights[a] - heights[b]);
  const result = heights.slice();
  order.forEach((at, rank) => {
    if (rank > 0) result[at] = Math.max(result[at], result[order[rank - 1]] + apart);
  });
  for (let rank = order.length - 1; rank >= 0; --rank) {
    const most = rank === order.length - 1 ? end : result[order[rank + 1]] - apart;
    result[order[rank]] = Math.min(result[order[rank]], most);
  }
  return result;
}

function tableOf(shown: Configuration[]): DataTable {
  const rows: string[][] = [];
  for (const one of shown)
    for (const phase of one.roofline!.phases) {
      const own = one.roofline!;
      const limit = Math.min(own.operations_per_s, own.bytes_per_s * phase.operations_per_byte);
      rows.push([one.name, phase.name, short(phase.operations_per_byte), short(phase.operations_per_s / giga), short(limit / giga), short((100 * phase.operations_per_s) / limit) + " %", short(own.bytes_per_s / giga), short(own.operations_per_s / giga)]);
    }
  return { head: ["Configuration", "Phase", "Operations per byte", "GFLOP/s", "Limit there (GFLOP/s)", "Share of it", "Read bandwidth (GB/s)", "Matrix rate (GFLOP/s)"], rows: rows };
}

// What the axes cover, and where a value lies in pixels.
interface Plane {
  left: number;
  right: number;
  bottom: number;
  top: number;
  atX: (value: number) => number;
  atY: (value: number) => number;
}

function planeOf(roofs: Roof[], spots: Spot[]): Plane {
  const least = (values: number[]) => Math.min.apply(null, values);
  const most = (values: number[]) => Math.max.apply(null, values);
  const knees = roofs.map((roof) => roof.operations / roof.bytes);
  const left = least(knees.concat(spots.map((spot) => spot.x))) / 3;
  const right = most(knees.concat(spots.map((spot) => spot.x))) * 3;
  const bottom = least(spots.map((spot) => spot.y).concat(roofs.map((roof) => roof.bytes * left))) / 1.5;
  const top = most(spots.map((spot) => spot.y).concat(roofs.map((roof) => roof.operations))) * 2;
  return {
    left: left,
    right: right,
    bottom: bottom,
    top: top,
    atX: (value) => pixel(value, left, right, place.left, width - place.right),
    atY: (value) => pixel(value, bottom, top, height - place.bottom, place.top),
  };
}

function roofLines(theme: Theme, roofs: Roof[], plane: Plane): Option[] {
  return roofs.map((roof, at) => ({
    type: "line",
    symbol: "none",
    silent: true,
    z: 2,
    lineStyle: { color: theme.text, width: 1.5, type: at === 0 ? "solid" : "dashed" },
    data: [[plane.left, (plane.left * roof.bytes) / giga], [roof.operations / roof.bytes, roof.operations / giga], [plane.right, roof.operations / giga]],
  }));
}

function roofTexts(theme: Theme, roofs: Roof[], plane: Plane): Option[] {
  const heights = spread(roofs.map((roof) => plane.atY(roof.operations) - 7), 17, height - place.bottom - 14);
  const texts = roofs.map((roof, at) => {
    const whose = roofs.length > 1 ? " " + roof.names.join(", ") : "";
    return label(theme, cut(short(roof.operations / giga) + " GFLOP/s" + whose, 26), width - place.right + 8, heights[at], { fontSize: 11 });
  });
  // Slopes that are one line have one text, above the slope, where nothing can lie.
  const slopes: number[] = [];
  for (const roof of roofs) if (!slopes.some((bytes) => isSame(bytes, roof.bytes))) slopes.push(roof.bytes);
  slopes.sort((a, b) => b - a);
  const text = slopes.map((bytes) => short(bytes / giga)).join(", ") + " GB/s read bandwidth";
  const knee = Math.min.apply(null, roofs.map((roof) => roof.operations / roof.bytes));
  const middle = place.left + 0.7 * (plane.atX(knee) - place.left);
  const right = Math.max(middle, place.left + 8 + textWidth([text], 11));
  const there = plane.left * Math.exp(((right - place.left) / (width - place.left - place.right)) * Math.log(plane.right / plane.left));
  const above = Math.min(slopes[0] * there, Math.max.apply(null, roofs.map((roof) => roof.operations)));
  return texts.concat([label(theme, text, right - 6, Math.max(place.top, plane.atY(above) - 17), { fontSize: 11, align: "right" })]);
}

function pointSeries(data: Dataset, theme: Theme, spots: Spot[], plane: Plane): Option[] {
  const several = models(data).length > 1;
  const nameOf = (one: Configuration) => (several ? cut(one.name, 28) : setup(one));
  const names = sides(
    spots.map((spot) => ({ x: plane.atX(spot.x), y: plane.atY(spot.y), text: nameOf(spot.one) })),
    { left: place.left, right: width - place.right, top: place.top, bottom: height - place.bottom },
  );
  const kinds = precisions(data);
  const all: Option[] = [];
  for (const name of colourNames(data)) {
    const own = spots.map((spot, at) => ({ spot: spot, at: at })).filter(({ spot }) => colourName(data, spot.one) === name);
    if (own.length === 0) continue;
    const colour = colourOf(data, theme, own[0].spot.one);
    all.push({
      type: "scatter",
      name: name,
      z: 4,
      itemStyle: { color: colour },
      data: own.map(({ spot, at }) => ({
        value: [spot.x, spot.y / giga],
        name: spot.one.name + " " + spot.phase,
        symbol: precisionSymbol(kinds, setup(spot.one)),
        symbolSize: 11,
        itemStyle: { color: spot.phase === "decode" ? colour : theme.background, borderColor: colour, borderWidth: 1.5 },
        label: { show: true, position: names[at], distance: 7, formatter: nameOf(spot.one), color: theme.text, textBorderColor: theme.background, textBorderWidth: 3, fontSize: 11 },
      })),
    });
  }
  return all;
}

export function roofline(data: Dataset, theme: Theme): Drawing | Absent {
  let shown = data.configurations.filter((one) => one.roofline !== undefined && one.roofline.phases.length > 0);
  const isEstimated = shown.length === 0;
  if (isEstimated) shown = data.configurations.map((one) => ({ ...one, roofline: estimated(data, one) })).filter((one) => one.roofline !== undefined);
  if (shown.length === 0) {
    const reasons = distinct(data.configurations.map((one) => one.roofline_absent || "").filter((reason) => reason !== ""));
    return { absent: reasons.length > 0 ? reasons[0] : "there is no configuration" };
  }
  const roofs = roofsOf(shown);
  const spots = spotsOf(shown);
  const plane = planeOf(roofs, spots);
  const key = symbolKey(precisions(data));
  const how = isEstimated ? "; operations and bytes are those of all parameters and the whole file" : "";
  const about = "Lines: the limits of the machine, as measured; filled: decode, hollow: prefill" + how + (key ? "; " + key : "");
  const option = base(theme, "How near to the machine's limits", about);
  const ticks = { color: theme.quiet, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => short(value) };
  option.grid = place;
  option.xAxis = { ...valueAxis(theme, "Operations per byte of weights and cache that are read"), type: "log", min: plane.left, max: plane.right, axisLabel: ticks };
  option.yAxis = { ...valueAxis(theme, "GFLOP/s"), type: "log", nameGap: 52, min: plane.bottom / giga, max: plane.top / giga, axisLabel: ticks };
  option.graphic = roofTexts(theme, roofs, plane);
  const points = pointSeries(data, theme, spots, plane);
  option.series = roofLines(theme, roofs, plane).concat(points);
  option.legend = { bottom: 8, left: 16, right: 16, type: "scroll", itemWidth: 10, itemHeight: 10, data: points.map((one) => ({ name: one.name, icon: "circle" })), textStyle: { color: theme.text }, pageTextStyle: { color: theme.quiet } };
  return { option: option, width: width, height: height, table: tableOf(shown) };
}
