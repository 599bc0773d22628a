#pragma once
// A model that a program of its own has (docs/engines.md): loading it, and what it tells of itself.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/program_link.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// Names of what a model can be asked.
inline constexpr std::string_view kGenerates = "generate";
inline constexpr std::string_view kScores = "loglikelihood";
inline constexpr std::string_view kEmbeds = "embed";
inline constexpr std::string_view kClassifies = "classify";
inline constexpr std::string_view kTags = "tag";
inline constexpr std::string_view kDraws = "sample";  // of generate: tokens that are drawn
inline constexpr std::string_view kGivesLogits = "logits";

// A program that has loaded its model.
class LoadedProgram {
 public:
  // The errors of ProgramLink; bad_input where the program cannot load the model at this precision.
  static base::Result<LoadedProgram> open(const ModelFile& file, const plan::EngineSettings& settings,
                                          Capacity capacity, Heartbeat* heartbeat);

  ProgramLink& link() { return *link_; }
  const Properties& properties() const { return properties_; }
  const std::vector<std::string>& labels() const { return labels_; }
  bool can(std::string_view ability) const;
  pid_t pid() const { return link_->pid(); }

  base::Result<std::vector<Token>> tokenize(std::string_view text, bool special, bool wrap);
  std::string detokenize(std::span<const Token> tokens);
  MemoryUse memory() const;
  // The program's answer has one entry for each of `count` requests.
  base::Result<base::Json> ask_for_each(std::string_view what, base::Json members, const char* member,
                                        std::size_t count);

 private:
  explicit LoadedProgram(ProgramLink link) : link_(std::make_unique<ProgramLink>(std::move(link))) {}
  base::Status read_facts(const base::Json& told, const ModelFile& file, int context);

  std::unique_ptr<ProgramLink> link_;
  Properties properties_;
  std::vector<std::string> labels_;
  std::vector<std::string> abilities_;
};

}  // namespace bantam::engine
