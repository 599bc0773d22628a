// The answer first: what to deploy, with which command, what came second, and why each other lost.

import { withUnit } from "../charts/numbers";
import { copyButton, h, replace } from "./dom";
import { changed, rung, State } from "./state";

export function answerSection(state: State, place: HTMLElement): void {
  const { data } = state;
  const picked = rung(state);
  const lines: HTMLElement[] = [];
  if (picked) {
    lines.push(h("p", { class: "headline" }, picked.sentence));
  } else if (data.answer.length > 0) {
    data.answer.forEach((line, at) => lines.push(h("p", { class: at === 0 ? "headline" : "" }, line)));
  } else {
    lines.push(h("p", { class: "headline" }, "There is nothing to choose between: one configuration, or figures that a choice rests on are missing."));
  }
  const chosen = picked ? picked.choice : data.choice;
  const commands = chosen === undefined ? [] : data.configurations[chosen].command;
  replace(place, ...lines, commands.length > 0 ? commandBox(commands) : null, whyNot(state), laymen(state));
}

function commandBox(commands: string[]): HTMLElement {
  return h("div", { class: "command" }, h("pre", { tabindex: "0", "aria-label": "Command to deploy it" }, commands.join("\n")), copyButton("Copy", () => commands.join("\n")));
}

function whyNot(state: State): HTMLElement | null {
  const { data } = state;
  const picked = rung(state);
  const items = data.configurations
    .map((one, index) => ({ name: one.name, reason: picked ? (picked.choice === index ? "" : picked.reasons[index] ?? "") : one.standing === "chosen" ? "" : one.reason ?? "" }))
    .filter((one) => one.reason);
  if (items.length === 0) return null;
  return h("details", { class: "why", open: items.length <= 8 }, h("summary", {}, "Why not the others"), h("ul", {}, ...items.map((one) => h("li", {}, h("b", {}, one.name), ": " + one.reason))));
}

const readingTokensPerSecond = 5.3; // 238 words a minute (Brysbaert 2019), 4 tokens for 3 words
const batteryJoule = 15 * 3600; // a phone's battery of 15 Wh

// Two figures for people who do not read tables.
function laymen(state: State): HTMLElement | null {
  const { data } = state;
  const picked = rung(state);
  const index = picked ? picked.choice : data.choice;
  if (index === undefined) return null;
  const one = data.configurations[index];
  const lines: string[] = [];
  const speed = one.figures["decode_tokens_per_s"];
  if (speed) {
    const times = speed.value / readingTokensPerSecond;
    lines.push(`It writes ${times >= 10 ? times.toFixed(0) : times.toPrecision(2)} times as fast as people read (238 words a minute).`);
  }
  const energy = one.figures["energy_per_request_j"];
  if (energy && energy.value > 0) lines.push(`A phone's battery of 15 Wh holds the energy of ${Math.floor(batteryJoule / energy.value).toLocaleString("en")} such answers on this machine, were nothing else to use it.`);
  return lines.length > 0 ? h("p", { class: "laymen" }, lines.join(" ")) : null;
}

export function budgetSlider(state: State, place: HTMLElement): void {
  const steps = state.data.every_budget;
  if (steps.length < 2) {
    place.hidden = true;
    return;
  }
  place.hidden = false;
  const name = () => (state.budget === null ? "any" : withUnit(steps[state.budget].memory, "B"));
  const output = h("output", { for: "budget" }, name());
  const input = h("input", {
    type: "range",
    id: "budget",
    min: "0",
    max: String(steps.length),
    value: String(state.budget ?? steps.length),
    "aria-describedby": "budget-about",
    "aria-valuetext": name(),
  }) as HTMLInputElement;
  const told = () => {
    const at = Number(input.value);
    state.budget = at >= steps.length ? null : at;
    output.textContent = name();
    input.setAttribute("aria-valuetext", name());
    changed("budget");
  };
  input.addEventListener("input", told);
  replace(place, h("label", { for: "budget" }, "Memory budget"), input, output, h("span", { id: "budget-about", class: "quiet" }, "The answer above, the table and the charts follow."));
}

// The place among these steps that has the budget that was picked before: the largest one within it.
export function sameBudget(before: State["data"], budget: number | null, now: State["data"]): number | null {
  if (budget === null || now.every_budget.length < 2) return null;
  const { memory } = before.every_budget[budget];
  const larger = now.every_budget.findIndex((step) => step.memory > memory);
  return Math.max(0, (larger < 0 ? now.every_budget.length : larger) - 1);
}

// The slider stays as it is, with the finger that is on it, unless there are other steps.
export function updateBudget(state: State, before: State["data"], place: HTMLElement): void {
  const steps = (data: State["data"]) => data.every_budget.map((step) => step.memory).join();
  if (steps(before) === steps(state.data)) return;
  const isFocused = place.contains(document.activeElement);
  budgetSlider(state, place);
  if (isFocused) (place.querySelector("#budget") as HTMLElement | null)?.focus({ preventScroll: true });
}
