#include "audit/kept.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "device/facts.hpp"
#include "engine/llama/facts.hpp"
#include "run/machine.hpp"

namespace bantam::audit {
namespace {

constexpr int kVersion = 1;  // of the kept file
constexpr const char* kRemedy = "run `bantam audit`";

base::Result<std::filesystem::path> kept_file(const std::string& device_identity) {
  TRY_ASSIGN(const auto cache, base::cache_folder());
  return cache / "audit" / (base::sha256("audit " + device_identity).substr(0, 32) + ".json");
}

std::string day(const Outcome& outcome) {
  return base::printable(outcome.finished_at.substr(0, outcome.finished_at.find('T')));
}

std::string details(const Outcome& outcome) {
  std::vector<std::string> parts;
  if (!outcome.not_passed.empty()) parts.push_back(base::printable(base::join(outcome.not_passed, ", ")));
  if (outcome.equal_half_width)
    parts.push_back(fmt::format("A/A ±{:.1f} %", 100.0 * *outcome.equal_half_width));
  if (outcome.own_cost_s)
    parts.push_back(
        fmt::format("own cost {} µs a token", base::format_significant(1e6 * *outcome.own_cost_s, 2)));
  return parts.empty() ? std::string() : fmt::format(" ({})", base::join(parts, ", "));
}

}  // namespace

Circumstances circumstances_now() {
  return {BANTAM_VERSION, engine::engine_identity(), run::boot_identity()};
}

base::Json to_json(const Outcome& outcome) {
  base::Json json{{"version", kVersion},
                  {"verdict", std::string(name(outcome.verdict))},
                  {"finished_at", outcome.finished_at},
                  {"program", outcome.held_in.version},
                  {"engine", outcome.held_in.engine},
                  {"boot", outcome.held_in.boot},
                  {"model", outcome.model},
                  {"precision", outcome.precision},
                  {"not_passed", outcome.not_passed}};
  base::set_if(json, "equal_half_width", outcome.equal_half_width);
  base::set_if(json, "own_cost_s", outcome.own_cost_s);
  return json;
}

std::optional<Outcome> outcome_from(const base::Json& json) {
  if (base::integer_at(json, "version") != kVersion) return std::nullopt;
  const auto verdict = standing_from(base::string_at(json, "verdict").value_or(""));
  const auto finished_at = base::string_at(json, "finished_at");
  const auto program = base::string_at(json, "program");
  if (!verdict || !finished_at || !program) return std::nullopt;
  Outcome outcome;
  outcome.verdict = *verdict;
  outcome.finished_at = *finished_at;
  outcome.held_in = {*program, base::string_at(json, "engine").value_or(""),
                     base::string_at(json, "boot").value_or("")};
  outcome.model = base::string_at(json, "model").value_or("");
  outcome.precision = base::string_at(json, "precision").value_or("");
  for (const base::Json& check : base::child_at(json, "not_passed")) {
    if (check.is_string()) outcome.not_passed.push_back(check.get<std::string>());
  }
  outcome.equal_half_width = base::number_at(json, "equal_half_width");
  outcome.own_cost_s = base::number_at(json, "own_cost_s");
  return outcome;
}

base::Status keep(const Outcome& outcome, const std::string& device_identity) {
  TRY_ASSIGN(const auto path, kept_file(device_identity));
  TRY(base::make_folders(path.parent_path()));
  return base::write_file_atomically(path, base::to_text(to_json(outcome), 1));
}

std::optional<Outcome> find_kept(const std::string& device_identity) {
  const auto path = kept_file(device_identity);
  if (!path) return std::nullopt;
  const auto text = base::read_file(*path);
  if (!text) return std::nullopt;
  const auto json = base::parse_json(*text, path->string());
  return json ? outcome_from(*json) : std::nullopt;
}

std::string kept_line(const std::optional<Outcome>& outcome, const Circumstances& now) {
  if (!outcome) return fmt::format("audit: not run on this machine; {}", kRemedy);
  const std::string seen = fmt::format("{} {}", name(outcome->verdict), day(*outcome));
  if (outcome->held_in.version != now.version || outcome->held_in.engine != now.engine)
    return fmt::format("audit: {}, of another version of this program; {}", seen, kRemedy);
  if (outcome->held_in.boot != now.boot || now.boot.empty())
    return fmt::format("audit: {}, before the machine was started anew; {}", seen, kRemedy);
  if (outcome->verdict == Standing::passed) return fmt::format("audit: {}{}", seen, details(*outcome));
  return fmt::format("audit: {}{}; {}", seen, details(*outcome), kRemedy);
}

std::vector<std::string> lines_about(const std::set<std::string>& device_identities) {
  std::vector<std::string> lines;
  if (device_identities.empty()) return lines;
  const std::string here = device::identity(device::read_facts("."));
  const Circumstances now = circumstances_now();
  for (const std::string& identity : device_identities) {
    const std::string line = identity == here
                                 ? kept_line(find_kept(identity), now)
                                 : "audit: none here of the machine that measured this; it can be "
                                   "audited there with `bantam audit`";
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

}  // namespace bantam::audit
