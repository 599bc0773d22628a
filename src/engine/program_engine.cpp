#include "engine/program_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/base64.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "engine/arrivals.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr std::size_t kScoresAtOnce = 16;
constexpr std::size_t kTokensAtOnce = 512;  // of one extend()
static_assert(kMostRows <= kTokensAtOnce);

// The events of one call of generate(), and what they come to.
class Answers {
 public:
  Answers(const ProgramLink& link, std::size_t count, const GenerateOptions& options, int vocabulary)
      : link_(link), all_(count), most_(options.max_new_tokens), vocabulary_(vocabulary) {
    for (Generation& one : all_) {
      one.tokens.reserve(static_cast<std::size_t>(std::max(0, most_)));
      one.token_ns.reserve(one.tokens.capacity());
    }
  }

  void begin(std::int64_t now_ns) {
    for (Generation& one : all_) one.submitted_ns = now_ns;
  }

  Status take(const Json& event, std::int64_t now_ns) {
    const auto request = base::integer_at(event, "request");
    if (!request || *request < 0 || *request >= std::ssize(all_))
      return broken("an event is of no request that was made");
    Generation& one = all_[static_cast<std::size_t>(*request)];
    const std::string name = base::string_at(event, "event").value_or("");
    if (name == "prefilled") {
      if (one.prefill_done_ns != 0) return broken("a prompt was computed twice");
      one.prefill_done_ns = now_ns;
      return {};
    }
    if (name != "token") return broken(fmt::format("an event '{}' is not known", base::printable(name)));
    const auto token = base::integer_at(event, "token");
    if (!token || *token < 0 || *token >= vocabulary_) return broken("a token is not in the vocabulary");
    if (one.prefill_done_ns == 0) return broken("a token came before its prompt was computed");
    if (std::ssize(one.tokens) >= most_) return broken(fmt::format("more than {} tokens came", most_));
    one.tokens.push_back(static_cast<Token>(*token));
    one.token_ns.push_back(now_ns);
    return {};
  }

  Result<std::vector<Generation>> end(const Json& told) {
    const Json& answers = base::child_at(told, "answers");
    if (!answers.is_array() || answers.size() != all_.size())
      return broken(fmt::format("'answers' is no list of {}", all_.size()));
    for (std::size_t i = 0; i < all_.size(); ++i) TRY(complete(all_[i], answers[i]));
    return std::move(all_);
  }

 private:
  tl::unexpected<base::Error> broken(std::string_view reason) const {
    return link_.broken("generate", reason);
  }

  Status complete(Generation& one, const Json& told) const {
    const auto text = base::string_at(told, "text");
    const auto finish = base::string_at(told, "finish");
    const Json& prompt = base::child_at(told, "prompt_tokens");
    if (!text || !finish || !prompt.is_array() || prompt.empty())
      return broken("an answer lacks prompt_tokens, text or finish");
    if (one.prefill_done_ns == 0) return broken("nothing told when a prompt was computed");
    if (*finish != "stop" && *finish != "length")
      return broken(fmt::format("an answer ended by '{}'", base::printable(*finish)));
    if (*finish == "length" && std::ssize(one.tokens) != most_)
      return broken(
          fmt::format("an answer ended by its length with {} of {} tokens", one.tokens.size(), most_));
    for (const Json& id : prompt) {
      if (!id.is_number_integer()) return broken("a token of a prompt is no number");
      one.prompt_tokens.push_back(id.get<Token>());
    }
    one.text = *text;
    one.finish = *finish;
    one.smallest_top2_gap = base::number_at(told, "smallest_top2_gap").value_or(0.0);
    return {};
  }

  const ProgramLink& link_;
  std::vector<Generation> all_;
  int most_;
  int vocabulary_;
};

class LoadedEngine final : public Engine {
 public:
  LoadedEngine(LoadedProgram program, Capacity capacity, Heartbeat* heartbeat)
      : program_(std::move(program)), capacity_(capacity), heartbeat_(heartbeat) {}

  std::optional<pid_t> other_process() const override { return program_.pid(); }
  const Properties& properties() const override { return program_.properties(); }
  Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) override {
    return program_.tokenize(text, parse_special, false);
  }
  std::string detokenize(std::span<const Token> tokens) override { return program_.detokenize(tokens); }
  MemoryUse memory() const override { return program_.memory(); }
  ScoreWork score_work() const override { return work_; }

  Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) override {
    std::vector<Score> scores;
    for (std::size_t begin = 0; begin < requests.size(); begin += kScoresAtOnce)
      TRY(score_some(requests.subspan(begin, std::min(kScoresAtOnce, requests.size() - begin)), scores));
    return scores;
  }

  Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                           const GenerateOptions& options) override {
    if (options.sampling && !program_.can(kDraws))
      return base::fail(ErrorKind::usage, "the model draws no tokens, says its engine program",
                        "leave the task out, or use --engine llama");
    if (have_arrivals(requests)) return serve(requests, options);
    const auto at_once = static_cast<std::size_t>(std::max(1, capacity_.streams));
    if (requests.size() <= at_once) return generate_some(requests, options, {});
    std::vector<Generation> all;
    for (std::size_t begin = 0; begin < requests.size(); begin += at_once) {
      const auto some = requests.subspan(begin, std::min(at_once, requests.size() - begin));
      TRY_ASSIGN(auto answers, generate_some(some, options, {}));
      std::ranges::move(answers, std::back_inserter(all));
    }
    return all;
  }

  Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) override {
    if (!program_.can(kGivesLogits)) return has_not("logits of this model");
    const bool wants_rows = !rows.empty();
    for (std::size_t begin = 0; begin < tokens.size(); begin += kTokensAtOnce) {
      const auto some = tokens.subspan(begin, std::min(kTokensAtOnce, tokens.size() - begin));
      Json members{{"tokens", std::vector<Token>(some.begin(), some.end())},
                   {"restart", restart && begin == 0},
                   {"logits", wants_rows}};
      TRY_ASSIGN(const Json told, program_.link().ask("extend", std::move(members)));
      if (wants_rows) TRY(take_logits(told, rows));
    }
    return {};
  }
  Result<std::int64_t> time_prompt(int, int) override {
    return tl::unexpected(has_not("llama-bench's tests").error());
  }
  Result<std::int64_t> time_generation(int, int) override {
    return tl::unexpected(has_not("llama-bench's tests").error());
  }

 private:
  static Status has_not(std::string_view what) {
    return base::fail(ErrorKind::usage, fmt::format("an engine program has no {}", what),
                      "use --engine llama");
  }

  // As many as there is room for, which is never more than kMostRows rows: one answer has them all.
  Status take_logits(const Json& told, std::span<float> rows) {
    static_assert(std::endian::native == std::endian::little);  // as the protocol has them
    const auto bytes = base::from_base64(base::string_at(told, "logits").value_or(""));
    if (!bytes || bytes->size() != rows.size_bytes())
      return program_.link().broken("extend",
                                    fmt::format("'logits' are not {} numbers in base64", rows.size()));
    std::memcpy(rows.data(), bytes->data(), bytes->size());
    if (std::ranges::all_of(rows, [](float logit) { return std::isfinite(logit); })) return {};
    return base::fail(ErrorKind::integrity, "the engine program gives a logit that is no finite number");
  }

  Status score_some(std::span<const ScoreRequest> requests, std::vector<Score>& scores) {
    Json asked = Json::array();
    for (const ScoreRequest& request : requests) {
      const auto length = std::ssize(request.context) + std::ssize(request.continuation);
      if (properties().request_tokens && length > *properties().request_tokens + 1)
        return base::fail(ErrorKind::bad_input,
                          fmt::format("a request of {} tokens is longer than the context of {}", length,
                                      *properties().request_tokens));
      asked.push_back({{"context", request.context}, {"continuation", request.continuation}});
      work_.computed_tokens += length - 1;
      work_.output_rows += std::ssize(request.continuation);
    }
    TRY_ASSIGN(const Json told, program_.ask_for_each("loglikelihood", {{"requests", std::move(asked)}},
                                                      "scores", requests.size()));
    for (const Json& one : told) {
      const bool fits = one.is_array() && one.size() == 2 && one[0].is_number() && one[1].is_boolean();
      if (!fits || !std::isfinite(one[0].get<double>()))
        return program_.link().broken("loglikelihood", "a score is no [number, whether it is greedy]");
      scores.push_back({one[0].get<double>(), one[1].get<bool>()});
    }
    return {};
  }

  static Json asked_of(std::span<const GenerateRequest> requests, const GenerateOptions& options) {
    Json asked = Json::array();
    for (const GenerateRequest& request : requests) {
      if (request.tokens.empty())
        asked.push_back({{"prompt", request.prompt}});
      else
        asked.push_back({{"tokens", request.tokens}});
      // Of 53 bits, which every reader of JSON has.
      if (options.sampling) asked.back()["seed"] = request.seed >> 11U;
    }
    Json members{{"requests", std::move(asked)},
                 {"max_new_tokens", options.max_new_tokens},
                 {"ignore_eos", options.ignore_eos},
                 {"special", options.parse_special}};
    if (const auto& sampling = options.sampling)
      members["sampling"] = {{"temperature", sampling->temperature},
                             {"top_k", sampling->top_k},
                             {"top_p", sampling->top_p},
                             {"min_p", sampling->min_p}};
    // Within a thought no stop string counts, which the program knows nothing of.
    members["stop"] = options.think_close.empty() ? options.stop : std::vector<std::string>{};
    return members;
  }

  Result<std::vector<Generation>> generate_some(std::span<const GenerateRequest> requests,
                                                const GenerateOptions& options,
                                                std::optional<std::int64_t> submitted_ns) {
    ProgramLink& link = program_.link();
    Answers answers(link, requests.size(), options, properties().vocabulary);
    const std::string request = link.request("generate", asked_of(requests, options));
    answers.begin(submitted_ns.value_or(clock_.now_ns()));
    TRY_ASSIGN(const Json told,
               link.send("generate", request, [&answers](const Json& event, std::int64_t now_ns) {
                 return answers.take(event, now_ns);
               }));
    return answers.end(told);
  }

  // One after the other, in the order of their arrival.
  Result<std::vector<Generation>> serve(std::span<const GenerateRequest> requests,
                                        const GenerateOptions& options) {
    std::vector<Generation> all(requests.size());
    ArrivalQueue queue(requests, clock_.now_ns());
    while (const auto next_ns = queue.next_ns()) {
      wait_until(clock_, *next_ns, heartbeat_);
      const auto request = queue.take(clock_.now_ns());
      if (!request) continue;
      TRY_ASSIGN(auto answer, generate_some(requests.subspan(*request, 1), options, *next_ns));
      all[*request] = std::move(answer.front());
    }
    return all;
  }

  LoadedProgram program_;
  Capacity capacity_;
  Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  ScoreWork work_;
};

class LoadedClassifier final : public Classifier {
 public:
  explicit LoadedClassifier(LoadedProgram program) : program_(std::move(program)) {}

  const Properties& properties() const override { return program_.properties(); }
  Result<std::vector<Token>> tokenize(std::string_view text) override {
    return program_.tokenize(text, false, true);
  }
  const std::vector<std::string>& labels() const override { return program_.labels(); }

  Result<std::vector<std::vector<float>>> classify(std::span<const std::vector<Token>> sequences) override {
    TRY_ASSIGN(
        const Json told,
        program_.ask_for_each(
            "classify", {{"sequences", std::vector<std::vector<Token>>(sequences.begin(), sequences.end())}},
            "logits", sequences.size()));
    std::vector<std::vector<float>> all;
    for (const Json& row : told) {
      std::vector<float> logits;
      for (const Json& logit : row) {
        if (logit.is_number() && std::isfinite(logit.get<float>())) logits.push_back(logit.get<float>());
      }
      if (logits.size() != labels().size())
        return program_.link().broken("classify",
                                      fmt::format("a row is no {} finite numbers", labels().size()));
      all.push_back(std::move(logits));
    }
    return all;
  }

 private:
  LoadedProgram program_;
};

}  // namespace

Result<std::unique_ptr<Engine>> program_engine(LoadedProgram program, Capacity capacity,
                                               Heartbeat* heartbeat) {
  if (program.can(kGenerates)) return std::make_unique<LoadedEngine>(std::move(program), capacity, heartbeat);
  return base::fail(ErrorKind::usage, "the model generates no text, says its engine program",
                    "leave out what needs answers");
}

Result<std::unique_ptr<Engine>> open_program(const ModelFile& file, const plan::EngineSettings& settings,
                                             Capacity capacity, Heartbeat* heartbeat) {
  TRY_ASSIGN(LoadedProgram program, LoadedProgram::open(file, settings, capacity, heartbeat));
  return program_engine(std::move(program), capacity, heartbeat);
}

Result<std::unique_ptr<Classifier>> program_classifier(LoadedProgram program) {
  if (!program.labels().empty()) return std::make_unique<LoadedClassifier>(std::move(program));
  return base::fail(ErrorKind::usage, "the model has no labels, says its engine program",
                    "leave out tasks that need a classification head");
}

}  // namespace bantam::engine
