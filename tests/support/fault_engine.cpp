#include "support/fault_engine.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

struct NamedSignal {
  std::string_view name;
  int number;
};
constexpr std::array<NamedSignal, 8> kSignals = {{{"SIGSEGV", SIGSEGV},
                                                  {"SIGILL", SIGILL},
                                                  {"SIGBUS", SIGBUS},
                                                  {"SIGFPE", SIGFPE},
                                                  {"SIGABRT", SIGABRT},
                                                  {"SIGKILL", SIGKILL},
                                                  {"SIGTERM", SIGTERM},
                                                  {"SIGSTOP", SIGSTOP}}};

std::optional<int> signal_named(std::string_view name) {
  for (const NamedSignal& signal : kSignals) {
    if (signal.name == name) return signal.number;
  }
  return std::nullopt;
}

base::Status act(const std::string& what) {
  if (const auto signal = signal_named(what)) {
    std::raise(*signal);
    return {};
  }
  while (what == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
  if (what == "nan") return fail(ErrorKind::integrity, "logits of request 0 are not finite (drill)");
  if (what == "does_not_fit") return fail(ErrorKind::environment, "does not fit in memory (drill)");
  return fail(ErrorKind::bad_input, "the engine could not compute a batch (drill)");
}

class FaultEngine final : public Engine {
 public:
  FaultEngine(std::unique_ptr<Engine> engine, Fault fault)
      : engine_(std::move(engine)), fault_(std::move(fault)) {}

  const Properties& properties() const override { return engine_->properties(); }
  base::Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) override {
    return engine_->tokenize(text, parse_special);
  }
  std::string detokenize(std::span<const Token> tokens) override { return engine_->detokenize(tokens); }
  base::Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) override {
    TRY(call());
    return engine_->score(requests);
  }
  base::Status hold(std::span<const Token> prefix) override { return engine_->hold(prefix); }
  bool set_sharing(bool wanted) override { return engine_->set_sharing(wanted); }
  std::string use_own_kernels(bool wanted) override { return engine_->use_own_kernels(wanted); }
  ScoreWork score_work() const override { return engine_->score_work(); }
  base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                                 const GenerateOptions& options) override {
    TRY(call());
    return engine_->generate(requests, options);
  }
  base::Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) override {
    TRY(call());
    return engine_->extend(tokens, restart, rows);
  }
  base::Result<std::int64_t> time_prompt(int n_prompt, int) override {
    TRY(call());
    return engine_->time_prompt(n_prompt, 0);
  }
  base::Result<std::int64_t> time_generation(int n_gen, int) override {
    TRY(call());
    return engine_->time_generation(n_gen, 0);
  }
  MemoryUse memory() const override { return engine_->memory(); }

 private:
  base::Status call() {
    ++calls_;
    return calls_ == fault_.at ? act(fault_.act) : base::Status{};
  }

  std::unique_ptr<Engine> engine_;
  Fault fault_;
  int calls_ = 0;
};

}  // namespace

base::Result<Fault> fault_from(const base::Json& json) {
  Fault fault;
  fault.at = static_cast<int>(base::integer_at(json, "at").value_or(1));
  fault.act = base::string_at(json, "act").value_or("");
  const bool known = signal_named(fault.act) || fault.act == "hang" || fault.act == "error" ||
                     fault.act == "nan" || fault.act == "does_not_fit";
  if (known && fault.at >= 1) return fault;
  return fail(ErrorKind::usage, fmt::format("no drill: call {} and '{}'", fault.at, fault.act),
              "give a call from 1 on, and a signal such as SIGSEGV, or hang, error, nan, does_not_fit");
}

std::unique_ptr<Engine> with_fault(std::unique_ptr<Engine> engine, Fault fault) {
  return std::make_unique<FaultEngine>(std::move(engine), std::move(fault));
}

}  // namespace bantam::engine
