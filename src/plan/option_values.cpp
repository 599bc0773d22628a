#include "plan/option_values.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/text.hpp"

namespace bantam::plan {
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

Result<std::string> scalar_text(const base::Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return base::to_text(value);
  return base::fail(ErrorKind::usage, "a text, number or boolean is expected");
}

Result<std::string> model_text(const base::Json& value) {
  const auto path = base::string_at(value, "path");
  if (!path) return base::fail(ErrorKind::usage, "a model needs a path (and may have a name)");
  for (const auto& entry : value.items()) {
    if (entry.key() != "name" && entry.key() != "path") {
      return base::fail(ErrorKind::usage,
                        fmt::format("unknown model key '{}'", base::printable(entry.key())));
    }
  }
  const auto name = base::string_at(value, "name");
  return name ? fmt::format("{}={}", *name, *path) : *path;
}

}  // namespace

std::string flag_name(std::string_view option_name) {
  return base::replace_all(std::string(option_name), "_", "-");
}

Result<std::int64_t> integer_from(std::string_view flag, const std::string& text, std::int64_t low,
                                  std::int64_t high) {
  return within(flag, text, base::parse_integer(text), low, high, "a whole number");
}

Result<double> number_from(std::string_view flag, const std::string& text, double low, double high) {
  return within(flag, text, base::parse_number(text), low, high, "a number");
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
  return base::fail(ErrorKind::usage, fmt::format("--{}: unknown value '{}'", flag, base::printable(text)),
                    fmt::format("known: {}", base::join(allowed, ", ")));
}

Result<std::vector<std::string>> texts_from(const base::Json& value) {
  std::vector<std::string> texts;
  if (!value.is_array()) {
    TRY_ASSIGN(std::string text, value.is_object() ? model_text(value) : scalar_text(value));
    texts.push_back(std::move(text));
    return texts;
  }
  for (const auto& element : value) {
    TRY_ASSIGN(std::string text, element.is_object() ? model_text(element) : scalar_text(element));
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace bantam::plan
