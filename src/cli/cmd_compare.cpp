#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "plan/precision.hpp"
#include "report/compare_page.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using analyze::Configuration;
using base::Result;

struct CompareArguments {
  std::string base;
  std::string other;
  std::string store = "bantam.db";
  std::string format = "table";
  std::string alike;
  std::vector<std::string> gates;
};

// One side: a configuration of a store.
struct Side {
  std::string text;  // as it was given
  std::string path;  // of the store
  std::string name;  // on the page
  std::unique_ptr<store::Store> store;
  Configuration configuration;
};

std::string full_name(const Configuration& configuration) {
  const std::string point = configuration.point.empty() ? "" : ":" + configuration.point;
  return fmt::format("{}:{}{}", configuration.model, configuration.precision, point);
}

// What stands before '@' names a model, a precision, a point of a sweep or MODEL:PRECISION[:POINT]; nothing
// is right where there is one only.
bool is_meant(const Configuration& configuration, const std::string& text) {
  if (text.empty() || text == configuration.model || text == full_name(configuration)) return true;
  if (!configuration.point.empty() && (text == configuration.point || text == configuration.setup()))
    return true;
  const auto known = plan::parse_precision(text);
  return text == configuration.precision || (known && known->name == configuration.precision);
}

Result<Configuration> choose(const std::vector<Configuration>& all, const std::string& text,
                             const std::string& path) {
  std::vector<const Configuration*> meant;
  std::vector<std::string> names;
  for (const Configuration& one : all) {
    names.push_back(full_name(one));
    if (is_meant(one, text)) meant.push_back(&one);
  }
  if (meant.size() == 1) return *meant.front();
  const std::string list = base::printable(base::join(names, ", "));
  if (all.empty())
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} holds no finished cell", base::printable(path)),
                      "run `bantam run` with this store first");
  if (meant.empty())
    return base::fail(base::ErrorKind::usage,
                      fmt::format("{} has no '{}'", base::printable(path), base::printable(text)),
                      fmt::format("it has: {}", list));
  return base::fail(base::ErrorKind::usage,
                    fmt::format("'{}' is {} configurations of {}", base::printable(text), meant.size(),
                                base::printable(path)),
                    fmt::format("name one as MODEL:PRECISION: {}", list));
}

// [MODEL][:PRECISION][@STORE]
Result<Side> open_side(const std::string& text, const std::string& default_store) {
  Side side;
  side.text = text;
  const std::size_t at = text.rfind('@');
  const std::string wanted = text.substr(0, at);
  side.path = at == std::string::npos ? default_store : text.substr(at + 1);
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(side.path));
  side.store = std::make_unique<store::Store>(std::move(store));
  TRY_ASSIGN(const auto records, side.store->records());
  std::vector<std::string> notes;
  TRY_ASSIGN(side.configuration, choose(analyze::gather(records, notes), wanted, side.path));
  for (const std::string& one : notes) note("bantam: " + one);
  return side;
}

void name_sides(Side& base, Side& other) {
  base.name = full_name(base.configuration);
  other.name = full_name(other.configuration);
  if (base.name != other.name) return;
  base.name += "@" + base.path;
  other.name += "@" + other.path;
}

Result<std::optional<double>> alike_from(std::string text) {
  if (text.empty()) return std::nullopt;
  if (text.ends_with('%')) text.pop_back();
  const auto percent = base::parse_number(base::trim(text));
  if (!percent || *percent <= 0.0 || *percent >= 100.0)
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--alike: '{}' is no percentage", base::printable(text)),
                      "give one between 0 and 100, such as --alike 2%");
  return *percent / 100.0;
}

Result<int> compare(const CompareArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const auto alike, alike_from(arguments.alike));
  std::vector<analyze::Gate> gates;
  for (const std::string& text : arguments.gates) {
    TRY_ASSIGN(gates.emplace_back(), analyze::parse_gate(text));
  }
  TRY_ASSIGN(Side base, open_side(arguments.base, arguments.store));
  TRY_ASSIGN(Side other, open_side(arguments.other, arguments.store));
  if (base.path == other.path && full_name(base.configuration) == full_name(other.configuration))
    return base::fail(base::ErrorKind::usage,
                      fmt::format("both sides are {}", base::printable(full_name(base.configuration))),
                      "name two configurations, or one of another store: nano:int4@other.db");
  name_sides(base, other);
  report::Comparison comparison{base.name, other.name, base.configuration, other.configuration, {},
                                alike,     {}};
  TRY_ASSIGN(comparison.impact, analyze::compare_two(base.configuration, scores_of(*base.store),
                                                     other.configuration, scores_of(*other.store)));
  for (const analyze::Gate& gate : gates) comparison.gates.push_back(analyze::judge(gate, comparison.impact));
  TRY(print(report::compare_page(comparison, format, page_style())));
  if (format == table::Format::csv) {
    for (const std::string& line : report::gate_lines(comparison.gates)) note("bantam: " + line);
  }
  switch (analyze::overall(comparison.gates)) {
    case analyze::GateVerdict::go:
      break;
    case analyze::GateVerdict::no_go:
      return kSomeFailed;
    case analyze::GateVerdict::inconclusive:
      return exit_code(base::ErrorKind::invalid_measurement);
  }
  return kOk;
}

}  // namespace

Command setup_compare(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("compare", "one configuration against another, and whether it may pass");
  add_examples(
      *command,
      {{"bantam compare fp16 int4", "two precisions of the only model of bantam.db"},
       {"bantam compare small:int8 large:int4", "two models"},
       {"bantam compare nano:int4@before.db nano:int4@after.db --fail-if 'decode_tokens_per_s < -3%'",
        "ends with 1 when it is slower by more than 3 %, with 6 when that cannot be told"}});
  auto arguments = std::make_shared<CompareArguments>();
  command
      ->add_option("base", arguments->base,
                   "what is compared with: MODEL:PRECISION[@STORE], or as much of it as it takes")
      ->required()
      ->type_name("A");
  command->add_option("other", arguments->other, "what is compared")->required()->type_name("B");
  command->add_option("--store", arguments->store, "the store of a side that names none")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--alike", arguments->alike, "call what surely differs by less than this percentage alike")
      ->type_name("P");
  command
      ->add_option(
          "--fail-if", arguments->gates,
          "'METRIC < -3%' or 'TASK < -2' (points of a score): GO, NO-GO (exit 1) or INCONCLUSIVE (exit 6)")
      ->type_name("LIMIT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(compare(*arguments)); }};
}

}  // namespace bantam::cli
