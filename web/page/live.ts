// The page as a server gives it out: it asks that server now and then what is measured, and for new results.

import { Dataset, parseDataset } from "../data/dataset";
import { byId } from "./dom";

export interface Live {
  tag: string; // of the data that the page came with
}

interface OpenCell {
  model: string;
  precision: string;
  task: string;
  point?: string;
}

interface Progress {
  data: string; // tag of the data that the server has now
  is_there: boolean;
  is_running: boolean;
  is_waiting: boolean;
  finished: number;
  open: OpenCell[];
  age_s?: number;
  problem?: string;
}

const betweenAsks = 3000; // milliseconds
const longestBetweenAsks = 15000; // while nobody answers
const longestAnswer = 30000;

class Refused extends Error {}

async function ask(path: string, headers: { [name: string]: string } = {}): Promise<Response> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), longestAnswer);
  try {
    const answer = await fetch(path, { cache: "no-store", credentials: "same-origin", headers, signal: giveUp.signal });
    if (answer.status === 401) throw new Refused();
    if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

function ago(seconds: number): string {
  const parts: [number, string][] = [[86400, "days"], [3600, "h"], [60, "min"]];
  for (const [length, unit] of parts) if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit} ago`;
  return `${Math.floor(seconds)} s ago`;
}

function named(open: OpenCell[]): string {
  const mostNames = 2;
  const isOneTask = open.every((one) => one.task === open[0].task);
  const names = open.slice(0, mostNames).map((one) => [one.model, one.precision, one.point, isOneTask ? "" : one.task].filter((part) => part).join(" "));
  return (isOneTask ? open[0].task + " of " : "") + names.join(", ") + (open.length > mostNames ? ` and ${open.length - mostNames} more` : "");
}

function sentence(progress: Progress): string {
  if (progress.problem) return "The results cannot be read now: " + progress.problem;
  if (!progress.is_there && !progress.is_running) return "There is no store yet.";
  const begun = progress.finished + progress.open.length;
  const waiting = progress.is_waiting ? " New results wait until what is timed has ended." : "";
  if (progress.is_running) return `The run is going on: ${progress.finished} of the ${begun} cells begun so far are finished.` + (progress.open.length > 0 ? ` Now: ${named(progress.open)}.` : "") + waiting;
  if (progress.open.length > 0) return `No run is going on; ${progress.open.length} of the ${begun} cells begun ${progress.open.length === 1 ? "is" : "are"} not finished.`;
  return "No run is going on.";
}

// `take` puts new results in; `isBusy`: the reader is in the middle of something, so they wait.
export function follow(live: Live, take: (datasets: Dataset[]) => void, isBusy: () => boolean): void {
  const line = byId("live");
  const state = byId("live-state");
  const age = byId("live-age");
  let shown = live.tag;
  let changedAt: number | undefined; // on the clock of performance.now()
  let answeredAt = performance.now();
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;

  const tell = (kind: string, text: string) => {
    line.dataset.kind = kind;
    // It is read out when it changes, so it is set only then.
    if (state.textContent !== text) state.textContent = text;
  };
  const tellAge = () => {
    const since = failures > 0 ? answeredAt : changedAt;
    age.textContent = since === undefined ? "" : (failures > 0 ? "Last answer " : "Updated ") + ago((performance.now() - since) / 1000);
  };

  const once = async () => {
    const progress: Progress = parseDataset(await (await ask("progress.json")).text());
    if (progress.data !== shown && !isBusy()) {
      const answer = await ask("data.json", { "If-None-Match": shown });
      if (answer.status !== 304) {
        take(parseDataset(await answer.text()).datasets);
        shown = answer.headers.get("ETag") ?? progress.data;
      }
    }
    failures = 0;
    answeredAt = performance.now();
    changedAt = progress.age_s === undefined ? undefined : answeredAt - 1000 * progress.age_s;
    tell(progress.problem ? "problem" : progress.is_running ? "running" : "idle", sentence(progress));
  };

  const again = async () => {
    if (isAsking) return;
    isAsking = true;
    clearTimeout(timer);
    try {
      await once();
    } catch (error) {
      ++failures;
      if (error instanceof Refused) tell("problem", "The server asks for its token: open the address that it printed.");
      else tell("lost", "Connection lost. What is shown stays as it was; trying again.");
    }
    tellAge();
    isAsking = false;
    // Nobody sees a page that is hidden; it asks when it is shown again.
    if (!document.hidden) timer = setTimeout(again, Math.min(betweenAsks * Math.max(1, failures), longestBetweenAsks));
  };

  line.hidden = false;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else void again();
  });
  setInterval(() => !document.hidden && tellAge(), 1000);
  void again();
}
