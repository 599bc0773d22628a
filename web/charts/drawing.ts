// What a chart gives: ECharts' option with its size in pixels, or why there is nothing to draw.

import { Configuration, Dataset } from "../data/dataset";
import { distinct, font, nthColour, textSize, Theme, titleSize } from "./theme";

export interface Option {
  [member: string]: any;
}

// What a chart shows, in words and numbers: for readers who do not see it.
export interface DataTable {
  head: string[];
  rows: string[][];
}

export interface Drawing {
  option: Option;
  width: number;
  height: number;
  table?: DataTable;
}

export interface Absent {
  absent: string;
}

export interface Chart {
  name: string; // of its file
  title: string;
  make: (data: Dataset, theme: Theme) => Drawing | Absent;
}

export function isAbsent(result: Drawing | Absent): result is Absent {
  return (result as Absent).absent !== undefined;
}

export const width = 960;
export const headHeight = 66;

// Title, what is drawn, and the looks that all have.
export function base(theme: Theme, title: string, about: string): Option {
  return {
    animation: false,
    backgroundColor: theme.background,
    textStyle: { fontFamily: font, fontSize: textSize, color: theme.text },
    title: {
      text: title,
      subtext: about,
      left: 16,
      top: 12,
      itemGap: 6,
      textStyle: { color: theme.text, fontSize: titleSize, lineHeight: 19, fontWeight: 600, fontFamily: font },
      subtextStyle: { color: theme.quiet, fontSize: textSize, lineHeight: 16, fontFamily: font },
    },
    tooltip: { show: true, renderMode: "richText", trigger: "item", confine: true },
    aria: { enabled: true },
  };
}

// A text that is drawn where it stands.
export function label(theme: Theme, text: string, x: number, y: number, more: Option = {}): Option {
  return { type: "text", silent: true, style: { text: text, x: x, y: y, fill: theme.text, fontSize: textSize, verticalAlign: "top", ...more } };
}

export function valueAxis(theme: Theme, name: string): Option {
  return {
    type: "value",
    name: name,
    nameLocation: "middle",
    nameGap: 30,
    nameTextStyle: { color: theme.quiet, fontSize: textSize },
    axisLabel: { color: theme.quiet, hideOverlap: true },
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
    splitNumber: 4,
  };
}

export function models(data: Dataset): string[] {
  return distinct(data.configurations.map((one) => one.model));
}

export function precisions(data: Dataset): string[] {
  return distinct(data.configurations.map((one) => one.precision + (one.point ? " " + one.point : "")));
}

// What has a colour: models, or where there is one only its precisions.
function coloured(data: Dataset): string[] {
  if (data.colour_names) return data.colour_names;
  const named = models(data);
  return named.length > 1 ? named : precisions(data);
}

export function colourName(data: Dataset, one: Configuration): string {
  return coloured(data).indexOf(one.model) >= 0 ? one.model : setup(one);
}

export function colourNames(data: Dataset): string[] {
  return distinct(data.configurations.map((one) => colourName(data, one)));
}

export function colourOf(data: Dataset, theme: Theme, one: Configuration): string {
  return nthColour(theme, coloured(data).indexOf(colourName(data, one)));
}

export function setup(one: Configuration): string {
  return one.precision + (one.point ? " " + one.point : "");
}

// What a reader sees of a long name.
export function cut(text: string, most: number): string {
  return text.length <= most ? text : text.substring(0, most - 1) + "…";
}

// The width of a text of ordinary letters.
export function textWidth(texts: string[], size = textSize): number {
  let most = 0;
  for (const text of texts) most = Math.max(most, text.length);
  return most * size * 0.58;
}

// An interval as a line with ends, along x or y. Data: [from, to, place on the other axis, colour].
export function whiskers(along: "x" | "y", data: any[], extra: Option): Option {
  const series: Option = {
    type: "custom",
    silent: true,
    clip: true,
    z: 5,
    data: data,
    encode: along === "x" ? { x: [0, 1], y: 2 } : { y: [0, 1], x: 2 },
    renderItem: (_: any, api: any) => {
      const at = (value: number) =>
        along === "x" ? api.coord([value, api.value(2)]) : api.coord([api.value(2), value]);
      const from = at(api.value(0));
      const to = at(api.value(1));
      const half = 4;
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: "line",
        shape: { x1: x1, y1: y1, x2: x2, y2: y2 },
        style: { stroke: api.visual("color"), lineWidth: 1.5 },
      });
      const side = along === "x" ? [0, half] : [half, 0];
      return {
        type: "group",
        children: [
          line(from[0], from[1], to[0], to[1]),
          line(from[0] - side[0], from[1] - side[1], from[0] + side[0], from[1] + side[1]),
          line(to[0] - side[0], to[1] - side[1], to[0] + side[0], to[1] + side[1]),
        ],
      };
    },
  };
  for (const member of Object.keys(extra)) series[member] = extra[member];
  return series;
}
