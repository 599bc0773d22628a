#include "cli/measuring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "cli/run_plan.hpp"
#include "cli/terminal.hpp"
#include "plan/plan_file.hpp"
#include "recommend/next_run.hpp"
#include "report/recommend_page.hpp"
#include "report/run_command.hpp"
#include "run/task_files.hpp"

namespace bantam::cli {
namespace {

using base::Result;

constexpr int kFirstSignalCode = 128;  // interrupted_code() is at least this

bool is_settled(const recommend::Answer& answer) {
  return answer.is_decided && !answer.rests_on_predicted;
}

void tell_end(const std::string& why) {
  note("bantam: no more is measured: " + why);
}

tl::expected<plan::OptionValues, std::string> next_options(const Answered& answered,
                                                           const Measuring& measuring) {
  auto options =
      recommend::next_run(answered.analysis, answered.recommendation.tasks, answered.recommendation.answer);
  if (!options) return options;
  // Settings of single models come last.
  options->insert(options->begin(), measuring.places.begin(), measuring.places.end());
  return options;
}

// `left_s`: of the time budget.
Result<int> run_once(plan::OptionValues options, std::optional<double> left_s) {
  if (left_s)
    options.emplace(options.begin(), "time_budget",
                    std::vector{fmt::format("{:.0f}", std::max(1.0, *left_s))});
  TRY_ASSIGN(plan::Request request, plan::build_request(options));
  plan::AccuracySettings& accuracy = request.plan.accuracy_settings;
  TRY(run::name_task_files(accuracy.tasks, accuracy.include_paths));
  RunManner manner;
  manner.prints_results = false;
  if (request.plan.measures(record::CellKind::accuracy)) manner.at_most_s = left_s;
  return run_plan(request.plan, {}, manner);
}

}  // namespace

tl::expected<std::string, std::string> next_command(const Answered& answered, const Measuring& measuring) {
  const auto options = next_options(answered, measuring);
  if (!options) return tl::unexpected<std::string>(options.error());
  return report::run_command(*options);
}

Result<std::optional<int>> measure_until_decided(Answered& answered, const Measuring& measuring,
                                                 const std::function<Result<Answered>()>& ask) {
  const base::MonotonicClock clock;
  const std::int64_t start_ns = clock.now_ns();
  std::set<std::string> started;
  while (!is_settled(answered.recommendation.answer)) {
    const auto options = next_options(answered, measuring);
    if (!options) {
      tell_end(options.error());
      break;
    }
    std::optional<double> left_s;
    if (measuring.time_budget_s) left_s = *measuring.time_budget_s - base::seconds(clock.now_ns() - start_ns);
    if (left_s && *left_s <= 0.0) {
      tell_end(fmt::format("the time budget of {} is used", base::format_seconds(*measuring.time_budget_s)));
      break;
    }
    if (!started.insert(base::to_text(plan::plan_file_of(*options))).second) {
      tell_end("the same run again would tell no more");
      break;
    }
    const recommend::Recommendation& all = answered.recommendation;
    note("bantam: " + report::answer_sentence(all.answer, all, answered.analysis));
    note("bantam: measuring: " + report::run_command(*options));
    TRY_ASSIGN(const int code, run_once(*options, left_s));
    if (code == kNotBegun) break;
    if (code >= kFirstSignalCode) return std::optional(code);
    TRY_ASSIGN(answered, ask());
  }
  return std::optional<int>();
}

}  // namespace bantam::cli
