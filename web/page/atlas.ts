// Several devices: which of them runs a configuration how fast, and which configuration suits each.

import { Dataset } from "../data/dataset";
import { h, replace } from "./dom";

// A title may be the reader's own; columns want the machine.
function device(data: Dataset, all: Dataset[]): string {
  if (data.devices.length !== 1) return data.title;
  const { name, identity } = data.devices[0];
  const isAlone = all.filter((other) => other.devices[0]?.name === name).length === 1;
  return isAlone || !identity ? name : `${name} (${identity})`;
}

export function atlas(all: Dataset[], place: HTMLElement, at: number, pick: (index: number) => void): void {
  if (all.length < 2) {
    place.hidden = true;
    return;
  }
  place.hidden = false;
  const names = [...new Set(all.flatMap((data) => data.configurations.map((one) => one.name)))];
  const select = h("select", { id: "device", "aria-label": "Device" }, ...all.map((data, index) => h("option", { value: String(index) }, device(data, all)))) as HTMLSelectElement;
  select.value = String(at);
  select.addEventListener("change", () => pick(Number(select.value)));
  const speeds = new Set(all.map((data) => data.speed_metric));
  const speed = (data: Dataset) => data.metrics.find((metric) => metric.name === data.speed_metric)?.title ?? data.speed_metric;
  const open = (index: number) => {
    select.value = String(index);
    pick(index);
  };
  const head = h("tr", {}, h("th", { scope: "col" }, "Configuration"), ...all.map((data, index) => h("th", { scope: "col", class: "number" }, h("button", { type: "button", click: () => open(index) }, device(data, all) + (speeds.size > 1 ? `: ${speed(data)}` : "")))));
  const rows = names.map((name) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      ...all.map((data) => {
        const one = data.configurations.find((each) => each.name === name);
        if (!one) return h("td", { class: "number absent", title: "not measured on this device" }, "–");
        const figure = one.figures[data.speed_metric];
        const isAnswer = one.standing === "chosen" && data.answer.length > 0;
        const text = figure ? figure.text.split(" ±")[0] + (figure.evidence === "measured" ? "" : ", " + figure.evidence) : Object.values(one.outcomes).find((outcome) => outcome !== "ok") ?? "–";
        return h("td", { class: "number " + (isAnswer ? "best" : "") }, text + (isAnswer ? " ★" : ""));
      }),
    ),
  );
  const answers = all.map((data) => h("li", {}, h("b", {}, device(data, all)), ": " + (data.answer[0] ?? "no answer")));
  replace(
    place,
    h("h2", {}, "Devices"),
    h("ul", {}, ...answers),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Speed by device" }, h("table", { id: "atlas" }, h("caption", {}, "Speed of each configuration on each device; ★ is the device's answer"), h("thead", {}, head), h("tbody", {}, ...rows))),
    h("p", {}, h("label", { for: "device" }, "Shown below: "), select),
  );
}
