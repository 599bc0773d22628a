// Colours, sizes and words that all charts share. The colours are those of Okabe and Ito, told apart by people with any
// colour vision; a precision also has a symbol, so that nothing rests on colour alone.

export type ThemeName = "light" | "dark";

export interface Theme {
  name: ThemeName;
  background: string;
  text: string;
  quiet: string; // axis labels, notes
  line: string; // axes and grids
  faint: string; // what is out of the race
  best: string;
  problem: string;
  models: string[];
  scale: [string, string]; // from low to high
  diverging: [string, string, string]; // worse, none, better
}

const light: Theme = {
  name: "light",
  background: "#ffffff",
  text: "#1b1f24",
  quiet: "#57606a",
  line: "#d0d7de",
  faint: "#a8b0b8",
  best: "#00734f",
  problem: "#b3440a",
  models: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07d00", "#56b4e9", "#5b4b8a", "#6b6b6b"],
  scale: ["#f3f6fa", "#0b5a94"],
  diverging: ["#c2510a", "#f4f4f4", "#0b6cae"],
};

const dark: Theme = {
  name: "dark",
  background: "#14181d",
  text: "#e6e9ed",
  quiet: "#a3adb8",
  line: "#38414b",
  faint: "#616c78",
  best: "#3fcf9b",
  problem: "#ff9a5c",
  models: ["#58b4f0", "#ff9148", "#35cf9f", "#eba3cb", "#f0c04a", "#9ad4f7", "#b3a4e6", "#b8b8b8"],
  scale: ["#1d2732", "#7cc4f5"],
  diverging: ["#ff9a5c", "#2a3138", "#5bb6f2"],
};

export const themes: { [name: string]: Theme } = { light: light, dark: dark };

export const font = "Inter, 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif";
export const titleSize = 17;
export const textSize = 12;

const symbols = ["circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect"];

export function distinct(values: string[]): string[] {
  const seen: { [value: string]: boolean } = {};
  const all: string[] = [];
  for (const value of values) {
    if (seen["=" + value]) continue;
    seen["=" + value] = true;
    all.push(value);
  }
  return all;
}

export function nthColour(theme: Theme, place: number): string {
  return theme.models[(place < 0 ? 0 : place) % theme.models.length];
}

export function precisionSymbol(precisions: string[], precision: string): string {
  const place = precisions.indexOf(precision);
  return symbols[(place < 0 ? 0 : place) % symbols.length];
}

const symbolNames = ["circle", "square", "triangle", "diamond", "pin", "arrow", "rounded square"];

// "circle fp16, square int8"; empty where one precision or too many are shown.
export function symbolKey(precisions: string[]): string {
  if (precisions.length < 2 || precisions.length > symbols.length) return "";
  return precisions.map((precision, place) => symbolNames[place] + " " + precision).join(", ");
}

// Of the two the one that can be read on a colour "#rrggbb" or "rgb(r,g,b)".
export function readableOn(colour: string): string {
  const parts = colour.charAt(0) === "#" ? [1, 3, 5].map((at) => parseInt(colour.substring(at, at + 2), 16)) : colour.replace(/[^0-9.,]/g, "").split(",").map(Number);
  const linear = parts.map((part) => Math.pow(part / 255, 2.2));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.3 ? "#14181d" : "#ffffff";
}

// Between colours at equal distances, `share` from 0 to 1.
export function mixed(colours: string[], share: number): string {
  const at = Math.max(0, Math.min(1, share)) * (colours.length - 1);
  const from = Math.min(colours.length - 2, Math.floor(at));
  const part = (colour: string, place: number) => parseInt(colour.substring(place, place + 2), 16);
  const mix = (place: number) => Math.round(part(colours[from], place) + (at - from) * (part(colours[from + 1], place) - part(colours[from], place)));
  return "rgb(" + mix(1) + "," + mix(3) + "," + mix(5) + ")";
}

// "#rrggbb" with an opacity.
export function faded(colour: string, opacity: number): string {
  const part = (at: number) => parseInt(colour.substring(at, at + 2), 16);
  return "rgba(" + part(1) + "," + part(3) + "," + part(5) + "," + opacity + ")";
}
