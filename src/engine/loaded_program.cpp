#include "engine/loaded_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "engine/cores.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr std::int64_t kMostVocabulary = 1 << 26;
constexpr std::size_t kMostLabels = 10'000;
constexpr int kMostContext = 1 << 24;

std::optional<Token> token_at(const Json& told, std::string_view key, int vocabulary) {
  const auto id = base::integer_at(told, key);
  if (!id || *id < 0 || *id >= vocabulary) return std::nullopt;
  return static_cast<Token>(*id);
}

std::optional<int> count_at(const Json& told, std::string_view key) {
  const auto count = base::integer_at(told, key);
  if (!count || *count < 1 || *count > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(*count);
}

std::string text_at(const Json& told, std::string_view key) {
  return base::string_at(told, key).value_or("");
}

std::vector<std::string> texts_at(const Json& told, std::string_view key, std::size_t most) {
  std::vector<std::string> texts;
  for (const Json& one : base::child_at(told, key)) {
    if (one.is_string() && texts.size() < most) texts.push_back(one.get<std::string>());
  }
  return texts;
}

// Absent in the capacity: as many as the model takes.
int asked_context(const plan::EngineSettings& settings, Capacity capacity) {
  const int wanted = capacity.tokens_per_stream > 0 ? capacity.tokens_per_stream : kMostContext;
  return std::min(wanted, settings.max_model_len.value_or(kMostContext));
}

Result<std::string> utf8_path(const std::filesystem::path& path) {
  if (base::is_utf8(path.string())) return path.string();
  return base::fail(ErrorKind::usage,
                    fmt::format("{}: an engine program is told paths as UTF-8, and this is none",
                                base::printable(path.string())),
                    "rename it");
}

}  // namespace

Result<LoadedProgram> LoadedProgram::open(const ModelFile& file, const plan::EngineSettings& settings,
                                          Capacity capacity, Heartbeat* heartbeat) {
  LinkOptions options;
  options.heartbeat = heartbeat;
  options.patience_s = 1e8;  // who has a heartbeat is watched by the parent
  TRY_ASSIGN(ProgramLink link, ProgramLink::start(file.program->command, options));
  TRY_ASSIGN(const std::string path, utf8_path(file.gguf));
  Json request{{"model", path}, {"precision", file.program->precision}, {"streams", capacity.streams}};
  request["context"] = asked_context(settings, capacity);
  request["threads"] = std::clamp(settings.threads.value_or(physical_cores()), 1, allowed_cpus());
  if (file.adapter) {
    TRY_ASSIGN(const std::string adapter, utf8_path(file.adapter->path));
    request["adapter"] = {{"path", adapter}, {"merge", file.program->merges}};
  }
  LoadedProgram loaded(std::move(link));
  TRY_ASSIGN(const Json told, loaded.link_->ask("load", std::move(request)));
  TRY(loaded.read_facts(told, file, asked_context(settings, capacity)));
  return loaded;
}

Status LoadedProgram::read_facts(const Json& told, const ModelFile& file, int context) {
  const ProgramFacts& facts = link_->facts();
  const auto vocabulary = base::integer_at(told, "vocabulary");
  if (!vocabulary || *vocabulary < 1 || *vocabulary > kMostVocabulary)
    return link_->broken("load", "it tells no size of the vocabulary");
  Properties& p = properties_;
  p.engine = facts.name;
  p.architecture = text_at(told, "architecture");
  p.parameters = std::max<std::int64_t>(0, base::integer_at(told, "parameters").value_or(0));
  p.weight_bytes = std::max<std::int64_t>(0, base::integer_at(told, "weight_bytes").value_or(0));
  p.vocabulary = static_cast<int>(*vocabulary);
  p.context_train = count_at(told, "context_train");
  p.request_tokens = count_at(told, "request_tokens");
  if (!p.request_tokens) p.request_tokens = p.context_train;
  p.context = std::min(context, p.request_tokens.value_or(context));
  p.bos = token_at(told, "bos", p.vocabulary);
  p.eos = token_at(told, "eos", p.vocabulary);
  p.pad = token_at(told, "pad", p.vocabulary);
  p.bos_text = text_at(told, "bos_text");
  p.eos_text = text_at(told, "eos_text");
  p.pad_text = text_at(told, "pad_text");
  p.adds_bos = base::bool_at(told, "adds_bos").value_or(false);
  p.chat_template = text_at(told, "chat_template");
  p.details = {{"name", facts.name},
               {"version", facts.version},
               {"packages", facts.packages},
               {"precision", file.program->precision},
               {"parameters", p.parameters},
               {"weight_bytes", p.weight_bytes},
               {"architecture", p.architecture}};
  if (const Json& details = base::child_at(told, "details"); details.is_object() && !details.empty())
    p.details["details"] = details;
  labels_ = texts_at(told, "labels", kMostLabels);
  abilities_ = told.contains("abilities") ? texts_at(told, "abilities", 100) : facts.abilities;
  return {};
}

bool LoadedProgram::can(std::string_view ability) const {
  return std::ranges::find(abilities_, ability) != abilities_.end();
}

Result<Json> LoadedProgram::ask_for_each(std::string_view what, Json members, const char* member,
                                         std::size_t count) {
  TRY_ASSIGN(Json told, link_->ask(what, std::move(members)));
  Json& all = told[member];
  if (!all.is_array() || all.size() != count)
    return link_->broken(what, fmt::format("'{}' is no list of {}", member, count));
  return std::move(all);
}

Result<std::vector<Token>> LoadedProgram::tokenize(std::string_view text, bool special, bool wrap) {
  if (!base::is_utf8(text)) return base::fail(ErrorKind::bad_input, "a text is no UTF-8", "mend the data");
  Json members{{"texts", Json::array({std::string(text)})}, {"special", special}};
  if (wrap) members["wrap"] = true;
  TRY_ASSIGN(const Json lists, ask_for_each("tokenize", std::move(members), "tokens", 1));
  std::vector<Token> tokens;
  for (const Json& id : lists.front()) {
    const bool fits = id.is_number_integer() && id.get<std::int64_t>() >= 0 &&
                      id.get<std::int64_t>() < properties_.vocabulary;
    if (!fits) return link_->broken("tokenize", "a token is not in the vocabulary");
    tokens.push_back(id.get<Token>());
  }
  return tokens;
}

std::string LoadedProgram::detokenize(std::span<const Token> tokens) {
  Json members{{"tokens", Json::array({std::vector<Token>(tokens.begin(), tokens.end())})}};
  const auto texts = ask_for_each("detokenize", std::move(members), "texts", 1);
  return texts && texts->front().is_string() ? texts->front().get<std::string>() : "";
}

MemoryUse LoadedProgram::memory() const {
  MemoryUse use;
  const auto told = link_->ask("memory", Json::object());
  if (!told) return use;
  use.weights_bytes = base::integer_at(*told, "weights_bytes");
  use.kv_bytes = base::integer_at(*told, "kv_bytes");
  use.device_bytes = base::integer_at(*told, "device_bytes");
  return use;
}

}  // namespace bantam::engine
