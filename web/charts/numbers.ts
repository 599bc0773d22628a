// Numbers as short texts, in units that fit.

import { Metric } from "../data/dataset";

function trimmed(value: number, digits: number): string {
  if (value === 0) return "0";
  let text = value.toPrecision(digits);
  if (text.indexOf("e") >= 0) return String(Number(text));
  if (text.indexOf(".") >= 0) text = text.replace(/0+$/, "").replace(/\.$/, "");
  return text;
}

export interface Scale {
  factor: number; // a value is divided by it
  unit: string;
}

const seconds: Scale[] = [
  { factor: 1, unit: "s" },
  { factor: 1e-3, unit: "ms" },
  { factor: 1e-6, unit: "µs" },
];
const bytes: Scale[] = [
  { factor: 1024 * 1024 * 1024, unit: "GiB" },
  { factor: 1024 * 1024, unit: "MiB" },
  { factor: 1024, unit: "KiB" },
];

// The unit in which the largest of the values is at least 1.
export function scaleFor(unit: string, values: number[]): Scale {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const steps = unit === "s" ? seconds : unit === "B" ? bytes : [];
  for (const step of steps) if (most >= step.factor) return step;
  if (steps.length > 0) return steps[steps.length - 1];
  return { factor: unit === "%" ? 0.01 : 1, unit: unit };
}

export function short(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size >= 1e12) return trimmed(value / 1e12, digits) + "T";
  if (size >= 1e9) return trimmed(value / 1e9, digits) + "G";
  if (size >= 1e6) return trimmed(value / 1e6, digits) + "M";
  if (size >= 1e4) return trimmed(value / 1e3, digits) + "k";
  if (size >= 1000) return String(Math.round(value));
  return trimmed(value, digits);
}

// "2 GiB", "14.2 ms".
export function withUnit(value: number, unit: string): string {
  const scale = scaleFor(unit, [value]);
  return short(value / scale.factor) + (scale.unit ? " " + scale.unit : "");
}

export function axisName(metric: Metric, scale: Scale): string {
  return scale.unit && metric.title.indexOf(scale.unit) < 0 ? metric.title + " (" + scale.unit + ")" : metric.title;
}

export function better(metric: Metric): string {
  if (metric.direction === "lower_is_better") return "less is better";
  return metric.direction === "higher_is_better" ? "more is better" : "";
}
