#include "engine/served_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "served/concurrency.hpp"
#include "served/echoed_prompt.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr Token kStart = 256;  // of a text; all others are bytes
constexpr int kMostTries = 4;
constexpr auto kFirstPause = std::chrono::milliseconds(500);  // doubled before each further try
constexpr auto kLook = std::chrono::milliseconds(50);         // between two looks at whether to stop
constexpr std::size_t kMostWarnings = 20;
// As lm-eval sends them in conversations; servers of the original interface refuse more.
constexpr std::size_t kMostStops = 4;

std::string text_of(std::span<const Token> tokens) {
  std::string text;
  for (const Token token : tokens) {
    if (token != kStart) text += static_cast<char>(token);
  }
  return text;
}

Properties properties_of(const ServedModel& model) {
  Properties properties;
  properties.engine = "openai";
  properties.vocabulary = kStart + 1;
  properties.bos = kStart;
  properties.has_no_tokens = true;
  properties.takes_messages = model.is_chat;
  return properties;
}

// Whether the same request may be answered when it is sent again.
bool may_pass(const served::Answer& answer) {
  if (!answer.error || answer.error->kind != ErrorKind::environment) return false;
  const int status = answer.refused_with.value_or(0);
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

class Remote final : public ServedEngine {
 public:
  Remote(ServedModel model, served::Server server, served::ServerKind kind, std::size_t at_once,
         Heartbeat* heartbeat)
      : model_(std::move(model)),
        server_(std::move(server)),
        kind_(kind),
        at_once_(std::max<std::size_t>(1, at_once)),
        heartbeat_(heartbeat),
        properties_(properties_of(model_)) {
    if (kind_ == served::ServerKind::ollama)
      warn(
          "Ollama cuts a prompt that is longer than its num_ctx without saying so, and answers with the "
          "repeat_penalty of its own settings, which is not 1 unless they say so");
  }

  const Properties& properties() const override { return properties_; }
  MemoryUse memory() const override { return {}; }
  std::string detokenize(std::span<const Token> tokens) override { return text_of(tokens); }

  Result<std::vector<Token>> tokenize(std::string_view text, bool) override {
    std::vector<Token> tokens;
    for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
    return tokens;
  }

  Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) override {
    TRY_ASSIGN(const auto echoed, echo(whole_texts(requests)));
    TRY_ASSIGN(const auto contexts, echo(contexts_without_place(requests, echoed)));
    std::vector<Score> scores;
    for (const ScoreRequest& request : requests) {
      const std::string context = text_of(request.context);
      const served::EchoedPrompt& whole = echoed.at(context + text_of(request.continuation));
      auto first = whole.token_behind(context.size());
      if (!first && context.empty())
        return base::fail(
            ErrorKind::bad_input,
            "the tokens that the server gives do not add up to the prompt: where a text without "
            "context begins is not known",
            "use a file of the model");
      TRY_ASSIGN(const served::TextScore score,
                 whole.score_from(first ? *first : contexts.at(context).size()));
      scores.push_back({score.log_likelihood, score.is_greedy});
    }
    return scores;
  }

  Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                           const GenerateOptions& options) override {
    std::vector<served::Request> asked;
    for (const GenerateRequest& request : requests) {
      TRY_ASSIGN(served::Request one, asked_of(request, options));
      asked.push_back(std::move(one));
    }
    TRY_ASSIGN(const auto answers, ask(std::move(asked)));
    std::vector<Generation> all;
    for (const served::Answer& answer : answers) all.push_back(generation_from(answer));
    return all;
  }

  Status extend(std::span<const Token>, bool, std::span<float>) override { return has_not("logits"); }
  Result<std::int64_t> time_prompt(int, int) override {
    return tl::unexpected(has_not("llama-bench's tests").error());
  }
  Result<std::int64_t> time_generation(int, int) override {
    return tl::unexpected(has_not("llama-bench's tests").error());
  }

  std::vector<std::string> warnings() const override {
    std::vector<std::string> all = warnings_;
    if (sent_again_ > 0)
      all.push_back(
          fmt::format("{} of {} requests failed and were sent again: {}", sent_again_, sent_, reason_again_));
    return all;
  }

  Status check_is_same() override {
    TRY_ASSIGN(served::Client client, served::Client::make(server_));
    TRY_ASSIGN(const served::ServerFacts facts, served::find_facts(client, stopped()));
    return check_is_same_server(model_.server_kind, model_.build, facts);
  }

 private:
  using Echoes = std::map<std::string, served::EchoedPrompt>;

  static Status has_not(std::string_view what) {
    return base::fail(ErrorKind::usage, fmt::format("a server has no {}", what), "use a file of the model");
  }

  // Called by several threads.
  std::function<bool()> stopped() const {
    return [this] {
      if (heartbeat_ != nullptr) ++*heartbeat_;
      return false;
    };
  }

  void warn(const std::string& text) {
    if (warnings_.size() < kMostWarnings && std::ranges::find(warnings_, text) == warnings_.end())
      warnings_.push_back(text);
  }

  static std::vector<std::string> whole_texts(std::span<const ScoreRequest> requests) {
    std::vector<std::string> texts;
    for (const ScoreRequest& request : requests)
      texts.push_back(text_of(request.context) + text_of(request.continuation));
    return texts;
  }

  // Where the texts of the tokens do not tell how many of them are the context's, it is asked alone.
  static std::vector<std::string> contexts_without_place(std::span<const ScoreRequest> requests,
                                                         const Echoes& echoed) {
    std::vector<std::string> contexts;
    for (const ScoreRequest& request : requests) {
      std::string context = text_of(request.context);
      const auto& whole = echoed.at(context + text_of(request.continuation));
      if (!context.empty() && !whole.token_behind(context.size())) contexts.push_back(std::move(context));
    }
    return contexts;
  }

  Result<Echoes> echo(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    texts.erase(std::ranges::unique(texts).begin(), texts.end());
    std::vector<served::Request> asked;
    for (const std::string& text : texts) {
      served::Ask one;
      one.model = model_.name;
      one.prompt = text;
      one.max_tokens = 1;  // some servers echo nothing for 0
      one.logprobs = 1;
      one.echo = true;
      TRY_ASSIGN(served::Request request, served::request_for(one, kind_));
      asked.push_back(std::move(request));
    }
    TRY_ASSIGN(const auto answers, ask(std::move(asked)));
    Echoes echoed;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      TRY_ASSIGN(auto prompt, served::EchoedPrompt::make(answers[i], texts[i]));
      echoed.emplace(texts[i], std::move(prompt));
    }
    return echoed;
  }

  Result<served::Request> asked_of(const GenerateRequest& request, const GenerateOptions& options) const {
    served::Ask ask;
    ask.model = model_.name;
    ask.max_tokens = options.max_new_tokens;
    ask.stop = options.stop;
    ask.ignores_end = options.ignore_eos;
    std::string prompt = request.tokens.empty() ? request.prompt : text_of(request.tokens);
    if (model_.is_chat) {
      TRY(set_messages(prompt, ask));
      if (kind_ == served::ServerKind::unknown && ask.stop.size() > kMostStops) ask.stop.resize(kMostStops);
    } else {
      ask.prompt = std::move(prompt);
    }
    if (options.sampling) {
      ask.temperature = options.sampling->temperature;
      ask.top_p = options.sampling->top_p;
      if (options.sampling->top_k > 0) ask.top_k = options.sampling->top_k;
      if (options.sampling->min_p > 0.0) ask.min_p = options.sampling->min_p;
      ask.seed = static_cast<std::int64_t>(request.seed >> 33U);  // of 31 bits: servers take no larger ones
    }
    return served::request_for(ask, kind_);
  }

  Status set_messages(const std::string& prompt, served::Ask& ask) const {
    TRY_ASSIGN(const Json messages, base::parse_json(prompt, "a conversation"));
    for (const Json& message : messages)
      ask.messages.push_back(
          {base::string_at(message, "role").value_or(""), base::string_at(message, "content").value_or("")});
    if (model_.chat_template_kwargs.empty()) return {};
    TRY_ASSIGN(ask.chat_template_kwargs,
               base::parse_json(model_.chat_template_kwargs, "--chat-template-kwargs"));
    return {};
  }

  Generation generation_from(const served::Answer& answer) {
    for (const std::string& one : answer.contradictions) warn(one);
    if (answer.has_call) warn("the server made a tool call of an answer, whose text is not in the answer");
    Generation one;
    one.text = answer.text;
    one.finish = answer.finish.value_or("stop");
    one.told_tokens = answer.output_tokens.value;
    one.told_prompt_tokens = answer.prompt_tokens.value;
    one.is_thought_alone = one.finish == "length" && answer.text.empty() && !answer.reasoning.empty();
    return one;
  }

  // The answers, in the order of the requests.
  Result<std::vector<served::Answer>> ask(std::vector<served::Request> requests) {
    std::vector<served::Answer> answers(requests.size());
    std::vector<std::size_t> left(requests.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
    sent_ += std::ssize(requests);
    auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(kFirstPause);
    for (int attempt = 1; !left.empty(); ++attempt) {
      TRY(send(requests, left, answers));
      std::erase_if(left, [&](std::size_t i) { return !answers[i].error; });
      if (left.empty()) break;
      const served::Answer& failed = answers[left.front()];
      const bool is_final = std::ranges::any_of(left, [&](std::size_t i) { return !may_pass(answers[i]); });
      if (is_final || attempt == kMostTries) return failure(requests, left, answers, attempt);
      sent_again_ += std::ssize(left);
      reason_again_ = failed.error->message;
      wait(pause);
      pause *= 2;
    }
    for (const served::Answer& answer : answers) {
      for (const std::string& warning : answer.warnings) warn(warning);
    }
    return answers;
  }

  Status send(const std::vector<served::Request>& requests, const std::vector<std::size_t>& which,
              std::vector<served::Answer>& answers) const {
    served::Load load;
    for (const std::size_t i : which) load.requests.push_back(requests[i]);
    load.streams = at_once_;
    TRY_ASSIGN(served::LoadResult result, served::run_load(server_, load, stopped()));
    for (std::size_t i = 0; i < which.size(); ++i) answers[which[i]] = std::move(result.answers[i].answer);
    return {};
  }

  // How the prompt of a request begins, for a reader who has to find it.
  static std::string beginning(const served::Request& request) {
    constexpr std::size_t kShown = 60;
    const Json& messages = base::child_at(request.body, "messages");
    const auto text = messages.is_array() && !messages.empty() ? base::string_at(messages.back(), "content")
                                                               : base::string_at(request.body, "prompt");
    return base::ellipsize(base::printable(text.value_or("")), kShown);
  }

  static tl::unexpected<base::Error> failure(const std::vector<served::Request>& requests,
                                             const std::vector<std::size_t>& left,
                                             const std::vector<served::Answer>& answers, int attempts) {
    const auto last = std::ranges::find_if(left, [&](std::size_t i) { return !may_pass(answers[i]); });
    const std::size_t shown = last == left.end() ? left.front() : *last;
    base::Error error = *answers[shown].error;
    const std::string tries = attempts > 1 ? fmt::format(" {} times", attempts) : "";
    error.message = fmt::format("{} of {} requests failed{}, the one that begins '{}': {}", left.size(),
                                answers.size(), tries, beginning(requests[shown]), error.message);
    return tl::unexpected(std::move(error));
  }

  void wait(std::chrono::milliseconds pause) const {
    for (auto waited = std::chrono::milliseconds(0); waited < pause; waited += kLook) {
      std::this_thread::sleep_for(kLook);
      if (heartbeat_ != nullptr) ++*heartbeat_;
    }
  }

  ServedModel model_;
  served::Server server_;
  served::ServerKind kind_;
  std::size_t at_once_;
  Heartbeat* heartbeat_;
  Properties properties_;
  std::vector<std::string> warnings_;
  std::int64_t sent_ = 0;
  std::int64_t sent_again_ = 0;
  std::string reason_again_;
};

std::string described(const std::string& kind, const std::optional<std::string>& build) {
  return kind + (build ? " " + base::printable(*build) : "");
}

}  // namespace

Status check_is_same_server(const std::string& kind, const std::optional<std::string>& build,
                            const served::ServerFacts& now) {
  const std::string kind_now(served::name(now.kind));
  if (kind == kind_now && build == now.build) return {};
  return base::fail(ErrorKind::integrity,
                    fmt::format("the server changed while it was measured: {}, then {}",
                                described(kind, build), described(kind_now, now.build)),
                    "run it again");
}

Result<std::unique_ptr<ServedEngine>> open_served(const ServedModel& model, std::size_t at_once,
                                                  Heartbeat* heartbeat) {
  served::Server server;
  server.address = model.address;
  server.api_key = model.api_key;
  server.patience.first_byte_s = model.patience_s;
  server.patience.stall_s = model.patience_s;
  TRY_ASSIGN(served::Client client, served::Client::make(server));
  TRY_ASSIGN(const served::ServerFacts facts, served::find_facts(client, [heartbeat] {
               if (heartbeat != nullptr) ++*heartbeat;
               return false;
             }));
  TRY(check_is_same_server(model.server_kind, model.build, facts));
  return std::make_unique<Remote>(model, std::move(server), facts.kind, at_once, heartbeat);
}

}  // namespace bantam::engine
