#include "plan/option_values.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "plan/precision.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t kLargestList = 1 << 20;
constexpr const char* kHint = "one model per line: embedded:nano, hf:user/repo, PATH or NAME=REFERENCE";

bool is_list(const std::string& text) {
  return base::ascii_lower(text).ends_with(".txt");
}

}  // namespace

ModelEntry model_entry_from(const std::string& text) {
  const auto equals = text.find('=');
  const auto slash = text.find_first_of("/:");
  if (equals == std::string::npos || equals == 0 || slash < equals) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::vector<ModelEntry>> read_model_list(const std::filesystem::path& path) {
  const std::string shown = base::printable(path.string());
  const auto text = base::read_file(path, kLargestList);
  if (!text) return base::fail(ErrorKind::usage, text.error().message, kHint);
  std::vector<ModelEntry> models;
  std::size_t number = 0;
  for (const std::string& raw : base::split(*text, '\n')) {
    ++number;
    const std::string line(base::trim(raw));
    if (line.empty() || line.front() == '#') continue;
    if (line.find('\0') != std::string::npos || is_list(line)) {
      return base::fail(ErrorKind::usage,
                        fmt::format("{}:{}: '{}' names no model", shown, number,
                                    base::ellipsize(base::printable(line), 80)),
                        kHint);
    }
    models.push_back(model_entry_from(line));
  }
  if (models.empty()) return base::fail(ErrorKind::usage, fmt::format("{}: names no model", shown), kHint);
  return models;
}

Result<std::vector<ModelEntry>> models_from(const std::vector<std::string>& texts) {
  std::vector<ModelEntry> models;
  for (const std::string& text : texts) {
    if (!is_list(text)) {
      models.push_back(model_entry_from(text));
      continue;
    }
    TRY_ASSIGN(auto listed, read_model_list(text));
    models.insert(models.end(), listed.begin(), listed.end());
  }
  return models;
}

namespace {

using base::ErrorKind;
using base::Result;

constexpr const char* kSeeHelp = "bantam run --help lists what is accepted";

template <typename Number>
Result<Number> within(std::string_view flag, const std::string& text, std::optional<Number> value, Number low,
                      Number high, std::string_view what) {
  if (value && *value >= low && *value <= high) return *value;
  return base::fail(
      ErrorKind::usage,
      fmt::format("--{}: '{}' is not {} from {} to {}", flag, base::printable(text), what, low, high),
      kSeeHelp);
}

// What users of lm-eval mean by this value.
std::string number_hint(std::string_view flag, const std::string& text) {
  const bool is_word = !text.empty() && base::parse_number(text) == std::nullopt;
  if (flag == "threads" && is_word)
    return fmt::format("-t is --threads here; lm-eval's -t: write --accuracy-tasks {}",
                       base::printable(text));
  if (flag == "batch-size" && text.starts_with("auto"))
    return "leave it out; --accuracy-batch-size says how many items are scored at once";
  if (flag == "seed" && text.find(',') != std::string::npos)
    return "one seed draws samples and examples: of lm-eval's four give the last";
  return kSeeHelp;
}

Result<std::string> scalar_text(const base::Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return base::to_text(value);
  const char* kind = value.is_array() ? "a list" : value.is_object() ? "a map" : "nothing";
  return base::fail(ErrorKind::usage, fmt::format("a text, number or boolean is expected, not {}", kind));
}

Result<std::string> model_text(const base::Json& value) {
  const auto path = base::string_at(value, "path");
  const auto name = base::string_at(value, "name");
  if (!path) return base::fail(ErrorKind::usage, "a model needs a path (and may have a name)");
  if (value.contains("name") && !name) {
    return base::fail(ErrorKind::usage, "a model's name must be text",
                      "put a number into quotes: {name: '7', path: m.gguf}");
  }
  if (!name) return *path;
  if (name->empty() || name->find_first_of("=/:") != std::string::npos) {
    return base::fail(ErrorKind::usage,
                      fmt::format("'{}' cannot name a model: it is empty or holds '=', '/' or ':'",
                                  base::printable(*name)));
  }
  return fmt::format("{}={}", *name, *path);
}

}  // namespace

std::string flag_name(std::string_view option_name) {
  return base::replace_all(std::string(option_name), "_", "-");
}

Result<std::int64_t> integer_from(std::string_view flag, const std::string& text, std::int64_t low,
                                  std::int64_t high) {
  auto value = within(flag, text, base::parse_integer(text), low, high, "a whole number");
  if (!value) value.error().hint = number_hint(flag, text);
  return value;
}

Result<double> number_from(std::string_view flag, const std::string& text, double low, double high) {
  return within(flag, text, base::parse_number(text), low, high, "a number");
}

Result<double> seconds_from(std::string_view flag, const std::string& text, double low, double high) {
  const auto seconds = base::parse_seconds(text);
  if (!seconds) {
    return base::fail(ErrorKind::usage, fmt::format("--{}: '{}' is no time", flag, base::printable(text)),
                      "give seconds, or a number with a unit: 90s, 5min, 2h");
  }
  return within(flag, text, seconds, low, high, "a number of seconds");
}

Result<std::int64_t> bytes_from(std::string_view flag, const std::string& text) {
  constexpr const char* kBytesHint = "give a number with a unit: 8GiB, 512MiB, 4GB";
  if (base::parse_number(text)) {
    return base::fail(ErrorKind::usage, fmt::format("--{} {}: which unit?", flag, base::printable(text)),
                      fmt::format("write {}GiB, {}MiB or {}GB", text, text, text));
  }
  if (const auto bytes = base::parse_bytes(text)) return *bytes;
  return base::fail(ErrorKind::usage, fmt::format("--{} '{}' is not a size", flag, base::printable(text)),
                    kBytesHint);
}

Result<bool> boolean_from(std::string_view flag, const std::string& text) {
  const std::string lower = base::ascii_lower(text);
  if (lower == "true" || lower == "on" || lower == "yes" || lower == "1") return true;
  if (lower == "false" || lower == "off" || lower == "no" || lower == "0") return false;
  return base::fail(ErrorKind::usage,
                    fmt::format("--{}: '{}' is neither on nor off", flag, base::printable(text)), kSeeHelp);
}

Result<std::string> word_from(std::string_view flag, const std::string& text,
                              const std::vector<std::string>& allowed) {
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  const auto near = base::closest(text, allowed);
  return base::fail(ErrorKind::usage, fmt::format("--{}: unknown value '{}'", flag, base::printable(text)),
                    fmt::format("{}known: {}", near ? fmt::format("did you mean {}? ", *near) : "",
                                base::join(allowed, ", ")));
}

Result<std::string> chat_variables_from(std::string_view flag, const std::string& text) {
  static constexpr std::array<std::string_view, 15> kTaken = {"conversation",
                                                              "messages",
                                                              "add_generation_prompt",
                                                              "continue_final_message",
                                                              "chat_template",
                                                              "tokenize",
                                                              "padding",
                                                              "truncation",
                                                              "max_length",
                                                              "return_tensors",
                                                              "return_dict",
                                                              "tokenizer_kwargs",
                                                              "return_assistant_tokens_mask",
                                                              "documents",
                                                              "tools"};
  if (text.empty()) return text;
  const auto parsed = base::parse_json(text, "the variables");
  if (!parsed || !parsed->is_object()) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--{}: '{}' is no JSON object", flag, base::printable(text)),
                      "write it as in '{\"enable_thinking\": false}'");
  }
  nlohmann::json ordered = nlohmann::json::object();
  for (const auto& [name, value] : parsed->items()) {
    if (std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end()) {
      return base::fail(ErrorKind::usage,
                        fmt::format("--{}: '{}' is no variable that can be set", flag, base::printable(name)),
                        "it is given by what is asked; leave it away");
    }
    ordered[name] = value;
  }
  return ordered.empty() ? std::string() : ordered.dump();
}

Result<std::vector<std::string>> texts_from(const base::Json& value, OptionForm form, bool names_models) {
  if (form == OptionForm::object && value.is_object()) return std::vector{base::to_text(value)};
  const bool takes_list = form == OptionForm::list || form == OptionForm::texts;
  const auto text_of = [&](const base::Json& element) {
    return names_models && element.is_object() ? model_text(element) : scalar_text(element);
  };
  std::vector<std::string> texts;
  if (!takes_list || !value.is_array()) {
    TRY_ASSIGN(std::string text, text_of(value));
    texts.push_back(std::move(text));
    return texts;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto text = text_of(value[i]);
    if (!text) return base::fail(ErrorKind::usage, fmt::format("item {}: {}", i + 1, text.error().message));
    texts.push_back(*std::move(text));
  }
  return texts;
}

using base::ErrorKind;

Status set_models(Plan& plan, std::string_view, const Values& values) {
  TRY_ASSIGN(plan.models, models_from(values));
  return {};
}

Status set_hub_model(Plan& plan, std::string_view, const Values& values) {
  plan.models = {{"", "hf:" + values.front()}};
  return {};
}

namespace {

// That of models behind a server is none that is made, nor are those of a program's files.
Result<Precision> precision_from(const std::string& text) {
  if (text == kServedPrecision || text == kNativePrecision) return Precision{text, {}, 0.0};
  return parse_precision(text);
}

}  // namespace

Status set_precisions(Plan& plan, std::string_view, const Values& values) {
  plan.precisions.clear();
  for (const std::string& value : values) {
    TRY_ASSIGN(const Precision precision, precision_from(value));
    const auto& chosen = plan.precisions;
    if (std::find(chosen.begin(), chosen.end(), precision.name) == chosen.end()) {
      plan.precisions.push_back(precision.name);
    }
  }
  return {};
}

Status set_base_precision(Plan& plan, std::string_view, const Values& values) {
  TRY_ASSIGN(const Precision precision, precision_from(values.front()));
  plan.base_precision = precision.name;
  return {};
}

Status set_tasks(Plan& plan, std::string_view name, const Values& values) {
  plan.kinds.clear();
  for (const std::string& value : values) {
    const std::string kind = base::ascii_lower(value);
    if (!record::is_kind_name(kind)) {
      const auto near = base::closest(kind, base::split_list(record::kind_names()));
      return base::fail(ErrorKind::usage,
                        fmt::format("--{}: unknown value '{}'", name, base::printable(value)),
                        fmt::format("{}known: {}; an accuracy task goes to --accuracy-tasks {}",
                                    near ? fmt::format("did you mean {}? ", *near) : "", record::kind_names(),
                                    base::printable(value)));
    }
    plan.kinds.insert(record::cell_kind(kind));
  }
  return {};
}

Status set_limit(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const double limit, number_from(name, values.front(), 0.0, 1e12));
  if (limit == 0.0 || (limit > 1.0 && limit != static_cast<double>(static_cast<std::int64_t>(limit)))) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--accuracy-limit: '{}' is no count or fraction", values.front()),
                      "give a whole number of items, or a fraction below 1");
  }
  plan.accuracy_settings.limit = limit;
  return {};
}

Status set_until_decided(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(plan.accuracy_settings.until_decided_points, number_from(name, values.front(), 0.01, 100.0));
  return {};
}

Status set_chat_variables(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(plan.accuracy_settings.chat_template_kwargs, chat_variables_from(name, values.front()));
  return {};
}

Status set_include_paths(Plan& plan, std::string_view, const Values& values) {
  plan.accuracy_settings.include_paths.assign(values.begin(), values.end());
  return {};
}

Status set_seed(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const std::int64_t seed, integer_from(name, values.front(), 0, INT64_MAX));
  plan.seed = static_cast<std::uint64_t>(seed);
  return {};
}

}  // namespace bantam::plan
