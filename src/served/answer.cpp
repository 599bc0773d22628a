#include "served/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;

constexpr std::string_view kDone = "[DONE]";
constexpr std::size_t kMostWarnings = 10;

// Takes the events in, one after the other.
class Collector {
 public:
  Collector(std::int64_t max_tokens, bool echo) : echo_(echo) { facts_.max_tokens = max_tokens; }

  // False when nothing after it counts.
  bool take(const StampedEvent& event) {
    ++number_;
    if (base::trim(event.data) == kDone) {
      is_done_ = true;
      return false;
    }
    if (!event.type.empty() && event.type != "message" && event.type != "error") {
      warn(fmt::format("event {} of the unknown type '{}' was left out", number_,
                       base::ellipsize(base::printable(event.type), 40)));
      return true;
    }
    auto said = read_event(event.data, number_);
    if (event.type == "error") {
      const std::string words =
          said && said->error ? *said->error : base::ellipsize(base::printable(event.data), 200);
      return end_with_error(words);
    }
    if (!said) {
      answer_.error = said.error();
      answer_.error->hint = "is this the address of an OpenAI-compatible server?";
      return false;
    }
    if (said->error) return end_with_error(*said->error);
    add(event.at_ns, *std::move(said));
    return true;
  }

  Answer finish(const Received& received) {
    answer_.begin_ns = received.begin_ns;
    answer_.first_byte_ns = received.first_byte_ns;
    answer_.connect_s = received.connect_s;
    answer_.refused_with = received.refused_with;
    is_done_ = is_done_ || received.is_page;
    if (!answer_.error && received.error && !(is_done_ && answer_.finish)) answer_.error = received.error;
    if (!answer_.error) check_end(received);
    count();
    set_times();
    return std::move(answer_);
  }

 private:
  void warn(std::string words) {
    if (answer_.warnings.size() < kMostWarnings) answer_.warnings.push_back(std::move(words));
  }

  bool end_with_error(const std::string& words) {
    answer_.error = base::Error{ErrorKind::environment, "the server broke the answer off: " + words, ""};
    return false;
  }

  void add(std::int64_t at_ns, StreamEvent said) {
    if (evidence_.empty() || evidence_.back().at_ns != at_ns) evidence_.push_back({.at_ns = at_ns});
    Evidence& now = evidence_.back();
    now.has_output = now.has_output || said.has_output();
    now.has_end = now.has_end || said.finish;
    if (said.token_ids) now.token_ids = now.token_ids.value_or(0) + *said.token_ids;
    if (!said.logprobs.empty() && !echo_) now.logprobs = now.logprobs.value_or(0) + std::ssize(said.logprobs);
    if (said.tokens_so_far) now.tokens_so_far = said.tokens_so_far;
    if (!said.text.empty() && !answer_.first_text_ns) answer_.first_text_ns = at_ns;
    answer_.text += said.text;
    answer_.reasoning += said.reasoning;
    answer_.has_call = answer_.has_call || said.has_call;
    std::move(said.logprobs.begin(), said.logprobs.end(), std::back_inserter(answer_.logprobs));
    if (said.finish && !answer_.finish) answer_.finish = std::move(said.finish);
    if (said.usage) answer_.usage = said.usage;
    if (said.timings) answer_.timings = said.timings;
    if (said.model && !answer_.model) answer_.model = std::move(said.model);
    if (said.fingerprint && !answer_.fingerprint) answer_.fingerprint = std::move(said.fingerprint);
  }

  void check_end(const Received& received) {
    if (received.events.empty()) {
      answer_.error = base::Error{ErrorKind::bad_input, "the answer has no event",
                                  "is this the address of an OpenAI-compatible server?"};
    } else if (!answer_.finish && !is_done_) {
      answer_.error =
          base::Error{ErrorKind::environment, "the server ended the answer before it was complete", ""};
    } else if (!answer_.finish) {
      warn("the server does not say why the answer ended");
    } else if (!is_done_) {
      warn("the stream ended without [DONE]");
    }
    if (is_done_ && std::ssize(received.events) > number_) warn("events after [DONE] were left out");
  }

  void count() {
    facts_.usage = answer_.usage;
    facts_.timings = answer_.timings;
    facts_.finish = answer_.finish;
    if (!echo_) facts_.bytes = std::ssize(answer_.text) + std::ssize(answer_.reasoning);
    Counts counts = count_tokens(evidence_, facts_);
    answer_.output_tokens = std::move(counts.output_tokens);
    answer_.prompt_tokens = std::move(counts.prompt_tokens);
    answer_.cached_tokens = std::move(counts.cached_tokens);
    answer_.contradictions = std::move(counts.contradictions);
    answer_.arrivals = std::move(counts.arrivals);
    answer_.no_parts_reason = std::move(counts.no_parts_reason);
  }

  void set_times() {
    const bool has_end_token = answer_.finish && *answer_.finish != "length";
    for (const Arrival& one : answer_.arrivals) {
      if (one.has_output && !answer_.first_output_ns) answer_.first_output_ns = one.at_ns;
      const bool has_token = one.has_output || one.tokens.value_or(0) > 0 || (one.has_end && has_end_token);
      if (answer_.first_output_ns && has_token) answer_.last_output_ns = one.at_ns;
    }
  }

  bool echo_;
  bool is_done_ = false;
  std::int64_t number_ = 0;  // of the event that was taken last, from 1
  AnswerFacts facts_;
  std::vector<Evidence> evidence_;
  Answer answer_;
};

}  // namespace

Answer answer_from(const Received& received, std::int64_t max_tokens, bool echo) {
  Collector collector(max_tokens, echo);
  for (const StampedEvent& event : received.events)
    if (!collector.take(event)) break;
  return collector.finish(received);
}

}  // namespace bantam::served
