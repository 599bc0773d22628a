#include "plan/served.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/text.hpp"
#include "plan/gates.hpp"
#include "record/scenario.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Status;

Status cannot(std::string_view what, std::string_view why, std::string_view hint) {
  return base::fail(ErrorKind::usage, fmt::format("{}: {}", what, why), std::string(hint));
}

constexpr const char* kNoTokenizer = "the server has the model's tokenizer, and requests are text";

Status check_workload(const PerformanceSettings& settings) {
  const auto leave_out = [](std::string_view flag) { return fmt::format("leave --{} out", flag); };
  const auto needs_tokens = [&](bool is_given, std::string_view flag) -> Status {
    if (!is_given) return {};
    return cannot(fmt::format("--{}", flag), kNoTokenizer, leave_out(flag));
  };
  TRY(needs_tokens(settings.prompt_tokens.has_value(), "prompt-tokens"));
  TRY(needs_tokens(settings.n_prompt.has_value(), "n-prompt"));
  TRY(needs_tokens(settings.n_gen.has_value(), "n-gen"));
  TRY(needs_tokens(settings.n_depth.has_value(), "n-depth"));
  for (const std::string_view scenario : {record::kPrompt, record::kGeneration}) {
    const auto asked = scenarios_of(settings);
    if (std::ranges::find(asked, scenario) == asked.end()) continue;
    return cannot(fmt::format("the scenario {}", scenario), kNoTokenizer,
                  fmt::format("leave {} out of --scenarios", scenario));
  }
  if (settings.min_memory.value_or(false))
    return cannot("--min-memory", "the memory of a server cannot be limited from here",
                  leave_out("min-memory"));
  return {};
}

bool is_other(const std::string& precision) {
  return precision != kServedPrecision;
}

Status check_precisions(const Plan& plan) {
  const auto has_other = [](const std::vector<std::string>& precisions, const std::string& base) {
    return std::ranges::any_of(precisions, is_other) || (!base.empty() && is_other(base));
  };
  const bool is_refused = has_other(plan.precisions, plan.base_precision) ||
                          std::ranges::any_of(plan.models, [&](const ModelEntry& model) {
                            return has_other(model.precisions, model.base_precision);
                          });
  if (!is_refused) return {};
  return cannot("--precisions", "a server has the file that it was started with, and does not tell which",
                "leave --precisions and --base-precision out");
}

// Settings of the engine make no difference to a server, so that such points come to the same work.
Status check_sweep(const Plan& plan) {
  std::set<std::string> works;
  for (const Point& point : plan.points) {
    if (!point.engine.empty() || !works.insert(base::to_text(point.performance)).second)
      return cannot(fmt::format("a sweep over {}", point.label), "the server has settings of its own",
                    "give each option of the engine one value, or none");
    TRY(check_workload(performance_of(plan, Cell{{}, {}, record::CellKind::performance, {}, point})));
  }
  return {};
}

Status refuse_without_engine(const Plan& plan) {
  const bool has_address =
      plan.engine.server || std::ranges::any_of(plan.models, [](const ModelEntry& model) {
        return model.reference.starts_with(kServedScheme);
      });
  const bool has_precision = std::ranges::find(plan.precisions, kServedPrecision) != plan.precisions.end() ||
                             plan.base_precision == kServedPrecision;
  if (!has_address && !has_precision) return {};
  return cannot("a model behind a server", "the engine is the one in this program",
                fmt::format("add --engine {}", kServedEngine));
}

// What the server works is that of another program, which would make every measurement invalid.
void allow_its_work(Plan& plan) {
  PerformanceSettings& settings = plan.performance_settings;
  if (!is_on_this_machine(*plan.engine.server) || gate_setting(settings, gates::kOthers)) return;
  if (!settings.gates) settings.gates.emplace();
  settings.gates->push_back(to_text({std::string(gates::kOthers), std::nullopt}));
}

std::string_view host_of(std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = address.substr(scheme + 3);
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find_first_of(":/?#"));
}

}  // namespace

Status check_address(std::string_view address) {
  const bool is_http = address.starts_with("http://") || address.starts_with("https://");
  const bool is_plain = address.find_first_of("@?#") == std::string_view::npos;
  if (is_http && is_plain && !host_of(address).empty()) return {};
  // What stands before an '@' may be a password.
  const std::string shown = is_plain ? base::ellipsize(base::printable(address), 80) : "...";
  return base::fail(ErrorKind::usage, fmt::format("--base-url '{}' is no address of a server", shown),
                    "write http://127.0.0.1:8080, or https://HOST for a server elsewhere; a key comes from "
                    "the environment (--api-key-env)");
}

bool is_on_this_machine(std::string_view address) {
  const std::string host = base::ascii_lower(host_of(address));
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

Status complete_served(Plan& plan) {
  if (plan.engine_name != kServedEngine) return refuse_without_engine(plan);
  if (plan.engine.program)
    return cannot("--engine-command", "a server is no program that is started here", "leave it out");
  if (!plan.engine.server)
    return base::fail(ErrorKind::usage,
                      fmt::format("--engine {} needs the address of a server", kServedEngine),
                      "add --base-url http://127.0.0.1:8080, or where it listens");
  TRY(check_precisions(plan));
  TRY(check_workload(plan.performance_settings));
  TRY(check_sweep(plan));
  EngineSettings only_server;
  only_server.server = plan.engine.server;
  only_server.server_api = plan.engine.server_api;
  plan.engine = std::move(only_server);
  for (ModelEntry& model : plan.models) {
    if (!model.reference.starts_with(kServedScheme)) model.reference = kServedScheme + model.reference;
    model.engine.reset();
    model.precisions.clear();
    model.base_precision.clear();
  }
  plan.precisions = {kServedPrecision};
  plan.base_precision.clear();
  allow_its_work(plan);
  return {};
}

}  // namespace bantam::plan
