// What stands behind one number: what it is, how sure it is, where it comes from, how to measure it again.

import { short, withUnit } from "../charts/numbers";
import { Configuration, Dataset, Evidence } from "../data/dataset";
import { byId, h, replace } from "./dom";
import type { Column } from "./table";

const evidence: { [kind in Evidence]: string } = {
  measured: "measured",
  imported: "imported, as its source gives it",
  predicted: "predicted, not measured: from the model's head and rates of the machine",
};

let opener: HTMLElement | null = null;

export function explain(data: Dataset, one: Configuration, column: Column, from: HTMLElement): void {
  const figure = column.figure(one)!;
  const metric = column.kind === "metric" ? data.metrics.find((each) => each.name === column.key) : undefined;
  const task = column.kind === "task" ? data.tasks.find((each) => "task:" + each.task === column.key) : undefined;
  const rows: [string, string][] = [];
  const unit = metric?.unit ?? "";
  const shown = (value: number) => (unit === "s" || unit === "B" ? withUnit(value, unit) : metric?.is_percent ? (100 * value).toFixed(1) + " %" : task?.is_share ? value.toFixed(3) : short(value, 4));
  rows.push(["Value", figure.text]);
  if (figure.low !== undefined && figure.high !== undefined) rows.push([figure.evidence === "predicted" ? "Expected" : "Interval (95 %)", `${shown(figure.low)} to ${shown(figure.high)}${figure.method ? ", " + figure.method.replace(/_/g, " ") : ""}`]);
  else rows.push(["Interval", "none: too few samples, an exact figure, or one that was imported without them"]);
  if (figure.n !== undefined) rows.push(["Samples", String(figure.n)]);
  rows.push(["Evidence", evidence[figure.evidence]]);
  if (metric) rows.push(["What it is", metric.definition]);
  if (task) rows.push(["What it is", `${task.title} of the task ${task.task}` + (task.chance === undefined ? "" : `; guessing gives ${task.chance.toFixed(3)}`)]);
  if (metric?.cell === "energy") rows.push(["Sensor", one.energy_sensor ?? "not told"]);
  rows.push(["Device", data.devices[one.device]?.name ?? "not known"]);
  if (one.reproduce) rows.push(["To measure it again", one.reproduce + "   (and the settings that were given then, which its record holds)"]);
  const cell = task ? task.task : metric?.cell;
  for (const caveat of one.caveats) if (caveat.metric ? caveat.metric === column.key : caveat.cell === cell) rows.push(["Caveat", caveat.text]);
  const panel = byId("explain") as HTMLDialogElement;
  replace(panel, h("form", { method: "dialog" }, h("h2", { id: "explain-title" }, `${column.title}: ${one.name}`), h("dl", {}, ...rows.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])), h("button", { class: "small" }, "Close")));
  opener = from;
  panel.showModal();
}

export function prepareExplain(): void {
  byId("explain").addEventListener("close", () => opener?.focus());
}
