#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "audit/audit.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/options.hpp"
#include "plan/precision.hpp"
#include "report/audit_page.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct AuditArguments {
  std::string model = "embedded:nano";
  OptionFlags flags;
  std::string precision;
  std::string time_budget = "60";
  std::vector<std::string> only;
  std::string format = "table";
  bool quiet = false;
};

// The options of a run that change what is audited.
const std::vector<std::string>& shared_options() {
  static const std::vector<std::string> kNames{
      "threads",   "cache_type_k", "cache_type_v",    "flash_attn",        "n_gpu_layers",
      "gpu_index", "repack",       "max_disturbance", "max_drift",         "hang_timeout",
      "offline",   "sysfs_root",   "meter",           "energy_sample_rate"};
  return kNames;
}

Result<std::string_view> check_named(std::string text) {
  std::ranges::replace(text, '-', '_');
  std::vector<std::string> names;
  for (const std::string_view check : audit::all_checks()) {
    if (check == text) return check;
    names.emplace_back(check);
  }
  const auto near = base::closest(text, names);
  return base::fail(base::ErrorKind::usage,
                    fmt::format("--only: there is no check '{}'", base::printable(text)),
                    fmt::format("{}there are: {}", near ? fmt::format("did you mean {}? ", *near) : "",
                                base::join(names, ", ")));
}

Result<audit::AuditRequest> request_from(const AuditArguments& arguments) {
  plan::OptionValues values = arguments.flags.values();
  values.emplace_back("models", std::vector<std::string>{arguments.model});
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::performance))});
  audit::AuditRequest request;
  TRY_ASSIGN(plan::Request planned, plan::build_request(values));
  request.plan = std::move(planned.plan);
  if (request.plan.models.size() != 1)
    return base::fail(base::ErrorKind::usage, "an audit takes one model", "name one MODEL");
  if (!arguments.precision.empty()) {
    TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(arguments.precision));
    request.precision = precision.name;
  }
  const auto seconds = base::parse_seconds(arguments.time_budget);
  if (!seconds || *seconds > 86'400.0)
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--time-budget: '{}' is no time", base::printable(arguments.time_budget)),
                      "give seconds, or a time such as 5min");
  request.time_budget_s = *seconds;
  for (const std::string& text : arguments.only) {
    for (const std::string& one : base::split_list(text)) {
      TRY_ASSIGN(const std::string_view check, check_named(one));
      request.only.insert(check);
    }
  }
  return request;
}

int code_of(audit::Standing verdict) {
  switch (verdict) {
    case audit::Standing::passed:
      return kOk;
    case audit::Standing::failed:
      return exit_code(base::ErrorKind::invalid_measurement);
    case audit::Standing::cannot_tell:
      break;
  }
  return kSomeFailed;
}

Result<int> audit_and_print(const AuditArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const audit::AuditRequest request, request_from(arguments));
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  LiveLine line(stderr_terminal());
  TransferLine transfers(stderr_terminal(), arguments.quiet);
  audit::AuditHooks hooks;
  hooks.on_phase = [&](const std::string& phase) {
    if (!arguments.quiet) line.show("bantam: " + phase);
  };
  hooks.on_finding = [&](const audit::Finding& finding) {
    if (arguments.quiet) return;
    line.clear();
    note(fmt::format("bantam: {}: {}", finding.check, name(finding.standing)));
  };
  hooks.on_transfer = [&transfers](const hub::Transfer& transfer) { transfers.show(transfer); };
  const auto audited = audit::run_audit(request, interrupts, hooks);
  line.clear();
  transfers.clear();
  if (!audited && audited.error().kind == base::ErrorKind::interrupted) {
    note("bantam: interrupted; nothing of an audit is kept before its end");
    return interrupted_code(interrupts.signal_number());
  }
  if (!audited) return tl::unexpected(audited.error());
  TRY(print(report::audit_page(*audited, format, page_style())));
  return code_of(audited->verdict);
}

}  // namespace

Command setup_audit(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("audit", "whether the figures of this program can be believed on this machine, now");
  add_examples(*command,
               {{"bantam audit", "with the built-in model, about a minute"},
                {"bantam audit my.gguf --time-budget 5min", "with your model; sees smaller differences"},
                {"bantam audit --only own_cost,clock", "some of the checks"}},
               "Ends with 0 when all checks passed, with 6 when one failed, with 1 when one could not tell.");
  auto arguments = std::make_shared<AuditArguments>();
  command->add_option("MODEL", arguments->model, "what is measured: a model that generates text")
      ->capture_default_str()
      ->type_name("");
  command->add_option("--precision", arguments->precision, "make this precision of it [the file as it is]")
      ->type_name("P");
  command->add_option("--time-budget", arguments->time_budget, "for all checks, roughly: 60, 5min")
      ->capture_default_str()
      ->type_name("S");
  command
      ->add_option("--only", arguments->only,
                   "these checks: clock, own_cost, watching, outputs, repeats, tokens, equal_models")
      ->type_name("CHECKS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  command->add_flag("-q,--quiet", arguments->quiet, "show no progress");
  arguments->flags.add_to(*command, shared_options());
  return {command, [arguments] { return finish(audit_and_print(*arguments)); }};
}

}  // namespace bantam::cli
