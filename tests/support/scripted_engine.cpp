#include "support/scripted_engine.hpp"

#include <algorithm>
#include <utility>

#include "engine/arrivals.hpp"
#include "engine/null_engine.hpp"
#include "engine/stop_strings.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class ScriptedEngine final : public Engine {
 public:
  explicit ScriptedEngine(Script script) : script_(std::move(script)), now_ns_(script_.start_ns) {
    properties_.engine = "scripted";
    properties_.architecture = "none";
    properties_.vocabulary = kByteVocabulary;
    properties_.context_train = properties_.request_tokens = properties_.context = 1 << 20;
    properties_.eos = kByteEos;
    properties_.details = {{"name", "scripted"}};
  }

  const Properties& properties() const override { return properties_; }
  base::Result<std::vector<Token>> tokenize(std::string_view text, bool) override {
    return byte_tokens(text);
  }
  std::string detokenize(std::span<const Token> tokens) override { return byte_text(tokens); }

  base::Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) override {
    std::vector<Score> scores;
    for (const ScoreRequest& request : requests) {
      const std::string context = byte_text(request.context);
      const std::string continuation = byte_text(request.continuation);
      const auto found =
          std::find_if(script_.scores.begin(), script_.scores.end(), [&](const ScriptedScore& entry) {
            return holds(context, entry.context_part) && continuation == entry.continuation;
          });
      if (found == script_.scores.end()) {
        return fail(ErrorKind::bad_input,
                    "the script has no score for '" + continuation + "' after '" + context + "'");
      }
      scores.push_back(found->score);
    }
    return scores;
  }

  base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                                 const GenerateOptions& options) override {
    if (have_arrivals(requests)) return serve(requests, options);
    std::vector<Generation> all(requests.size());
    std::vector<std::vector<Token>> answers;
    std::vector<StopStrings> stops;
    const std::int64_t submitted_ns = now_ns_;
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].submitted_ns = submitted_ns;
      stops.emplace_back(options, requests[i].in_thought);
      all[i].prompt_tokens = byte_prompt(requests[i]);
      TRY_ASSIGN(answers.emplace_back(), answer_to(all[i].prompt_tokens));
      now_ns_ += static_cast<std::int64_t>(all[i].prompt_tokens.size()) * script_.prefill_ns_per_token;
    }
    for (Generation& one : all) one.prefill_done_ns = now_ns_;
    for (bool going = true; going;) {
      now_ns_ += next_gap_ns();
      going = false;
      for (std::size_t i = 0; i < all.size(); ++i)
        going = step(all[i], answers[i], options, stops[i]) || going;
    }
    return all;
  }

  base::Status extend(std::span<const Token> tokens, bool, std::span<float> rows) override {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Token last = tokens[i / kByteVocabulary];
      rows[i] = script_.logit ? script_.logit(last, static_cast<Token>(i % kByteVocabulary)) : 0.0F;
    }
    return {};
  }

  base::Result<std::int64_t> time_prompt(int n_prompt, int) override {
    return pass(n_prompt * script_.prefill_ns_per_token);
  }
  base::Result<std::int64_t> time_generation(int n_gen, int) override {
    std::int64_t total_ns = 0;
    for (int i = 0; i < n_gen; ++i) total_ns += next_gap_ns();
    return pass(total_ns);
  }
  MemoryUse memory() const override { return script_.memory; }

 private:
  base::Result<std::vector<Token>> answer_to(std::span<const Token> prompt) const {
    const std::string text = byte_text(prompt);
    for (const ScriptedAnswer& answer : script_.answers) {
      if (holds(text, answer.prompt_part)) return byte_tokens(answer.text);
    }
    return fail(ErrorKind::bad_input, "the script has no answer to '" + text + "'");
  }

  base::Result<std::vector<Generation>> serve(std::span<const GenerateRequest> requests,
                                              const GenerateOptions& options) {
    std::vector<Generation> all(requests.size());
    ArrivalQueue queue(requests, now_ns_);
    std::vector<std::size_t> busy;
    while (!busy.empty() || queue.next_ns()) {
      if (busy.empty()) now_ns_ = std::max(now_ns_, *queue.next_ns());
      while (busy.size() < static_cast<std::size_t>(script_.streams)) {
        const auto request = queue.take(now_ns_);
        if (!request) break;
        Generation& one = all[*request];
        one.submitted_ns = queue.arrival_ns(*request);
        one.prompt_tokens = byte_prompt(requests[*request]);
        now_ns_ += static_cast<std::int64_t>(one.prompt_tokens.size()) * script_.prefill_ns_per_token;
        one.prefill_done_ns = now_ns_;
        busy.push_back(*request);
      }
      now_ns_ += next_gap_ns();
      std::vector<std::size_t> going;
      for (const std::size_t request : busy) {
        StopStrings stop(options, false);
        TRY_ASSIGN(const auto answer, answer_to(all[request].prompt_tokens));
        step(all[request], answer, options, stop);
        const bool is_full = all[request].tokens.size() >= static_cast<std::size_t>(options.max_new_tokens);
        if (is_full) all[request].finish = "length";
        if (all[request].finish.empty()) going.push_back(request);
      }
      busy = std::move(going);
    }
    return all;
  }

  // One token further; false when the stream has ended.
  bool step(Generation& one, const std::vector<Token>& answer, const GenerateOptions& options,
            StopStrings& stop) const {
    if (!one.finish.empty()) return false;
    const bool full = one.tokens.size() >= static_cast<std::size_t>(std::max(0, options.max_new_tokens));
    const bool over = one.tokens.size() >= answer.size();
    if (full || (over && !options.ignore_eos)) {
      one.finish = full ? "length" : "stop";
      return false;
    }
    one.tokens.push_back(over ? kByteEos : answer[one.tokens.size()]);
    one.token_ns.push_back(now_ns_);
    one.text = byte_text(one.tokens);
    const bool stopped = stop.found_in(one.text);
    if (stopped) one.finish = "stop";
    return !stopped;
  }

  std::int64_t next_gap_ns() {
    if (script_.token_gaps_ns.empty()) return 0;
    return script_.token_gaps_ns[gaps_used_++ % script_.token_gaps_ns.size()];
  }

  std::int64_t pass(std::int64_t duration_ns) {
    now_ns_ += duration_ns;
    return duration_ns;
  }

  Script script_;
  std::int64_t now_ns_;
  std::size_t gaps_used_ = 0;
  Properties properties_;
};

}  // namespace

std::unique_ptr<Engine> open_scripted(Script script) {
  return std::make_unique<ScriptedEngine>(std::move(script));
}

}  // namespace bantam::engine
