#include "worker/audit_facts.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "engine/logits.hpp"
#include "engine/null_engine.hpp"
#include "evaluate/tokens.hpp"
#include "measure/workload.hpp"
#include "stats/order.hpp"
#include "stats/python_random.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using base::Status;
using engine::Generation;
using engine::Token;

constexpr int kNullRequests = 50;

// Hands everything on, and keeps what generate() gave.
class Recorder final : public engine::Engine {
 public:
  Recorder(engine::Engine& under, const base::Clock& clock) : under_(under), clock_(clock) {}

  const engine::Properties& properties() const override { return under_.properties(); }
  Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) override {
    return under_.tokenize(text, parse_special);
  }
  std::string detokenize(std::span<const Token> tokens) override { return under_.detokenize(tokens); }
  Result<std::vector<engine::Score>> score(std::span<const engine::ScoreRequest> requests) override {
    return under_.score(requests);
  }
  Result<std::vector<Generation>> generate(std::span<const engine::GenerateRequest> requests,
                                           const engine::GenerateOptions& options) override {
    auto generations = under_.generate(requests, options);
    returned_ns = clock_.now_ns();
    if (generations && !generations->empty()) last = generations->front();
    return generations;
  }
  Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) override {
    return under_.extend(tokens, restart, rows);
  }
  Result<std::int64_t> time_prompt(int n_prompt, int n_depth) override {
    return under_.time_prompt(n_prompt, n_depth);
  }
  Result<std::int64_t> time_generation(int n_gen, int n_depth) override {
    return under_.time_generation(n_gen, n_depth);
  }
  engine::MemoryUse memory() const override { return under_.memory(); }

  Generation last;
  std::int64_t returned_ns = 0;

 private:
  engine::Engine& under_;
  const base::Clock& clock_;
};

// Keeps the times of the counted requests.
class CostSink final : public measure::TrialSink {
 public:
  CostSink(const base::Clock& clock, const std::function<Status(const record::Trial&)>& told)
      : clock_(clock), told_(told) {}

  Status on_counting(const std::string&) override {
    begin_ns = clock_.now_ns();
    return {};
  }
  Status on_trial(const record::Trial& trial) override {
    if (!trial.warmup && !trial.streams.empty() && !trial.streams.front().token_ns.empty()) {
      const auto count = std::ssize(trial.streams.front().token_ns);
      tokens += count;
      token_s.push_back(trial.wall_s / static_cast<double>(count));
    }
    return told_ ? told_(trial) : Status{};
  }
  Status on_scenario_end(const measure::ScenarioEnd&) override {
    end_ns = clock_.now_ns();
    return {};
  }

  std::vector<double> token_s;
  std::int64_t tokens = 0;
  std::int64_t begin_ns = 0, end_ns = 0;

 private:
  const base::Clock& clock_;
  const std::function<Status(const record::Trial&)>& told_;
};

class Ignore final : public measure::TrialSink {
 public:
  Status on_trial(const record::Trial&) override { return {}; }
  Status on_scenario_end(const measure::ScenarioEnd&) override { return {}; }
};

// Generation ends anywhere, also within a character.
std::string without_cut_character(std::string text) {
  std::size_t back = 0;
  while (back < 3 && back < text.size() &&
         (static_cast<unsigned char>(text[text.size() - 1 - back]) & 0xC0U) == 0x80U)
    ++back;
  if (back == text.size()) return text;
  const auto lead = static_cast<unsigned char>(text[text.size() - 1 - back]);
  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC0U ? 2 : 1;
  if (back + 1 < length) text.resize(text.size() - 1 - back);
  return text;
}

job::RequestFacts facts_of(engine::Engine& engine, const Generation& generation, std::int64_t returned_ns) {
  job::RequestFacts facts;
  facts.vocabulary = engine.properties().vocabulary;
  facts.prompt_tokens = std::ssize(generation.prompt_tokens);
  facts.cached_tokens = generation.cached_tokens;
  facts.tokens = generation.tokens;
  facts.prefill_ns = generation.prefill_done_ns - generation.submitted_ns;
  for (const std::int64_t stamp : generation.token_ns)
    facts.token_ns.push_back(stamp - generation.submitted_ns);
  facts.returned_ns = returned_ns - generation.submitted_ns;
  facts.text = without_cut_character(engine.detokenize(generation.tokens));
  if (facts.text.empty()) {
    facts.text_again = "";
  } else if (const auto again = engine.tokenize(facts.text, false)) {
    facts.text_again = engine.detokenize(*again);
  }
  return facts;
}

// The difference of the two best logits after these tokens; absent where it cannot be computed.
std::optional<double> gap_after(engine::Engine& engine, const std::vector<Token>& tokens) {
  if (tokens.empty()) return std::nullopt;
  std::vector<float> row(static_cast<std::size_t>(engine.properties().vocabulary));
  const std::span<const Token> all(tokens);
  if (all.size() > 1 && !engine.extend(all.first(all.size() - 1), true, {})) return std::nullopt;
  if (!engine.extend(all.last(1), all.size() == 1, row)) return std::nullopt;
  const engine::TopTwo top = engine::top_two(row);
  if (!top.finite) return std::nullopt;
  return static_cast<double>(top.gap);
}

struct Times {
  double ttft_s = 0.0, e2e_s = 0.0;
};

class Repeats {
 public:
  Repeats(engine::Engine& engine, const std::vector<Token>& tokens) : engine_(engine), same_(tokens) {
    known_.insert(tokens);
    facts_.prompt_tokens = std::ssize(tokens);
  }

  Result<job::RepeatFacts> run(double seconds, const base::Clock& clock) {
    for (int i = 0; i < 2; ++i) {
      TRY(ask(same_));
      TRY(ask(unknown()));
    }
    const std::int64_t begin_ns = clock.now_ns();
    while (std::ssize(facts_.pairs) < job::kMostRepeats &&
           (std::ssize(facts_.pairs) < job::kFewestRepeats ||
            base::seconds(clock.now_ns() - begin_ns) < seconds)) {
      TRY(add_pair(facts_.pairs.size() % 2 == 1));
    }
    return std::move(facts_);
  }

 private:
  // Which of the two comes first changes from pair to pair.
  Status add_pair(bool same_first) {
    const std::vector<Token> other = unknown();
    Times same, fresh;
    if (same_first) {
      TRY_ASSIGN(same, ask(same_));
    }
    TRY_ASSIGN(fresh, ask(other));
    if (!same_first) {
      TRY_ASSIGN(same, ask(same_));
    }
    facts_.pairs.push_back({same.ttft_s, fresh.ttft_s, same.e2e_s, fresh.e2e_s});
    return {};
  }

  // An order of the same tokens that was not asked before, as far as there are any; the first token, which
  // may be a special one, stays.
  std::vector<Token> unknown() {
    std::vector<Token> tokens = same_;
    for (int i = 0; i < 10; ++i) {
      const auto order = random_.sample(same_.size() - 1, same_.size() - 1);
      for (std::size_t j = 0; j < order.size(); ++j) tokens[j + 1] = same_[order[j] + 1];
      if (known_.insert(tokens).second) break;
    }
    return tokens;
  }

  Result<Times> ask(const std::vector<Token>& tokens) {
    engine::GenerateRequest request;
    request.tokens = tokens;
    engine::GenerateOptions options;
    options.max_new_tokens = kRepeatNewTokens;
    options.ignore_eos = true;
    TRY_ASSIGN(const auto generations, engine_.generate({&request, 1}, options));
    const Generation& one = generations.front();
    facts_.cached_tokens = std::max(facts_.cached_tokens, one.cached_tokens);
    if (one.token_ns.empty())
      return base::fail(base::ErrorKind::integrity, "a request that ignores its end gave no token");
    return Times{base::seconds(one.token_ns.front() - one.submitted_ns),
                 base::seconds(one.token_ns.back() - one.submitted_ns)};
  }

  engine::Engine& engine_;
  const std::vector<Token> same_;
  std::set<std::vector<Token>> known_;
  stats::PythonRandom random_{1234};
  job::RepeatFacts facts_;
};

}  // namespace

job::ClockFacts observe_clock(const base::Clock& clock, std::int64_t readings) {
  job::ClockFacts facts;
  facts.readings = std::max<std::int64_t>(readings, 2);
  std::int64_t smallest_ns = std::numeric_limits<std::int64_t>::max();
  const std::int64_t first_ns = clock.now_ns();
  std::int64_t before_ns = first_ns;
  for (std::int64_t i = 1; i < facts.readings; ++i) {
    const std::int64_t now_ns = clock.now_ns();
    const std::int64_t step_ns = now_ns - before_ns;
    if (step_ns < 0) ++facts.backward_steps;
    if (step_ns > 0) smallest_ns = std::min(smallest_ns, step_ns);
    before_ns = now_ns;
  }
  if (smallest_ns != std::numeric_limits<std::int64_t>::max()) facts.smallest_step_ns = smallest_ns;
  facts.reading_ns = static_cast<double>(before_ns - first_ns) / static_cast<double>(facts.readings - 1);
  return facts;
}

Result<job::OwnCostFacts> observe_own_cost(const base::Clock& clock, engine::Heartbeat* heartbeat,
                                           const std::function<Status(const record::Trial&)>& told) {
  plan::PerformanceSettings settings;
  settings.num_runs = kNullRequests;
  settings.batch_size = 1;
  settings.scenarios = {std::string(measure::kSingleStream)};
  const int prompt_tokens = static_cast<int>(settings.prompt.size());  // its tokens are bytes
  const auto engine = engine::open_null(measure::capacity_for(settings, prompt_tokens), heartbeat);
  CostSink sink(clock, told);
  TRY(measure::measure_performance(*engine, settings, clock, sink));
  job::OwnCostFacts facts;
  facts.requests = std::ssize(sink.token_s);
  facts.tokens = sink.tokens;
  facts.timed_token_s = stats::median(sink.token_s).value_or(0.0);
  if (sink.tokens > 0)
    facts.with_pauses_token_s = base::seconds(sink.end_ns - sink.begin_ns) / static_cast<double>(sink.tokens);
  return facts;
}

Result<std::vector<MeasuredRequest>> measure_requests(engine::Engine& engine,
                                                      const std::vector<std::string>& prompts, int new_tokens,
                                                      const base::Clock& clock) {
  std::vector<MeasuredRequest> requests;
  Recorder recorder(engine, clock);
  Ignore ignore;
  for (const std::string& prompt : prompts) {
    plan::PerformanceSettings settings;
    settings.prompt = prompt;
    settings.max_new_tokens = new_tokens;
    settings.batch_size = 1;
    settings.num_warmup = 0;
    settings.num_runs = 1;
    settings.scenarios = {std::string(measure::kSingleStream)};
    TRY(measure::measure_performance(recorder, settings, clock, ignore));
    MeasuredRequest& request = requests.emplace_back();
    request.generation = recorder.last;
    request.facts = facts_of(engine, recorder.last, recorder.returned_ns);
    request.facts.asked_tokens = new_tokens;
    TRY_ASSIGN(const auto tokens, engine.tokenize(prompt, false));
    request.facts.counted_prompt_tokens = std::ssize(tokens) + (engine.properties().adds_bos ? 1 : 0);
  }
  return requests;
}

Result<std::vector<job::OutputFacts>> compare_answers(engine::Engine& engine,
                                                      const std::vector<std::string>& prompts, int new_tokens,
                                                      const std::vector<MeasuredRequest>& measured) {
  const int most = engine.properties().request_tokens.value_or(std::numeric_limits<int>::max());
  TRY_ASSIGN(auto tokenizer, evaluate::PromptTokenizer::make(engine, most));
  std::vector<engine::GenerateRequest> requests;
  for (const std::string& prompt : prompts) {
    TRY_ASSIGN(auto encoded, tokenizer.prompt({{prompt, true}}, new_tokens));
    requests.push_back({"", std::move(encoded.tokens)});
  }
  engine::GenerateOptions options;
  options.max_new_tokens = new_tokens;
  options.refill = true;
  TRY_ASSIGN(const auto answers, engine.generate(requests, options));
  std::vector<job::OutputFacts> outputs;
  for (std::size_t i = 0; i < answers.size() && i < measured.size(); ++i) {
    job::OutputFacts& facts = outputs.emplace_back();
    facts.measured = measured[i].generation.tokens;
    facts.answered = answers[i].tokens;
    facts.answer_ended = answers[i].finish == "stop";
    const auto [first, second] = std::mismatch(facts.measured.begin(), facts.measured.end(),
                                               facts.answered.begin(), facts.answered.end());
    if (first == facts.measured.end() || (second == facts.answered.end() && facts.answer_ended)) continue;
    std::vector<Token> before = measured[i].generation.prompt_tokens;
    before.insert(before.end(), facts.measured.begin(), first);
    facts.gap = gap_after(engine, before);
  }
  return outputs;
}

Result<job::RepeatFacts> observe_repeats(engine::Engine& engine, const std::vector<Token>& tokens,
                                         double seconds, const base::Clock& clock) {
  return Repeats(engine, tokens).run(seconds, clock);
}

}  // namespace bantam::worker
