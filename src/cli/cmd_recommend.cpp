#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "analyze/analysis.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/command.hpp"
#include "cli/measuring.hpp"
#include "cli/predictions.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "plan/option_values.hpp"
#include "recommend/recommend.hpp"
#include "report/recommend_page.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

constexpr const char* kDefaultStore = "bantam.db";

struct RecommendArguments {
  std::vector<std::string> stores;  // none: the default one
  PredictionArguments predictions;
  bool measures = false;
  bool dry_run = false;
  std::string time_budget;
  std::string memory;
  std::vector<std::string> most, least;
  std::string optimize;
  std::vector<std::string> tasks;
  std::vector<std::string> weights;
  std::string margin;
  std::string format = "table";
};

Status add_limits(const std::vector<std::string>& texts, recommend::Bound bound,
                  std::vector<recommend::Limit>& limits) {
  for (const std::string& text : texts) {
    for (const std::string& one : base::split_list(text)) {
      TRY_ASSIGN(limits.emplace_back(), recommend::parse_limit(one, bound));
    }
  }
  return {};
}

// "mmlu=2": how much a task counts, where others count 1.
Result<std::map<std::string, double>> parse_weights(const std::vector<std::string>& texts) {
  std::map<std::string, double> weights;
  for (const std::string& text : texts) {
    for (const std::string& one : base::split_list(text)) {
      const std::size_t sign = one.find('=');
      const auto weight = sign == std::string::npos ? std::nullopt : base::parse_number(one.substr(sign + 1));
      if (!weight || *weight <= 0.0 || *weight > 1e6)
        return base::fail(base::ErrorKind::usage,
                          fmt::format("--weights: '{}' is no weight", base::printable(one)),
                          "write TASK=NUMBER with a positive number, such as mmlu=2");
      weights[one.substr(0, sign)] = *weight;
    }
  }
  return weights;
}

Result<double> parse_margin(std::string text) {
  if (text.empty()) return recommend::kMargin;
  const auto points = base::parse_number(base::trim(text));
  if (!points || *points <= 0.0 || *points >= 100.0)
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--margin: '{}' is no number of points", base::printable(text)),
                      "give points of 100, such as --margin 2");
  return *points / 100.0;
}

Result<recommend::Wishes> wishes_from(const RecommendArguments& arguments) {
  recommend::Wishes wishes;
  if (!arguments.memory.empty()) {
    const auto bytes = base::parse_bytes(arguments.memory);
    if (!bytes || *bytes <= 0)
      return base::fail(base::ErrorKind::usage,
                        fmt::format("--memory: '{}' is no size", base::printable(arguments.memory)),
                        "write it with its unit, such as 8GiB");
    wishes.memory_bytes = static_cast<double>(*bytes);
  }
  TRY(add_limits(arguments.most, recommend::Bound::most, wishes.limits));
  TRY(add_limits(arguments.least, recommend::Bound::least, wishes.limits));
  if (!arguments.optimize.empty()) {
    TRY_ASSIGN(wishes.objectives, recommend::parse_objectives(arguments.optimize));
  }
  for (const std::string& text : arguments.tasks) {
    for (std::string& task : base::split_list(text)) wishes.tasks.push_back(std::move(task));
  }
  TRY_ASSIGN(wishes.weights, parse_weights(arguments.weights));
  TRY_ASSIGN(wishes.margin, parse_margin(arguments.margin));
  return wishes;
}

// The store that runs write to; usage where there are several to choose from.
Status check_measuring(const RecommendArguments& arguments) {
  TRY(arguments.predictions.check(arguments.measures));
  if (!arguments.measures && arguments.dry_run)
    return base::fail(base::ErrorKind::usage, "--dry-run shows the run of --measure, which is not asked for",
                      "add --measure");
  if (!arguments.measures && !arguments.time_budget.empty())
    return base::fail(base::ErrorKind::usage,
                      "--time-budget is that of the runs of --measure, which is not asked for",
                      "add --measure");
  if (arguments.measures && arguments.stores.size() > 1)
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("--measure writes into one store, and {} are named", arguments.stores.size()),
        "name one with --store; `bantam export bundle` and `bantam import bundle` put stores together");
  return {};
}

Result<Measuring> measuring_from(const RecommendArguments& arguments) {
  Measuring measuring;
  measuring.places = arguments.predictions.places();
  if (!arguments.stores.empty()) measuring.places.emplace_back("store", arguments.stores);
  if (!arguments.time_budget.empty()) {
    TRY_ASSIGN(measuring.time_budget_s, plan::seconds_from("time-budget", arguments.time_budget, 1.0, 1e7));
  }
  return measuring;
}

// Where models are predicted there need be no store: neither the default one nor one that a run is to make.
Result<Stores> read_stores(const RecommendArguments& arguments) {
  const bool may_be_empty = arguments.predictions.is_asked();
  const bool may_be_missing = may_be_empty && (arguments.stores.empty() || arguments.measures);
  const auto stores = arguments.stores.empty() ? std::vector<std::string>{kDefaultStore} : arguments.stores;
  std::error_code ignored;
  if (may_be_missing && stores.size() == 1 && !std::filesystem::exists(stores.front(), ignored))
    return Stores{};
  return open_stores(stores, may_be_empty);
}

// `predicted`: beside what the stores hold.
Result<Answered> answer(const RecommendArguments& arguments, const recommend::Wishes& wishes,
                        const std::vector<record::Record>& predicted) {
  TRY_ASSIGN(Stores stores, read_stores(arguments));
  std::vector<record::Record> records = stores.records;
  records.insert(records.end(), predicted.begin(), predicted.end());
  const analyze::ScoreSource items = stores.scores();
  Answered answered;
  TRY_ASSIGN(answered.analysis, analyze::analyze(records, items));
  TRY_ASSIGN(answered.recommendation, recommend::recommend(answered.analysis, items, wishes));
  return answered;
}

Result<std::vector<record::Record>> predict_for(const RecommendArguments& arguments) {
  if (!arguments.predictions.is_asked()) return std::vector<record::Record>{};
  TRY_ASSIGN(const Stores stores, read_stores(arguments));
  return arguments.predictions.find(stores.records);
}

Result<int> show_next_command(const Answered& answered, const Measuring& measuring) {
  const auto command = next_command(answered, measuring);
  if (command) {
    TRY(print(*command + "\n"));
  } else {
    note("bantam: nothing would be measured: " + command.error());
  }
  return kOk;
}

Result<int> recommend_one(const RecommendArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const recommend::Wishes wishes, wishes_from(arguments));
  TRY(check_measuring(arguments));
  TRY_ASSIGN(const Measuring measuring, measuring_from(arguments));
  TRY_ASSIGN(const auto predicted, predict_for(arguments));
  const auto ask = [&] { return answer(arguments, wishes, predicted); };
  TRY_ASSIGN(Answered answered, ask());
  if (arguments.dry_run) return show_next_command(answered, measuring);
  if (arguments.measures) {
    TRY_ASSIGN(const auto interrupted, measure_until_decided(answered, measuring, ask));
    if (interrupted) return *interrupted;
  }
  const std::string store = arguments.stores.size() == 1 ? arguments.stores.front() : std::string();
  const recommend::Recommendation& all = answered.recommendation;
  TRY(print(report::recommend_page(all, answered.analysis, format, page_style(), store)));
  if (!all.answer.choice) return kSomeFailed;
  return all.answer.is_decided ? kOk : exit_code(base::ErrorKind::invalid_measurement);
}

void add_options(CLI::App& command, RecommendArguments& arguments) {
  command.add_option("--store", arguments.stores, "the stores to read [bantam.db]")->type_name("FILE");
  command.add_option("--memory", arguments.memory, "what the device may spend: 8GiB")->type_name("SIZE");
  command
      .add_option("--max", arguments.most, "at most so much, with its unit: ttft=1s, tpot=60ms, kld_mean=0.1")
      ->type_name("METRIC=VALUE");
  command.add_option("--min", arguments.least, "at least so much: mmlu=0.6, decode=20")
      ->type_name("NAME=VALUE");
  command
      .add_option("--optimize", arguments.optimize,
                  "what counts, most important first: quality, speed, memory, size or metrics "
                  "[quality,speed,memory]")
      ->type_name("LIST");
  command.add_option("--tasks", arguments.tasks, "tasks that make up the quality [all with results]")
      ->type_name("TASKS");
  command.add_option("--weights", arguments.weights, "how much tasks count: mmlu=2 [1 each]")
      ->type_name("TASK=N");
  command
      .add_option("--margin", arguments.margin,
                  "points of quality that may be lost without being told, for speed or size [2]")
      ->type_name("POINTS");
  command.add_option("-o,--output", arguments.format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  command.add_flag("--measure", arguments.measures,
                   "make the measurement that the answer names, and answer again, until it is decided");
  command.add_flag("--dry-run", arguments.dry_run, "with --measure: show the command of the next run only");
  command
      .add_option("--time-budget", arguments.time_budget,
                  "with --measure: of all runs together, such as 10min")
      ->type_name("S");
  arguments.predictions.add_to(command);
}

}  // namespace

Command setup_recommend(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("recommend", "which model at which precision to deploy, and how sure that is");
  add_examples(
      *command,
      {{"bantam recommend", "the best of bantam.db, and the best for each memory budget"},
       {"bantam recommend --memory 4GiB --max ttft=1s --min mmlu=0.5", "within limits"},
       {"bantam recommend --predict small=a.gguf big=hf:user/repo --memory 8GiB",
        "speed and memory predicted where nothing is measured"},
       {"bantam recommend --measure --time-budget 10min", "measures what would decide it"}},
      "Ends with 0 when it is decided, with 6 when measurements cannot tell, with 1 when nothing keeps to "
      "the "
      "limits.");
  auto arguments = std::make_shared<RecommendArguments>();
  add_options(*command, *arguments);
  return {command, [arguments] { return finish(recommend_one(*arguments)); }};
}

}  // namespace bantam::cli
