// All charts, in the order in which a page shows them.

import { metricPanel, panels, speedup } from "./bars";
import { curves } from "./curves";
import { Chart } from "./drawing";
import { energyPerRight, energyPower } from "./energy";
import { ladder } from "./ladder";
import { latencyEcdf, rounds } from "./lines";
import { memoryParts } from "./memory";
import { memoryOverTime } from "./memory_line";
import { table } from "./picture";
import { powerOverTime } from "./power_line";
import { roofline } from "./roofline";
import { pareto, speedQuality } from "./scatter";
import { accuracy, degradation, heatmap, radar } from "./scores";

const latencyMetrics = ["ttft_s", "tpot_s", "e2e_latency_s", "amortized_latency_s", "sequence_latency_s"];
const throughputMetrics = ["decode_tokens_per_s", "prefill_tokens_per_s", "batch_output_tokens_per_s", "tg_tokens_per_s", "pp_tokens_per_s", "sequences_per_s"];
const memoryMetrics = ["pss_peak_bytes", "min_memory_bytes", "private_peak_bytes", "file_bytes", "weight_bytes", "preallocated_bytes"];

const whiskersAre = "Whiskers: 95 %; ★ is told apart as the best; pale: imported; hollow and dashed: predicted, with its expected error";

export const charts: Chart[] = [
  { name: "speed_quality", title: "Speed against quality", make: speedQuality },
  { name: "ladder", title: "The best for each memory budget", make: ladder },
  { name: "pareto_latency_quality", title: "Latency against quality", make: (data, theme) => pareto("latency_quality", data.fronts.filter((one) => one.name === "latency_quality").map((one) => one.objectives[0])[0] || "", "Latency against quality")(data, theme) },
  { name: "pareto_energy_quality", title: "Energy against quality", make: pareto("energy_quality", "energy_per_request_j", "Energy against quality") },
  { name: "pareto_size_quality", title: "Size against quality", make: (data, theme) => pareto("size_quality", data.fronts.filter((one) => one.name === "size_quality").map((one) => one.objectives[0])[0] || "", "Size against quality")(data, theme) },
  { name: "latency", title: "Latency", make: (data, theme) => panels(data, theme, "Latency", whiskersAre, latencyMetrics.map((name) => metricPanel(data, name))) },
  { name: "throughput", title: "Throughput", make: (data, theme) => panels(data, theme, "Throughput", whiskersAre, throughputMetrics.map((name) => metricPanel(data, name))) },
  { name: "speedup", title: "Change against the base precision", make: speedup },
  { name: "memory", title: "Memory and size", make: (data, theme) => panels(data, theme, "Memory and size", whiskersAre, memoryMetrics.map((name) => metricPanel(data, name))) },
  { name: "memory_parts", title: "Where the memory goes", make: memoryParts },
  { name: "memory_over_time", title: "Memory over time", make: memoryOverTime },
  { name: "energy", title: "Energy and power", make: energyPower },
  { name: "power_over_time", title: "Power over time", make: powerOverTime },
  { name: "energy_per_right", title: "Energy of a right answer against speed", make: energyPerRight },
  { name: "accuracy", title: "Accuracy", make: accuracy },
  { name: "degradation", title: "What precision costs on each task", make: degradation },
  { name: "heatmap", title: "Scores by task", make: heatmap },
  { name: "radar", title: "The answer beside what came near", make: radar },
  { name: "latency_ecdf", title: "How long a request takes", make: latencyEcdf },
  { name: "rounds", title: "Rounds over time", make: rounds },
  { name: "curves", title: "Speed over swept settings", make: curves },
  { name: "roofline", title: "How near to the machine's limits", make: roofline },
  { name: "table", title: "All figures", make: table },
];

export function find(name: string): Chart | undefined {
  for (const chart of charts) if (chart.name === name) return chart;
  return undefined;
}
