#include "measure/served_answers.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "record/scenario.hpp"
#include "served/times.hpp"

namespace bantam::measure {
namespace {

// One for each output token; empty where the server does not tell which came when.
std::vector<std::int64_t> token_stamps(const served::Answer& answer) {
  std::vector<std::int64_t> stamps;
  if (!served::itl(answer).reason.empty() || !answer.first_output_ns || !answer.last_output_ns) return stamps;
  for (const served::Arrival& arrival : answer.arrivals) {
    const std::int64_t at_ns = std::clamp(arrival.at_ns, *answer.first_output_ns, *answer.last_output_ns);
    stamps.insert(stamps.end(), static_cast<std::size_t>(arrival.tokens.value_or(0)), at_ns);
  }
  if (std::ssize(stamps) != answer.output_tokens.value) stamps.clear();
  return stamps;
}

struct Figures {
  std::string_view scenario;
  std::vector<const char*> of_counts;  // need the number of output tokens
  std::vector<const char*> of_steps;   // and times between them
  std::vector<const char*> of_gaps;    // and the stamp of each
};

const std::vector<Figures>& figures() {
  static const std::vector<Figures> kFigures{
      {record::kSingleStream,
       {"output_tokens", "output_tokens_per_s"},
       {"tpot_s", "decode_tokens_per_s"},
       {"itl_p50_s", "itl_p90_s", "itl_p99_s"}},
      {record::kOffline, {"batch_output_tokens_per_s"}, {"batch_tpot_s"}, {}},
      {record::kPoisson,
       {},
       {"poisson_tpot_s", "poisson_tpot_p90_s", "poisson_tpot_p95_s", "poisson_tpot_p99_s"},
       {}},
      {record::kSustained,
       {},
       {},
       {"burst_tokens_per_s", "steady_tokens_per_s", "steady_burst_ratio", "throttle_after_s"}},
  };
  return kFigures;
}

}  // namespace

record::Stream stream_from(const served::Answer& answer, std::int64_t from_ns, bool prompts_are_alike) {
  record::Stream stream;
  record::ToldByServer& told = stream.told.emplace();
  told.prompt_tokens = answer.prompt_tokens.value;
  told.cached_tokens = answer.cached_tokens.value;
  told.output_tokens = answer.output_tokens.value;
  stream.prompt_tokens = told.prompt_tokens.value_or(0);
  stream.cached_tokens = told.cached_tokens.value_or(0);
  stream.finish = answer.finish.value_or("");
  if (answer.error) {
    told.error = answer.error->message;
    return stream;
  }
  if (prompts_are_alike) stream.output_sha256 = base::sha256(answer.reasoning + '\n' + answer.text);
  stream.token_ns = token_stamps(answer);
  told.is_stamped = !stream.token_ns.empty();
  if (!told.is_stamped && answer.first_output_ns) {
    stream.token_ns = {*answer.first_output_ns};
    if (answer.last_output_ns > answer.first_output_ns) stream.token_ns.push_back(*answer.last_output_ns);
  }
  for (std::int64_t& stamp : stream.token_ns) stamp -= from_ns;
  return stream;
}

record::Trial trial_from(const served::LoadResult& result, bool prompts_are_alike) {
  record::Trial trial;
  std::optional<std::int64_t> first_ns;
  std::optional<std::int64_t> last_ns;
  const auto from = [](const served::Served& one) { return one.scheduled_ns.value_or(one.answer.begin_ns); };
  for (const served::Served& one : result.answers) {
    first_ns = std::min(first_ns.value_or(from(one)), from(one));
    if (const auto& last = one.answer.last_output_ns) last_ns = std::max(last_ns.value_or(*last), *last);
  }
  for (const served::Served& one : result.answers) {
    record::Stream& stream =
        trial.streams.emplace_back(stream_from(one.answer, from(one), prompts_are_alike));
    if (one.scheduled_ns) stream.arrival_ns = *one.scheduled_ns - *first_ns;
  }
  trial.wall_s = base::seconds(first_ns && last_ns ? *last_ns - *first_ns : result.end_ns - result.begin_ns);
  return trial;
}

std::map<std::string, std::string> absent_of(const served::Answer& answer, std::string_view scenario) {
  std::map<std::string, std::string> absent;
  const auto add = [&absent](const std::vector<const char*>& metrics, const std::string& reason) {
    if (reason.empty()) return;
    for (const char* metric : metrics) absent.try_emplace(metric, reason);
  };
  const auto reason_of = [](const served::TokenCount& count) {
    return count.value ? std::string() : count.reason;
  };
  if (scenario == record::kSingleStream) {
    add({"prompt_tokens"}, reason_of(answer.prompt_tokens));
    add({"cached_tokens"}, reason_of(answer.cached_tokens));
  }
  for (const Figures& one : figures()) {
    if (one.scenario != scenario) continue;
    add(one.of_counts, reason_of(answer.output_tokens));
    add(one.of_steps, served::tpot(answer).reason);
    std::string no_gaps = served::itl(answer).reason;
    if (no_gaps.empty() && token_stamps(answer).empty())
      no_gaps = "the server does not tell which token came when";
    add(one.of_gaps, no_gaps);
  }
  return absent;
}

}  // namespace bantam::measure
