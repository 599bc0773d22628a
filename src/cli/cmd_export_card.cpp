#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "audit/kept.hpp"
#include "base/text.hpp"
#include "base/yaml_text.hpp"
#include "chart/chart_files.hpp"
#include "chart/drawings.hpp"
#include "chart/raster.hpp"
#include "cli/card_files.hpp"
#include "cli/command.hpp"
#include "cli/datasets.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "exchange/hub_scores.hpp"
#include "model/reference.hpp"
#include "record/private_parts.hpp"
#include "report/analysis_page.hpp"
#include "report/card_page.hpp"
#include "report/deploy_command.hpp"
#include "report/recommend_page.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::Result;
using base::Status;

constexpr const char* kCardFile = "card.md";
constexpr const char* kChartFolder = "charts";
constexpr std::pair<const char*, const char*> kCharts[] = {{"pareto_size_quality", "Size against quality"},
                                                           {"throughput", "Speed of each precision"}};

struct ExportCardArguments {
  std::vector<std::string> stores{"bantam.db"};
  std::string output_path;
  std::string model;
  std::string theme = "light";
  std::string base_precision;
  std::vector<std::string> task_ids;
  std::string source_url;
  bool allow_partial = false;
  bool overwrite = false;
};

// What the card is made of.
struct CardParts {
  std::string model;
  std::vector<MachineResults> machines;
  exchange::HubScores scores;
  std::vector<std::vector<report::CardChart>> charts;  // by machine
  std::vector<CardFile> files;                         // all but the card itself
};

Result<std::string> choose_model(const std::vector<record::Record>& records, const std::string& wanted) {
  std::vector<std::string> models;
  for (const record::Record& record : records) {
    if (std::ranges::find(models, record.model) == models.end()) models.push_back(record.model);
  }
  const std::string list = base::printable(base::join(models, ", "));
  if (wanted.empty() && models.size() == 1) return models.front();
  if (wanted.empty())
    return base::fail(base::ErrorKind::usage,
                      fmt::format("a card is of one model, and there are results of {}", models.size()),
                      "name one with --model: " + list);
  const std::string name = record::without_folders(wanted);
  if (std::ranges::find(models, name) != models.end()) return name;
  const auto near = base::closest(name, models);
  return base::fail(base::ErrorKind::usage,
                    fmt::format("there are no results of a model '{}'", base::printable(name)),
                    fmt::format("{}there are results of: {}",
                                near ? fmt::format("did you mean {}? ", base::printable(*near)) : "", list));
}

// Keeps the records of one model, without secrets and without where files lie on the machine: a card is for
// all to read.
Result<std::string> keep_model(Stores& stores, const std::string& wanted) {
  record::leave_out_private_parts(stores.records);
  TRY_ASSIGN(std::string model, choose_model(stores.records, wanted));
  std::erase_if(stores.records, [&](const record::Record& record) { return record.model != model; });
  return model;
}

// "gsm8k=gsm8k_main": of which task the hub's data set has which id.
Result<std::map<std::string, std::string>> parse_task_ids(const std::vector<std::string>& texts,
                                                          const std::vector<MachineResults>& machines) {
  std::vector<std::string> known;
  for (const MachineResults& results : machines) {
    for (const analyze::ScoreColumn& column : results.analysis.columns) known.push_back(column.task);
  }
  std::map<std::string, std::string> ids;
  for (const std::string& text : texts) {
    const std::size_t sign = text.find('=');
    const std::string task = text.substr(0, sign);
    if (sign == std::string::npos || task.empty() || sign + 1 == text.size())
      return base::fail(base::ErrorKind::usage,
                        fmt::format("--task-id: '{}' names no task and id", base::printable(text)),
                        "write TASK=ID, such as gsm8k=gsm8k");
    if (std::ranges::find(known, task) == known.end())
      return base::fail(base::ErrorKind::usage,
                        fmt::format("--task-id: there are no results of a task '{}'", base::printable(task)),
                        "there are results of: " + base::printable(base::join(known, ", ")));
    ids[task] = text.substr(sign + 1);
  }
  return ids;
}

// Of all machines; of a task that several have, the result that was finished last.
exchange::HubScores all_scores(const std::vector<MachineResults>& machines, exchange::ItemsWanted items) {
  exchange::HubScores all;
  for (const MachineResults& results : machines) {
    auto own = exchange::hub_scores(results.analysis.configurations, results.analysis.columns, items);
    for (exchange::HubScore& score : own.scores) {
      const auto same = std::ranges::find_if(all.scores, [&](const exchange::HubScore& other) {
        return other.setup == score.setup && other.task == score.task;
      });
      if (same == all.scores.end())
        all.scores.push_back(std::move(score));
      else if (same->finished_at < score.finished_at)
        *same = std::move(score);
    }
    all.lacks_items = all.lacks_items || own.lacks_items;
    for (std::string& line : own.left_out) {
      if (std::ranges::find(all.left_out, line) == all.left_out.end())
        all.left_out.push_back(std::move(line));
    }
  }
  return all;
}

// The repository of the hub that all files come from, where some were made of others. A repository of files
// that were only measured is not their base.
std::optional<std::string> base_model(const std::vector<MachineResults>& machines) {
  std::optional<std::string> common;
  bool is_made = false;
  for (const MachineResults& results : machines) {
    for (const analyze::Configuration& one : results.analysis.configurations) {
      const record::Record* record = report::leading_cell(one);
      if (record == nullptr) return std::nullopt;
      const auto reference = model::parse_reference(record->reference);
      if (!reference || reference->kind != model::ReferenceKind::hub) return std::nullopt;
      if (common && *common != reference->target) return std::nullopt;
      common = reference->target;
      is_made = is_made || base::child_at(record->model_info, "made_from").is_object();
    }
  }
  return is_made ? common : std::nullopt;
}

bool has_model_files(const std::vector<MachineResults>& machines) {
  for (const MachineResults& results : machines) {
    for (const analyze::Configuration& one : results.analysis.configurations) {
      for (const auto& [task, cell] : one.cells) {
        if (base::string_at(cell.model_info, "file_type")) return true;
      }
    }
  }
  return false;
}

// What a hub reads from the head of the card; empty where nothing is known.
Result<std::string> metadata_text(const CardParts& parts) {
  Json metadata = Json::object();
  if (const auto base = base_model(parts.machines)) {
    metadata["base_model"] = *base;
    metadata["base_model_relation"] = "quantized";
  }
  if (has_model_files(parts.machines)) metadata["tags"] = Json::array({"gguf"});
  if (!parts.scores.scores.empty())
    metadata["model-index"] = exchange::model_index(parts.model, parts.scores.scores);
  if (metadata.empty()) return std::string();
  TRY_ASSIGN(const std::string text, base::yaml_text(metadata));
  return "---\n" + text + "---\n\n";
}

// A file for each precision that has any.
Status add_eval_results(CardParts& parts, const exchange::EvalResultsOptions& options) {
  std::vector<std::string> setups;
  for (const exchange::HubScore& score : parts.scores.scores) {
    if (std::ranges::find(setups, score.setup) == setups.end()) setups.push_back(score.setup);
  }
  for (const std::string& setup : setups) {
    std::vector<exchange::HubScore> own;
    std::ranges::copy_if(parts.scores.scores, std::back_inserter(own),
                         [&](const exchange::HubScore& score) { return score.setup == setup; });
    TRY_ASSIGN(const std::string text, base::yaml_text(exchange::eval_results(own, options)));
    const fs::path name =
        fs::path(kCardResultFolder) / (base::file_name_from(parts.model + "-" + setup) + ".yaml");
    if (std::ranges::find(parts.files, name, &CardFile::name) != parts.files.end())
      return base::fail(base::ErrorKind::usage,
                        fmt::format("two precisions would be written to {}", name.string()),
                        "give a store each");
    parts.files.push_back({name, std::string(kCardMark) + text});
  }
  return {};
}

// With several machines each has a folder of its own.
Status add_charts(CardParts& parts, Stores& stores, const std::string& theme) {
  chart::ChartOptions options;
  options.theme = theme;
  for (const auto& [name, title] : kCharts) options.charts.emplace_back(name);
  for (std::size_t i = 0; i < parts.machines.size(); ++i) {
    fs::path folder = kChartFolder;
    if (parts.machines.size() > 1) folder /= fmt::format("device_{}", i + 1);
    TRY_ASSIGN(const Json dataset, make_dataset(stores, parts.machines[i], ""));
    TRY_ASSIGN(auto drawn, chart::draw_charts(dataset, options));
    for (const auto& [name, why] : drawn.absent) note(fmt::format("bantam: no chart {}: {}", name, why));
    auto& shown = parts.charts.emplace_back();
    for (const auto& [name, title] : kCharts) {
      fs::path path;  // the PNG, which stands behind the SVG, where there is one
      for (const chart::DrawnFile& file : drawn.files) {
        if (file.chart == name) path = folder / file.name;
      }
      if (!path.empty()) shown.push_back({path.generic_string(), title});
    }
    for (chart::DrawnFile& file : drawn.files)
      parts.files.push_back({folder / file.name, std::move(file.content)});
  }
  return {};
}

// What an audit found on the machines that measured; of other machines than this one none is kept here.
std::vector<std::string> audit_lines(const analyze::Analysis& analysis) {
  std::vector<std::string> lines;
  for (const std::string& identity : report::measuring_devices(analysis)) {
    if (!audit::find_kept(identity)) {
      lines.emplace_back("audit: none is kept of the machine that measured this");
      continue;
    }
    for (std::string& line : audit::lines_about({identity})) lines.push_back(std::move(line));
  }
  return lines;
}

Result<std::string> card_text(const CardParts& parts) {
  std::vector<report::CardMachine> machines;
  for (std::size_t i = 0; i < parts.machines.size(); ++i) {
    const MachineResults& results = parts.machines[i];
    TRY_ASSIGN(auto recommendation, report::default_recommendation(results.analysis, results.items, true));
    machines.push_back(
        {results.analysis, std::move(recommendation), audit_lines(results.analysis), parts.charts[i]});
  }
  TRY_ASSIGN(const std::string metadata, metadata_text(parts));
  return metadata + report::card_page(parts.model, machines, parts.scores.left_out);
}

Status check_arguments(const ExportCardArguments& arguments) {
  if (std::ranges::find(chart::kThemes, arguments.theme) == std::end(chart::kThemes))
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--theme: there is no theme '{}'", base::printable(arguments.theme)),
                      "name light or dark");
  const std::string& url = arguments.source_url;
  if (!url.empty() && !url.starts_with("https://"))
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--source-url: '{}' is no https address", base::printable(url)),
                      "give the page that holds the results, such as https://huggingface.co/USER/REPO");
  return {};
}

void tell(const CardParts& parts, const exchange::EvalResultsOptions& options) {
  for (const std::string& line : parts.scores.left_out)
    note(fmt::format("bantam: not among the results for the hub: {}", line));
  if (parts.scores.lacks_items)
    note("bantam: --allow-partial writes scores of a part of a task's items, too, with a note");
  std::vector<std::string> assumed;
  for (const exchange::HubScore& score : parts.scores.scores) {
    if (!options.task_ids.contains(score.task) && std::ranges::find(assumed, score.task) == assumed.end())
      assumed.push_back(score.task);
  }
  if (!assumed.empty())
    note(fmt::format(
        "bantam: task_id is the task's own name ({}); where the eval.yaml of the data set has another one: "
        "--task-id TASK=ID",
        base::join(assumed, ", ")));
}

Result<int> export_card(const ExportCardArguments& arguments) {
  TRY(check_arguments(arguments));
  TRY_ASSIGN(Stores stores, open_stores(arguments.stores));
  CardParts parts;
  TRY_ASSIGN(parts.model, keep_model(stores, arguments.model));
  TRY_ASSIGN(parts.machines, analyze_machines(stores, arguments.base_precision));
  exchange::EvalResultsOptions options{{}, arguments.source_url};
  TRY_ASSIGN(options.task_ids, parse_task_ids(arguments.task_ids, parts.machines));
  parts.scores = all_scores(
      parts.machines, arguments.allow_partial ? exchange::ItemsWanted::any : exchange::ItemsWanted::all);
  if (!chart::has_fonts())
    note(
        "bantam: this machine has no fonts: texts are missing in PNG files; install one, such as "
        "fonts-dejavu");
  TRY(add_charts(parts, stores, arguments.theme));
  TRY(add_eval_results(parts, options));
  TRY_ASSIGN(std::string text, card_text(parts));
  parts.files.insert(parts.files.begin(), CardFile{kCardFile, std::move(text)});
  TRY_ASSIGN(const std::string list, write_card(arguments.output_path, parts.files, arguments.overwrite));
  TRY(print(list));
  tell(parts, options);
  return kOk;
}

void add_options(CLI::App& command, ExportCardArguments& arguments) {
  command.add_option("--store", arguments.stores, "the stores to read")
      ->capture_default_str()
      ->type_name("FILE");
  command.add_option("--output-path,--output_path", arguments.output_path, "the folder to write to")
      ->required()
      ->type_name("DIR");
  command.add_option("--model", arguments.model, "whose card it is [the only model]")->type_name("NAME");
  command.add_option("--theme", arguments.theme, "of the charts: light or dark")
      ->capture_default_str()
      ->type_name("THEME");
  add_base_precision(command, arguments.base_precision);
  command
      .add_option("--task-id", arguments.task_ids,
                  "the id that a data set's eval.yaml gives a task [the task's own name]")
      ->type_name("TASK=ID");
  command
      .add_option("--source-url", arguments.source_url, "the page that holds the results, for .eval_results")
      ->type_name("URL");
  command.add_flag("--allow-partial", arguments.allow_partial,
                   "results for the hub also from a part of a task's items, with a note");
  command.add_flag("--overwrite", arguments.overwrite, "replace files that are there with other content");
}

}  // namespace

Command setup_export_card(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("card", "a model card: table, charts and metadata for the page of quantized files");
  add_examples(
      *command,
      {{"bantam export card --output-path card", "card.md, its charts and .eval_results/"},
       {"bantam export card --model small --theme dark --output-path card", "of one of several models"},
       {"bantam export card --store a.db b.db --output-path card --overwrite", "of several machines"}});
  auto arguments = std::make_shared<ExportCardArguments>();
  add_options(*command, *arguments);
  return {command, [arguments] { return finish(export_card(*arguments)); }};
}

}  // namespace bantam::cli
