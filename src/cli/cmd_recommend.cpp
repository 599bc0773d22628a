#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <utility>

#include "analyze/analysis.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/command.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "recommend/recommend.hpp"
#include "report/recommend_page.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

struct RecommendArguments {
  std::vector<std::string> stores{"bantam.db"};
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

Result<int> recommend_one(const RecommendArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const recommend::Wishes wishes, wishes_from(arguments));
  TRY_ASSIGN(Stores stores, open_stores(arguments.stores));
  const analyze::ScoreSource items = stores.scores();
  TRY_ASSIGN(const auto analysis, analyze::analyze(stores.records, items));
  TRY_ASSIGN(const auto all, recommend::recommend(analysis, items, wishes));
  TRY(print(report::recommend_page(all, analysis, format, page_style())));
  if (!all.answer.choice) return kSomeFailed;
  return all.answer.is_decided ? kOk : exit_code(base::ErrorKind::invalid_measurement);
}

void add_options(CLI::App& command, RecommendArguments& arguments) {
  command.add_option("--store", arguments.stores, "the stores to read")
      ->capture_default_str()
      ->type_name("FILE");
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
}

}  // namespace

Command setup_recommend(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("recommend", "which model at which precision to deploy, and how sure that is");
  add_examples(
      *command,
      {{"bantam recommend", "the best of bantam.db, and the best for each memory budget"},
       {"bantam recommend --memory 4GiB --max ttft=1s --min mmlu=0.5", "within limits"},
       {"bantam recommend --store a.db b.db --optimize decode_tokens_per_s -o json", "of several stores"}},
      "Ends with 0 when it is decided, with 6 when measurements cannot tell, with 1 when nothing keeps to "
      "the "
      "limits.");
  auto arguments = std::make_shared<RecommendArguments>();
  add_options(*command, *arguments);
  return {command, [arguments] { return finish(recommend_one(*arguments)); }};
}

}  // namespace bantam::cli
