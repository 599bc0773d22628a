#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "analyze/analysis.hpp"
#include "analyze/answers.hpp"
#include "analyze/known_tasks.hpp"
#include "audit/kept.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "plan/plan.hpp"
#include "plan/precision.hpp"
#include "report/analysis_json.hpp"
#include "report/analysis_page.hpp"
#include "report/answers_page.hpp"
#include "report/files.hpp"
#include "report/recommend_page.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct AnalyzeArguments {
  std::string store = "bantam.db";
  std::string input_dir;
  std::vector<std::string> accuracy_tasks;
  std::string output_dir;
  std::string format = "table";
  std::string base_precision;
  std::string gpu_index;  // of SLiM-Eval's command
  std::optional<double> device_price;
  bool items = false;
  bool answers = false;
};

Result<std::string> canonical_precision(const std::string& text) {
  if (text.empty()) return std::string();
  TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(text));
  return precision.name;
}

// What is analyzed. Result files hold no items; their trials stay where they are.
struct Input {
  std::vector<record::Record> records;
  std::optional<store::Store> store;  // absent for a folder of result files

  analyze::ScoreSource scores() { return store ? scores_of(*store) : analyze::ScoreSource(); }
  // With their answers.
  analyze::ItemSource whole_items() {
    if (!store) return [](const std::string&) { return std::vector<record::Item>{}; };
    return [this](const std::string& key) { return store->items(key); };
  }
};

Result<Input> open_input(const AnalyzeArguments& arguments) {
  Input input;
  if (!arguments.input_dir.empty()) {
    TRY_ASSIGN(auto stored, report::read_configuration_files(arguments.input_dir));
    for (const std::string& text : stored.notes) note("bantam: " + text);
    input.records = std::move(stored.records);
  } else {
    TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
    TRY_ASSIGN(input.records, store.records());
    input.store.emplace(std::move(store));
  }
  if (input.records.empty()) {
    return base::fail(base::ErrorKind::bad_input, arguments.store + " holds no finished cell",
                      "run `bantam run` with this store first");
  }
  return input;
}

// Keeps the measurements, and only those tasks that were asked for. usage when there is no result of one of
// them.
base::Status keep_tasks(const std::vector<std::string>& wanted, std::vector<record::Record>& records) {
  if (wanted.empty()) return {};
  std::set<std::string> missing;
  for (const std::string& text : wanted) {
    for (const std::string& name : base::split_list(text)) missing.insert(name);
  }
  const std::set<std::string> names = missing;
  std::set<std::string> known;
  for (const record::Record& record : records) {
    missing.erase(record.task);
    if (record::is_scored_task(record.task)) known.insert(record.task);
  }
  if (!missing.empty()) return analyze::no_results_of(*missing.begin(), {known.begin(), known.end()});
  std::erase_if(records, [&](const record::Record& record) {
    return record::is_scored_task(record.task) && !names.contains(record.task);
  });
  return {};
}

// usage where a price says nothing, or not the same of all results.
base::Status check_price(const AnalyzeArguments& arguments, const analyze::Analysis& analysis) {
  if (!arguments.device_price) return {};
  if (arguments.output_dir.empty())
    return base::fail(base::ErrorKind::usage, "--device-price has no effect without --output-dir",
                      "what is had for the price stands in efficiency.csv");
  if (!std::isfinite(*arguments.device_price) || !(*arguments.device_price > 0.0))
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--device-price {}: a price is more than 0", *arguments.device_price),
                      "give what the device costs: 80");
  const std::size_t devices = report::measuring_devices(analysis).size();
  if (devices <= 1) return {};
  return base::fail(
      base::ErrorKind::usage,
      fmt::format("--device-price: these results are of {} devices, and it is the price of one", devices),
      "analyze the store of each device by itself");
}

Result<int> analyze_store(const AnalyzeArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const std::string base_precision, canonical_precision(arguments.base_precision));
  if (!arguments.gpu_index.empty()) note("bantam: --gpu-index has no effect: nothing is measured");
  TRY_ASSIGN(Input input, open_input(arguments));
  if (arguments.answers && !input.store) {
    return base::fail(base::ErrorKind::usage, "--answers: result files hold no answers",
                      "read the store instead: --store FILE");
  }
  TRY(keep_tasks(arguments.accuracy_tasks, input.records));
  TRY_ASSIGN(const auto analysis, analyze::analyze(input.records, input.scores(), base_precision));
  TRY(check_price(arguments, analysis));
  const bool is_page = format == table::Format::table || format == table::Format::md;
  std::optional<recommend::Recommendation> answer;
  if (!arguments.output_dir.empty() || (is_page && !arguments.answers)) {
    TRY_ASSIGN(answer, report::default_recommendation(analysis, input.scores()));
  }
  if (!arguments.output_dir.empty()) {
    report::TrialSource trials;
    if (input.store)
      trials = [&input](const std::string& key, std::int64_t attempt) {
        return input.store->trials(key, attempt);
      };
    TRY(report::write_result_files(arguments.output_dir, analysis, trials, answer, arguments.device_price));
  }
  std::string text;
  if (arguments.answers) {
    TRY_ASSIGN(const auto answers,
               analyze::find_answers(analysis.configurations, base_precision, input.whole_items()));
    text = report::answers_page(answers, format, page_style());
  } else if (format == table::Format::json) {
    TRY_ASSIGN(text,
               report::json_with_records(analysis, input.records,
                                         arguments.items ? input.whole_items() : analyze::ItemSource{}));
  } else {
    text = report::analysis_page(analysis, format, page_style(),
                                 audit::lines_about(report::measuring_devices(analysis)),
                                 report::default_answer_lines(answer, analysis));
  }
  if (!text.ends_with('\n')) text += '\n';
  TRY(print(text));
  return kOk;
}

}  // namespace

Command setup_analyze(CLI::App& app) {
  CLI::App* command = app.add_subcommand("analyze", "tables of what was measured and what precision costs");
  add_examples(*command, {{"bantam analyze", ""},
                          {"bantam analyze --store other.db -o md", ""},
                          {"bantam analyze --output-dir tables", ""}});
  auto arguments = std::make_shared<AnalyzeArguments>();
  CLI::Option* store = command->add_option("--store", arguments->store, "the store to read")
                           ->capture_default_str()
                           ->type_name("FILE");
  command
      ->add_option("--input-dir", arguments->input_dir,
                   "read the result files of a run's --output-dir instead")
      ->type_name("DIR")
      ->excludes(store);
  command->add_option("--accuracy-tasks", arguments->accuracy_tasks, "show only these tasks")
      ->type_name("TASKS");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  command
      ->add_option("--output-dir", arguments->output_dir,
                   "also write the tables as CSV and LaTeX, a summary and complete_results.json here")
      ->type_name("DIR");
  command
      ->add_option("--device-price", arguments->device_price,
                   "what the device costs, in any money: efficiency.csv has scores and tokens/s for it")
      ->type_name("PRICE");
  command
      ->add_option("--base-precision", arguments->base_precision,
                   "what the others are compared with [the most bits]")
      ->type_name("P");
  command->add_option("--gpu-index", arguments->gpu_index, "no effect: nothing is measured")
      ->group("")
      ->type_name("N");
  command->add_flag("--items", arguments->items, "JSON only: every item with its answer and scores");
  command->add_flag("--answers", arguments->answers,
                    "every answer to a prompt, one row each, in place of the tables");
  return {command, [arguments] { return finish(analyze_store(*arguments)); }};
}

}  // namespace bantam::cli
