// What the page and every chart are made of, as `chart/dataset.hpp` writes it. Values are in base units: seconds, bytes,
// shares. What is not there is missing, with its reason in `absent`; nothing is ever 0 for want of a value.

export type Direction = "lower_is_better" | "higher_is_better" | "neutral";
export type Evidence = "measured" | "imported" | "predicted";

export interface Metric {
  name: string;
  title: string;
  unit: string;
  direction: Direction;
  cell: string; // that measures it
  is_percent: boolean;
  definition: string;
}

export interface Task {
  task: string;
  metric: string;
  title: string;
  is_share: boolean;
  direction: Direction;
  chance?: number;
}

export interface Figure {
  value: number;
  low?: number;
  high?: number;
  n?: number;
  text: string; // as tables show it: "14.2 ms ±0.8 %"
  evidence: Evidence;
  mark?: "best" | "shared" | "problem";
  method?: string; // of the interval
}

export interface Rounds {
  round: number[];
  value: number[];
  counts: boolean[];
}

// The memory of a worker in one round; a point holds until the next.
export interface MemoryLine {
  round: number;
  within: number; // bytes by which a sample that was left out differs at most
  seconds: number[]; // since the worker was started
  rss: number[];
  private: number[];
  phases: { name: string; begin: number; end: number }[];
}

// Watts over the time of one block, by what measured the energy. Seconds are since the first counted request's begin.
export interface PowerLine {
  begin: number; // of the first bin
  bin: number; // length of each
  window: number; // length of the time of the counted requests
  watts: number[]; // mean of each bin
  phases: { name: string; begin: number; end: number }[]; // "idle_before", "load", "requests", "idle_after"
  requests: [number, number, number][]; // begin, first token, end
  cut?: string; // why the window alone is there
  joules?: number; // in the window
  is_estimate: boolean;
  gpus?: GpuLine[];
}

// How busy a GPU was meanwhile: percent of each of its own bins, null where it was not read.
export interface GpuLine {
  name: string;
  begin: number;
  bin: number;
  busy: (number | null)[];
}

// Joules per right answer: measured while a task ran, or derived as joules per request / share of right answers.
export interface PerRight {
  value: number;
  way: "measured" | "derived";
  sensor: string;
  evidence: Evidence;
}

// What the machine can do at most, as measured, and what the phases of a model reach.
export interface Roofline {
  bytes_per_s: number;
  operations_per_s: number; // of the model's own types
  phases: { name: string; operations_per_byte: number; operations_per_s: number }[];
}

export interface Configuration {
  name: string;
  model: string;
  precision: string;
  point: string;
  device: number;
  evidence: Evidence;
  outcomes: { [cell: string]: string };
  figures: { [metric: string]: Figure };
  absent: { [metric: string]: string };
  scores: { [task: string]: Figure };
  scores_absent: { [task: string]: string };
  swept: { [axis: string]: string };
  quality?: number; // mean over tasks, corrected for chance; 1 is all right
  task_quality: { [task: string]: number };
  memory_need?: number; // what a budget must hold, with its margin
  standing?: "chosen" | "rival" | "out";
  rule?: string;
  reason?: string;
  rounds: { [metric: string]: Rounds };
  memory_line?: MemoryLine;
  memory_line_absent?: string;
  energy_sensor?: string; // what measured its energy, in words; missing where nothing did
  power_line?: PowerLine;
  power_line_absent?: string;
  per_right?: PerRight;
  per_right_absent?: string;
  roofline?: Roofline;
  roofline_absent?: string;
  latencies: number[]; // seconds, percentiles 0 ... 100 of whole requests
  caveats: Caveat[];
  command: string[]; // how to deploy it
  reproduce: string; // how to measure it again
}

// What has to be known of a cell's figures, or of one of its metrics.
export interface Caveat {
  cell: string;
  metric?: string;
  text: string;
}

export interface Change {
  ratio: number;
  low?: number;
  high?: number;
  verdict: string;
}

export interface ScoreChange {
  task: string;
  difference: number;
  low?: number;
  high?: number;
  verdict: string;
  p?: number;
  is_share: boolean;
}

export interface Impact {
  configuration: number;
  base: number;
  changes: { [metric: string]: Change };
  scores: ScoreChange[];
}

// Within a budget of memory: who is chosen, and who cannot be told from it.
export interface Rung {
  memory: number;
  choice?: number;
  runner_up?: number;
  decided: boolean;
  rivals: number[];
  sentence: string;
  reasons: string[]; // by configuration, empty for the chosen one
}

export interface Front {
  name: string;
  objectives: string[];
  members: number[];
  dominated: { configuration: number; by: number }[];
}

export interface Device {
  name: string;
  identity?: string;
  facts: [string, string][];
  bytes_per_s?: number; // measured rates, for the roofline of configurations whose resources were not measured
  flop_per_s?: number;
}

// Characters that no picture can show, or that turn, hide or join what stands beside them: they are shown by their numbers,
// as on the terminal.
const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

// Objects of JSON without what they would inherit, so that a task called "constructor" is a task; texts in which nothing acts.
export function parseDataset(text: string): any {
  return JSON.parse(text, (_, value) => {
    if (typeof value === "string") return value.replace(acting, (mark) => "\\u{" + mark.charCodeAt(0).toString(16) + "}");
    if (value !== null && typeof value === "object" && !Array.isArray(value)) (Object as any).setPrototypeOf(value, null);
    return value;
  });
}

export interface Dataset {
  schema: number;
  generator: string;
  title: string;
  metrics: Metric[];
  tasks: Task[];
  configurations: Configuration[];
  impacts: Impact[];
  answer: string[];
  choice?: number;
  runner_up?: number;
  decided: boolean;
  objectives: string[];
  speed_metric: string;
  every_budget: Rung[];
  fronts: Front[];
  devices: Device[];
  notes: string[];
  caveats: string[];
  budget?: number; // of memory, that the reader has picked
  colour_names?: string[]; // what has a colour, where only some configurations are shown; absent: as the data tell
}
