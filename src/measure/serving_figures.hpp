#pragma once
// What the scenario poisson says: throughput, goodput, latency under load and waiting, from the time lines of
// its requests. Pure.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "measure/figures.hpp"
#include "measure/summary.hpp"

namespace bantam::measure {

// Sets a metric to the median over blocks of the median of the block's samples, or says why there is none.
using Sampler = std::function<std::vector<double>(const Trials&)>;
using Put = std::function<void(const char* metric, const Trials& trials, const Sampler& samples,
                               const std::string& absent_reason)>;

// How long each request waited for a stream, by arrival. It is begun when fewer than `streams` of those that
// came before are unfinished: first come, first served. Streams without arrival_ns arrived with the trial.
std::vector<double> queue_waits_s(const record::Trial& trial, int streams);

// Whether a request kept to the limits that are given. One without tokens does not; TPOT limits no request
// with fewer than two.
bool is_good(const record::Stream& stream, const Load& load);

// Requests that got tokens, and those of them that are good, by the time from the first arrival to the last
// token.
double request_rate(const record::Trial& trial);
double good_request_rate(const record::Trial& trial, const Load& load);

// How the queue grew, in words and numbers, where requests came faster than they were served: at least one
// waited on average when the last arrived, and half as many again as after half of the arrivals. Absent else.
std::optional<std::string> growing_queue(const Trials& trials, const Load& load);

// The metrics of the counted trials of poisson, and a warning where the queue grew. Percentiles pool all
// requests, and appear above their floors only (stats::percentile_floor()).
void add_poisson(Summary& summary, const Trials& trials, const Load& load, const Put& put);

}  // namespace bantam::measure
