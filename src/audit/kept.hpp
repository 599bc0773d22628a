#pragma once
// The outcome of the last audit of a machine, kept in the cache folder, and the line about it that stands in
// reports.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/finding.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::audit {

// What an audit holds for: another version, engine or start of the machine needs another audit.
struct Circumstances {
  std::string version;  // of this program
  std::string engine;   // its identity
  std::string boot;     // of the machine's start; empty where the kernel does not tell

  bool operator==(const Circumstances&) const = default;
};
Circumstances circumstances_now();

struct Outcome {
  Standing verdict = Standing::cannot_tell;
  std::string finished_at;  // UTC, as base::utc_timestamp()
  Circumstances held_in;
  std::string model;  // its reference
  std::string precision;
  std::vector<std::string> not_passed;     // names of checks
  std::optional<double> equal_half_width;  // as a share
  std::optional<double> own_cost_s;        // a token
};
base::Json to_json(const Outcome& outcome);
// Absent when a member is missing.
std::optional<Outcome> outcome_from(const base::Json& json);

// Of the machine with this identity (device::identity()). storage.
base::Status keep(const Outcome& outcome, const std::string& device_identity);
// Absent when none is kept, or it cannot be read.
std::optional<Outcome> find_kept(const std::string& device_identity);

// "audit: passed 2026-11-29 (A/A ±0.8 %, own cost 0.06 µs a token)". `outcome` absent: it was not run.
std::string kept_line(const std::optional<Outcome>& outcome, const Circumstances& now);

// The lines about the machines that measured something, by their identities; none for none.
std::vector<std::string> lines_about(const std::set<std::string>& device_identities);

}  // namespace bantam::audit
