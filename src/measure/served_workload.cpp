#include "measure/served_workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>

#include "base/hash.hpp"
#include "measure/open_loop.hpp"
#include "measure/served_answers.hpp"
#include "measure/sustained.hpp"
#include "measure/workload.hpp"
#include "served/concurrency.hpp"

namespace bantam::measure {
namespace {

using base::Result;
using base::Status;

constexpr double kLeadS = 0.02;  // for the threads to be there before the first request arrives
constexpr std::size_t kMostWarnings = 20;
constexpr std::size_t kMostAtOnce = 1000;
constexpr std::size_t kMarkDigits = 8;

// Texts that no earlier request had, of this run or another.
class Marks {
 public:
  std::string next() { return base::sha256(fmt::format("{} {}", origin_, ++count_)).substr(0, kMarkDigits); }

 private:
  std::string origin_ = [] {
    std::random_device device;
    return fmt::format("{} {}", device(), device());
  }();
  std::int64_t count_ = 0;
};

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// Sends the requests of one workload, and keeps what their answers tell beside their times.
class Requests {
 public:
  Requests(const ServedModel& model, const plan::PerformanceSettings& settings, const base::Clock& clock,
           const served::Client::Stopped& stopped)
      : model_(model), settings_(settings), clock_(clock), stopped_(stopped) {
    if (!served::takes_more(model.kind))
      warn(
          "each prompt begins with a text of its own, as this server cannot be told to compute a prompt "
          "anew");
  }

  Result<record::Trial> at_once(std::string_view scenario, int count) {
    TRY_ASSIGN(served::Load load, load_of(static_cast<std::size_t>(count)));
    load.streams = load.requests.size();
    return send(scenario, load);
  }

  Result<record::Trial> arriving(const std::vector<std::int64_t>& schedule_ns) {
    TRY_ASSIGN(served::Load load, load_of(schedule_ns.size()));
    for (const std::int64_t at_ns : schedule_ns) load.arrivals_s.push_back(kLeadS + base::seconds(at_ns));
    load.streams = std::min(kMostAtOnce, load.requests.size());
    return send(kPoisson, load);
  }

  Result<record::Trial> in_a_row(double least_s) {
    record::Trial all;
    const std::int64_t begin_ns = clock_.now_ns();
    do {
      const std::int64_t handed_over_ns = clock_.now_ns();
      TRY_ASSIGN(record::Trial one, at_once(kSustained, 1));
      all.streams.push_back(std::move(one.streams.front()));
      all.streams.back().arrival_ns = handed_over_ns - begin_ns;
    } while (!failure_ && base::seconds(clock_.now_ns() - begin_ns) < least_s);
    all.wall_s = base::seconds(clock_.now_ns() - begin_ns);
    return all;
  }

  const std::optional<base::Error>& failure() const { return failure_; }

  ServedEnd end() {
    if (shortest_ && *shortest_ < settings_.max_new_tokens)
      warn(fmt::format("requests gave {} tokens and more instead of {}: the model ended them", *shortest_,
                       settings_.max_new_tokens));
    return std::move(end_);
  }

 private:
  Result<served::Load> load_of(std::size_t count) {
    served::Load load;
    for (std::size_t i = 0; i < count; ++i) {
      TRY_ASSIGN(served::Request request, served_request(model_, settings_, marks_.next()));
      load.requests.push_back(std::move(request));
    }
    return load;
  }

  Result<record::Trial> send(std::string_view scenario, const served::Load& load) {
    TRY_ASSIGN(const served::LoadResult result, served::run_load(model_.server, load, stopped_));
    std::size_t failed = 0;
    for (const served::Served& one : result.answers) {
      look_at(one.answer, scenario);
      if (!one.answer.error) continue;
      if (failed++ == 0) failure_ = one.answer.error;
    }
    if (failed > 0)
      failure_->message = fmt::format("{}: {} of {} failed: {}", scenario, failed,
                                      plural(result.answers.size(), "request"), failure_->message);
    return trial_from(result, served::takes_more(model_.kind));
  }

  void look_at(const served::Answer& answer, std::string_view scenario) {
    if (answer.error) return;
    for (auto& [metric, reason] : absent_of(answer, scenario)) end_.absent.try_emplace(metric, reason);
    for (const std::string& warning : answer.warnings) warn(warning);
    for (const std::string& one : answer.contradictions) warn(one);
    if (const auto tokens = answer.output_tokens.value; tokens && answer.finish != "length")
      shortest_ = std::min(shortest_.value_or(*tokens), *tokens);
  }

  void warn(std::string text) {
    std::vector<std::string>& all = end_.warnings;
    if (all.size() < kMostWarnings && std::ranges::find(all, text) == all.end())
      all.push_back(std::move(text));
  }

  const ServedModel& model_;
  const plan::PerformanceSettings& settings_;
  const base::Clock& clock_;
  const served::Client::Stopped& stopped_;
  Marks marks_;
  std::optional<base::Error> failure_;
  std::optional<std::int64_t> shortest_;  // answer that ended before its length
  ServedEnd end_;
};

// Hands trials on; the one with a failed request is the last.
class UntilFailure final : public TrialSink {
 public:
  UntilFailure(TrialSink& sink, const Requests& requests) : sink_(sink), requests_(requests) {}

  Status on_warm_up(const std::string& scenario) override { return sink_.on_warm_up(scenario); }
  Status on_counting(const std::string& scenario) override { return sink_.on_counting(scenario); }
  Status on_scenario_end(const ScenarioEnd& end) override { return sink_.on_scenario_end(end); }
  Status on_trial(const record::Trial& trial) override {
    TRY(sink_.on_trial(trial));
    if (requests_.failure()) return tl::unexpected(*requests_.failure());
    return {};
  }

 private:
  TrialSink& sink_;
  const Requests& requests_;
};

}  // namespace

Result<served::Request> served_request(const ServedModel& model, const plan::PerformanceSettings& settings,
                                       const std::string& mark) {
  served::Ask ask;
  ask.model = model.name;
  ask.max_tokens = settings.max_new_tokens;
  ask.ignores_end = settings.ignore_eos;
  ask.needs_empty_cache = served::takes_more(model.kind);
  ask.cache_salt = mark;
  const std::string prompt =
      ask.needs_empty_cache ? settings.prompt : fmt::format("[{}] {}", mark, settings.prompt);
  if (model.is_chat)
    ask.messages = {{"user", prompt}};
  else
    ask.prompt = prompt;
  return served::request_for(ask, model.kind);
}

Result<ServedEnd> measure_served(const ServedModel& model, const plan::PerformanceSettings& settings,
                                 const base::Clock& clock, TrialSink& sink, std::int64_t origin_ns,
                                 std::int64_t round, const served::Client::Stopped& stopped) {
  Requests requests(model, settings, clock, stopped);
  UntilFailure until_failure(sink, requests);
  for (const std::string_view scenario : plan::scenarios_of(settings)) {
    const auto repeat = [&](int count) {
      return run_scenario(
          std::string(scenario), [&] { return requests.at_once(scenario, count); }, settings, clock,
          origin_ns, until_failure);
    };
    if (scenario == kSingleStream) {
      TRY(repeat(1));
    } else if (scenario == kOffline) {
      TRY(repeat(settings.batch_size));
    } else if (scenario == kPoisson) {
      TRY(run_poisson([&](const auto& schedule) { return requests.arriving(schedule); }, settings, round,
                      clock, origin_ns, until_failure));
    } else if (scenario == kSustained) {
      TRY(run_sustained([&](double least_s) { return requests.in_a_row(least_s); }, settings, clock,
                        origin_ns, until_failure));
    }
  }
  return requests.end();
}

}  // namespace bantam::measure
