#include "jinja/filter_support.hpp"

#include <algorithm>

#include "jinja/numbers.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {

Result<Value> soft(Machine& machine, const Value& value) {
  if (value.is(Kind::string)) return value;
  TRY_ASSIGN(Text text, machine.str(value));
  return machine.text(std::move(text));
}

Result<bool> flag(Machine& machine, const std::optional<Value>& value, bool otherwise) {
  return value ? machine.truth(*value) : Result<bool>(otherwise);
}

bool is_given(const std::optional<Value>& value) {
  return value && !value->is(Kind::none);
}

Path path_of(Machine& machine, const Value& attribute) {
  if (attribute.is(Kind::none)) return {};
  if (!attribute.is(Kind::string)) return {attribute};
  Path path;
  Text part;
  const Text all = attribute.text() + U".";
  for (const char32_t c : all) {
    if (plain(c) != '.') {
      part += c;
      continue;
    }
    const bool digits = !part.empty() && std::all_of(part.begin(), part.end(),
                                                     [](char32_t d) { return text::is_decimal(plain(d)); });
    const auto number = digits ? parse_integer(part, 10) : std::nullopt;
    path.push_back(number ? machine.integer(*number) : machine.text(part));
    part.clear();
  }
  return path;
}

Result<Value> follow(Machine& machine, Value value, const Path& path, const std::optional<Value>& otherwise) {
  for (const Value& part : path) {
    TRY_ASSIGN(value, machine.item(value, part));
    if (is_given(otherwise) && value.is(Kind::undefined)) value = *otherwise;
  }
  return value;
}

}  // namespace bantam::jinja
