#include "cli/predictions.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/option_values.hpp"
#include "predict/stand_ins.hpp"
#include "record/cell_kind.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

// Of a run that is started.
constexpr std::string_view kOfRuns[] = {"include_path", "output_dir"};
// Of both.
constexpr std::string_view kOffline = "offline";

// Options of a run that change what it takes; all others are those of a plan file.
const std::vector<std::string>& shared_options() {
  static const std::vector<std::string> kNames{
      "precisions",   "batch_size",   "max_new_tokens", "prompt_tokens", "threads",    "max_model_len",
      "cache_type_k", "cache_type_v", "repack",         "include_path",  "output_dir", "offline"};
  return kNames;
}

bool is_of_runs(std::string_view name) {
  return std::ranges::find(kOfRuns, name) != std::end(kOfRuns);
}

}  // namespace

void PredictionArguments::add_to(CLI::App& command) {
  command
      .add_option("--predict", models_,
                  "models to predict where nothing is measured: REF, or NAME=REF with the name in the store")
      ->type_name("REF")
      ->expected(1, CLI::detail::expected_max_vector_size);
  command.add_option("--plan", plan_file_, "predict the models of this plan file, with its options")
      ->type_name("FILE");
  flags_.add_to(command, shared_options());
}

Status PredictionArguments::check(bool measures) const {
  for (const auto& [name, values] : flags_.values()) {
    const bool has_effect = name == kOffline   ? measures || is_asked()
                            : is_of_runs(name) ? measures
                                               : is_asked();
    if (has_effect) continue;
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--{} has no effect without {}", plan::flag_name(name),
                                  is_of_runs(name) ? "--measure" : "--predict"),
                      is_of_runs(name) ? "it is an option of the run that --measure starts"
                                       : "name the models whose speed and memory are predicted with it");
  }
  return {};
}

plan::OptionValues PredictionArguments::places() const {
  plan::OptionValues places;
  for (auto& [name, values] : flags_.values()) {
    if (is_of_runs(name) || name == kOffline) places.emplace_back(name, values);
  }
  return places;
}

Result<std::vector<record::Record>> PredictionArguments::find(
    const std::vector<record::Record>& records) const {
  if (!is_asked()) return std::vector<record::Record>{};
  TRY(flags_.check_lists());
  plan::OptionValues values;
  if (!plan_file_.empty()) {
    TRY_ASSIGN(values, plan::read_plan_file(plan_file_));
  }
  for (auto& value : flags_.values_with(models_)) values.push_back(std::move(value));
  const bool has_precisions =
      std::ranges::any_of(values, [](const auto& one) { return one.first == "precisions"; });
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::performance))});
  TRY_ASSIGN(plan::Request request, plan::build_request(values));
  if (!request.plan.points.empty())
    return base::fail(base::ErrorKind::usage,
                      fmt::format("predictions take one value per option, and these are several: {}",
                                  request.plan.points.back().label),
                      "give one value each");
  const plan::Plan plan = predict::without_measured(std::move(request.plan), records, !has_precisions);
  LiveLine line(stderr_terminal());
  TRY_ASSIGN(auto found, predict::find_stand_ins(plan, !has_precisions, [&line](const std::string& phase) {
               line.show("bantam: " + phase);
             }));
  line.clear();
  for (const std::string& warning : found.warnings) note("bantam: " + warning);
  return std::move(found.records);
}

}  // namespace bantam::cli
