// What a model costs on a device: speed, memory, size. Rows of the catalogue (metric/catalogue.hpp) and
// nothing else. Columns: name, title, unit, direction, format, group, definition, absent_when, is_headline.
// The order is that of every table and of docs/metrics.md.

#include "metric/columns.hpp"

namespace bantam::metric {
namespace {

constexpr Metric kMachineMetrics[] = {
    {"ttft_s", "TTFT", "s", lower_is_better, seconds, kSpeed,
     "Time to first token: first token available - request handed over; tokenization, prefill and the "
     "first sample are in it. Median over requests.",
     "no token came out", true},
    {"tpot_s", "TPOT", "s", lower_is_better, seconds, kSpeed,
     "Time per output token: (e2e_latency_s - ttft_s) / (output tokens - 1) of a request. Median over "
     "requests.",
     "fewer than 2 output tokens"},
    {"itl_p50_s", "ITL p50", "s", lower_is_better, seconds, kSpeed,
     "Inter-token latency: the 50th percentile of every single gap between neighbouring output tokens.",
     "fewer than 11 gaps"},
    {"itl_p90_s", "ITL p90", "s", lower_is_better, seconds, kSpeed,
     "The 90th percentile of the gaps between neighbouring output tokens.", "fewer than 64 gaps"},
    {"itl_p99_s", "ITL p99", "s", lower_is_better, seconds, kSpeed,
     "The 99th percentile of the gaps between neighbouring output tokens.", "fewer than 662 gaps"},
    {"e2e_latency_s", "E2E latency", "s", lower_is_better, seconds, kSpeed,
     "Last token available - request handed over = ttft_s + the sum of all gaps. Median over requests.",
     "no token came out"},
    {"prefill_tokens_per_s", "Prefill", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "Prompt tokens / prefill time, where prefill time = prompt fully computed - request handed over. "
     "Median over requests.",
     "the engine gives no stamp for the end of prefill"},
    {"decode_tokens_per_s", "Decode", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "(output tokens - 1) / (e2e_latency_s - ttft_s) = 1 / tpot_s of a request. Median over requests.",
     "fewer than 2 output tokens", true},
    {"output_tokens_per_s", "Output", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "Output tokens / e2e_latency_s of a request, prefill included. Median over requests.",
     "no token came out"},
    {"batch_ttft_s", "Batch TTFT", "s", lower_is_better, seconds, kSpeed,
     "ttft_s of each request when all requests of a batch are handed over at once. Median over batches of "
     "the median within a batch.",
     "the scenario offline is not asked for"},
    {"batch_tpot_s", "Batch TPOT", "s", lower_is_better, seconds, kSpeed,
     "tpot_s of each request of a batch. Median over batches of the median within a batch.",
     "the scenario offline is not asked for"},
    {"batch_e2e_latency_s", "Batch E2E", "s", lower_is_better, seconds, kSpeed,
     "e2e_latency_s of each request of a batch, on its own time line; never batch time / batch size. "
     "Median over batches of the median within a batch.",
     "the scenario offline is not asked for"},
    {"batch_output_tokens_per_s", "Batch output", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "Output tokens of all requests of a batch / wall time of the batch. Median over batches.",
     "the scenario offline is not asked for"},
    {"load_cold_s", "Load cold", "s", lower_is_better, seconds, kSpeed,
     "Open the model -> ready for the first request, with the file's pages evicted from the page cache "
     "before (checked with mincore). Median over loads.",
     "the pages cannot be evicted"},
    {"load_warm_s", "Load warm", "s", lower_is_better, seconds, kSpeed,
     "Open the model -> ready for the first request, with the file's pages in the page cache. Median over "
     "loads.",
     "the file does not fit in the page cache"},
    {"pp_tokens_per_s", "pp", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "llama-bench's prompt test: a fixed pseudo-random prompt of n_prompt tokens / time to compute it, "
     "without sampling. Not comparable with prefill_tokens_per_s of a real prompt.",
     "the scenario pp is not asked for"},
    {"tg_tokens_per_s", "tg", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "llama-bench's generation test: n_gen pseudo-random tokens computed one by one / time, without "
     "sampling.",
     "the scenario tg is not asked for"},
    {"requests_per_s", "Requests", "req/s", higher_is_better, tokens_per_s, kSpeed,
     "Requests that arrive on their own (poisson): those that gave tokens / time from the first arrival to "
     "the last token. Median over rounds.",
     "the scenario poisson is not asked for"},
    {"goodput_requests_per_s", "Goodput", "req/s", higher_is_better, tokens_per_s, kSpeed,
     "requests_per_s of the requests that kept to --max-ttft and --max-tpot. Median over rounds.",
     "neither --max-ttft nor --max-tpot is given"},
    {"poisson_ttft_s", "TTFT under load", "s", lower_is_better, seconds, kSpeed,
     "First token available - scheduled arrival of a request that arrives on its own; waiting for its turn "
     "is in it. Median over the requests of a round, then over rounds.",
     "no token came out"},
    {"poisson_ttft_p90_s", "TTFT under load p90", "s", lower_is_better, seconds, kSpeed,
     "The 90th percentile over all requests; see poisson_ttft_s.", "fewer than 64 requests"},
    {"poisson_ttft_p95_s", "TTFT under load p95", "s", lower_is_better, seconds, kSpeed,
     "The 95th percentile over all requests; see poisson_ttft_s.", "fewer than 130 requests"},
    {"poisson_ttft_p99_s", "TTFT under load p99", "s", lower_is_better, seconds, kSpeed,
     "The 99th percentile over all requests; see poisson_ttft_s.", "fewer than 662 requests"},
    {"poisson_tpot_s", "TPOT under load", "s", lower_is_better, seconds, kSpeed,
     "tpot_s of a request that arrives on its own. Median over the requests of a round, then "
     "over rounds.",
     "fewer than 2 output tokens"},
    {"poisson_tpot_p90_s", "TPOT under load p90", "s", lower_is_better, seconds, kSpeed,
     "The 90th percentile over all requests; see poisson_tpot_s.", "fewer than 64 requests"},
    {"poisson_tpot_p95_s", "TPOT under load p95", "s", lower_is_better, seconds, kSpeed,
     "The 95th percentile over all requests; see poisson_tpot_s.", "fewer than 130 requests"},
    {"poisson_tpot_p99_s", "TPOT under load p99", "s", lower_is_better, seconds, kSpeed,
     "The 99th percentile over all requests; see poisson_tpot_s.", "fewer than 662 requests"},
    {"poisson_e2e_latency_s", "E2E under load", "s", lower_is_better, seconds, kSpeed,
     "Last token available - scheduled arrival of a request that arrives on its own. Median over the "
     "requests of a round, then over rounds.",
     "no token came out"},
    {"poisson_e2e_latency_p90_s", "E2E under load p90", "s", lower_is_better, seconds, kSpeed,
     "The 90th percentile over all requests; see poisson_e2e_latency_s.", "fewer than 64 requests"},
    {"poisson_e2e_latency_p95_s", "E2E under load p95", "s", lower_is_better, seconds, kSpeed,
     "The 95th percentile over all requests; see poisson_e2e_latency_s.", "fewer than 130 requests"},
    {"poisson_e2e_latency_p99_s", "E2E under load p99", "s", lower_is_better, seconds, kSpeed,
     "The 99th percentile over all requests; see poisson_e2e_latency_s.", "fewer than 662 requests"},
    {"poisson_queue_s", "Queue", "s", lower_is_better, seconds, kSpeed,
     "Time from a request's scheduled arrival until fewer than --batch-size of the earlier ones are "
     "unfinished: what it waits for its turn. Median over the requests of a round, then over rounds.",
     "the scenario poisson is not asked for"},
    {"burst_tokens_per_s", "Burst", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "Requests without a pause (sustained): gaps between tokens that end in the first 30 s, or in the first "
     "tenth of the time where that is shorter / sum of these gaps.",
     "the scenario sustained is not asked for"},
    {"steady_tokens_per_s", "Steady", "tok/s", higher_is_better, tokens_per_s, kSpeed,
     "The same of the last quarter of the time.", "the scenario sustained is not asked for"},
    {"steady_burst_ratio", "Steady/burst", "", higher_is_better, ratio, kSpeed,
     "steady_tokens_per_s / burst_tokens_per_s.", "the scenario sustained is not asked for"},
    {"throttle_after_s", "Throttles after", "s", higher_is_better, seconds, kSpeed,
     "Time from the first request until the rate over the last 30 s (or tenth of the time) falls below 95 % "
     "of burst_tokens_per_s for good.",
     "it never falls for good"},
    {"sequence_latency_s", "Sequence", "s", lower_is_better, seconds, kSpeed,
     "Encoders: tokens of one sequence handed over -> its embedding available. The sequence's length is "
     "prompt_tokens. Median over runs.",
     "the model is no encoder", true},
    {"sequences_per_s", "Sequences", "seq/s", higher_is_better, tokens_per_s, kSpeed,
     "Encoders: sequences of a batch / time to embed them all; batch size and length are in the record. "
     "Median over batches.",
     "the model is no encoder", true},
    {"prompt_tokens", "Prompt", "tok", neutral, count, kSpeed,
     "Tokens of a request's prompt, or of an encoder's sequence, as the engine counts them.", ""},
    {"output_tokens", "Output", "tok", neutral, count, kSpeed,
     "Tokens that a request gave, as the engine counts them. Median over requests.", ""},
    {"cached_tokens", "Cached", "tok", neutral, count, kSpeed,
     "Prompt tokens taken from a cache instead of being computed; 0 in every performance request.", ""},
    {"draft_acceptance_rate", "Accepted", "", neutral, ratio, kSpeed,
     "Speculative decoding: proposed tokens that the model accepted / proposed tokens. Median over requests.",
     "no draft is used"},
    {"accepted_tokens_per_step", "Accepted/step", "tok", neutral, number, kSpeed,
     "Speculative decoding: accepted tokens / computations of the model after the prompt, each of which also "
     "gives one token of its own. Median over requests.",
     "no draft is used"},

    {"pss_peak_bytes", "Memory need", "B", lower_is_better, bytes, kMemory,
     "Peak of the worker's proportional set size: private memory plus its share of mapped pages, mapped "
     "weights included.",
     "the system has no smaps_rollup", true},
    {"min_memory_bytes", "Least memory", "B", lower_is_better, bytes, kMemory,
     "Smallest memory limit under which requests run without steady page faults and at 95 % of their speed "
     "or more, found by bisection; without a control group, the pages that requests use.",
     "not asked for with --min-memory"},
    {"private_peak_bytes", "Private peak", "B", lower_is_better, bytes, kMemory,
     "Peak of the worker's own memory: RssAnon + RssShmem. Weights that are mapped from the file are not "
     "in it.",
     "the system does not report RssAnon"},
    {"weights_resident_bytes", "Weights resident", "B", lower_is_better, bytes, kMemory,
     "Bytes of the mapped model file that are in memory after the run (mincore).", "the file is not mapped"},
    {"device_memory_bytes", "Device memory", "B", lower_is_better, bytes, kMemory,
     "Bytes of all buffers on accelerators, as the engine accounts for them. Never added to the other "
     "figures.",
     "no accelerator is used", true},
    {"engine_weights_bytes", "Engine weights", "B", lower_is_better, bytes, kMemory,
     "Buffers that hold weights (mapped, copied or repacked), as the engine accounts for them.",
     "the engine does not tell"},
    {"engine_kv_bytes", "Engine KV", "B", lower_is_better, bytes, kMemory,
     "Buffers of the KV cache, as the engine accounts for them.", "the engine does not tell"},
    {"engine_compute_bytes", "Engine compute", "B", lower_is_better, bytes, kMemory,
     "Buffers for intermediate results, as the engine accounts for them.", "the engine does not tell"},

    {"energy_per_request_j", "Energy/request", "J", lower_is_better, number, kEnergy,
     "Energy from the begin of a round's first request to the end of its last one / requests, with what the "
     "machine would take when idle (gross). By one sensor, which the record names with its scope and grade. "
     "Median over rounds.",
     "no sensor was read, or reading it failed"},
    {"energy_per_output_token_j", "Energy/token", "J/tok", lower_is_better, number, kEnergy,
     "The same energy / tokens that the requests gave.", "no sensor was read, or reading it failed"},
    {"output_tokens_per_j", "Tokens/J", "tok/J", higher_is_better, number, kEnergy,
     "1 / energy_per_output_token_j.", "no sensor was read, or reading it failed"},
    {"net_energy_per_request_j", "Net/request", "J", lower_is_better, number, kEnergy,
     "energy_per_request_j less what idling takes in the same time: the mean of the power before and after "
     "the round.",
     "the idle power is not known"},
    {"prefill_energy_per_request_j", "Prefill energy", "J", lower_is_better, number, kEnergy,
     "Energy from a request's begin to its first token, by the time stamps of the tokens.",
     "the phase is too short for the sensor"},
    {"decode_energy_per_request_j", "Decode energy", "J", lower_is_better, number, kEnergy,
     "Energy from a request's first token to its last one.", "the phase is too short for the sensor"},
    {"mean_power_w", "Power", "W", neutral, number, kEnergy,
     "Mean power while requests run. Median over rounds.", "no sensor was read, or reading it failed"},
    {"peak_power_w", "Peak power", "W", neutral, number, kEnergy,
     "Highest power while requests run: of a counter the highest mean over half a second or four of its "
     "updates. Median over rounds.",
     "no sensor was read, or reading it failed"},
    {"idle_power_w", "Idle power", "W", neutral, number, kEnergy,
     "Mean power before and after a round, while nothing of ours runs.", "the idle power is not known"},
    {"carbon_per_request_g", "CO2/request", "g", lower_is_better, number, kEnergy,
     "energy_per_request_j * grams of carbon dioxide per kWh of the grid (--carbon-intensity).",
     "--carbon-intensity is not given"},
    {"requests_per_charge", "Requests/charge", "", higher_is_better, number, kEnergy,
     "What a full battery holds / energy_per_request_j.", "no battery tells its capacity"},

    {"energy_per_item_j", "Energy/item", "J", lower_is_better, number, kAnswerEnergy,
     "Energy from the begin of the first item to the end of the last one / items that were scored in that "
     "time, with what the machine would take when idle (gross). One window: it has no interval.",
     "no sensor was read, or reading it failed"},
    {"net_energy_per_item_j", "Net/item", "J", lower_is_better, number, kAnswerEnergy,
     "energy_per_item_j less what idling takes in the same time: the mean of the power before and after.",
     "the idle power is not known"},
    {"energy_per_correct_j", "Energy/right answer", "J", lower_is_better, number, kAnswerEnergy,
     "energy_per_item_j / the share of right answers: acc_norm where the task has it, else acc or "
     "exact_match.",
     "the task has no such score, or no answer was right"},
    {"carbon_per_item_g", "CO2/item", "g", lower_is_better, number, kAnswerEnergy,
     "energy_per_item_j * grams of carbon dioxide per kWh of the grid (--carbon-intensity).",
     "--carbon-intensity is not given"},
    {"items_per_charge", "Items/charge", "", higher_is_better, number, kAnswerEnergy,
     "What a full battery holds / energy_per_item_j.", "no battery tells its capacity"},

    {"decode_mbu", "Decode MBU", "", higher_is_better, ratio, kResources,
     "Model bandwidth utilization: bytes of weights and KV cache that a token reads at the least / time per "
     "token / the read bandwidth of main memory, as measured here with all threads.",
     "the rates of this machine are not known"},
    {"prefill_mfu", "Prefill MFU", "", higher_is_better, ratio, kResources,
     "Model FLOPs utilization: multiplications and additions of a prompt / its time / the rate of the "
     "engine's matrix products with many columns, for the model's own types, as measured here.",
     "the rates of this machine are not known"},
    {"decode_cpus", "Decode CPUs", "", neutral, number, kResources,
     "CPU time of our threads while tokens are generated / that time.", "the system does not tell CPU times"},
    {"prefill_cpus", "Prefill CPUs", "", neutral, number, kResources,
     "CPU time of our threads while a prompt is computed / that time.", "the system does not tell CPU times"},
    {"decode_ipc", "Decode IPC", "", neutral, number, kResources,
     "Instructions / cycles of our threads outside the kernel, while tokens are generated.",
     "the processor's counters cannot be read"},
    {"prefill_ipc", "Prefill IPC", "", neutral, number, kResources, "The same while a prompt is computed.",
     "the processor's counters cannot be read"},

    {"parameters", "Parameters", "", neutral, count, kModel, "Number of weights in all tensors of the file.",
     ""},
    {"bits_per_weight", "Bits/weight", "bit", lower_is_better, number, kModel,
     "8 * weight_bytes / parameters: what the file really spends, scales and unquantized tensors included.",
     ""},
    {"file_bytes", "File", "B", lower_is_better, bytes, kModel, "Size of the model file.", ""},
    {"weight_bytes", "Weights", "B", lower_is_better, bytes, kModel,
     "Bytes of tensor data in the model file.", ""},

    {"amortized_latency_s", "Batch time/request", "s", lower_is_better, seconds, kImported,
     "Wall time of a batch / its requests, as SLiM-Eval reports it. No request takes so long, and it falls "
     "with "
     "the tokens that requests give. Mean over batches.",
     "measured here: batch_e2e_latency_s is each request's own"},
    {"preallocated_bytes", "Preallocated", "B", neutral, bytes, kImported,
     "Memory that a server takes beforehand, whatever the model needs. Says nothing of the need.",
     "measured here: nothing is taken beforehand"},
};

}  // namespace

std::span<const Metric> machine_metrics() {
  return kMachineMetrics;
}

}  // namespace bantam::metric
