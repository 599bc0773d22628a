#include "store/score_rows.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/json.hpp"
#include "store/contradiction.hpp"

namespace bantam::store {
namespace {

// A number, taken off the text; absent where it is written in another way than ours.
std::optional<double> plain_number(std::string_view& rest) {
  // What from_chars takes and JSON does not, "inf" and the like, has a letter where a digit is expected.
  const std::size_t digit = rest.starts_with('-') ? 1 : 0;
  if (digit >= rest.size() || rest[digit] < '0' || rest[digit] > '9') return std::nullopt;
  double value = 0.0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || end == rest.data() + rest.size()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

// As our own writer lays it out: no blanks, names without escapes. `is_ours` is false for any other text.
std::optional<double> quick_number_in(std::string_view object, std::string_view member, bool& is_ours) {
  is_ours = false;
  std::optional<double> found;
  std::string_view rest = object;
  if (!rest.starts_with("{\"")) return found;
  rest.remove_prefix(1);
  while (rest.starts_with('"')) {
    const std::size_t end = rest.find('"', 1);
    if (end == std::string_view::npos) return found;
    const std::string_view name = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (name.find('\\') != std::string_view::npos || !rest.starts_with(':')) return found;
    rest.remove_prefix(1);
    const auto value = plain_number(rest);
    if (!value) return found;
    if (name == member) found = value;
    if (rest == "}") {
      is_ours = true;
      return found;
    }
    if (!rest.starts_with(',')) return found;
    rest.remove_prefix(1);
  }
  return found;
}

}  // namespace

base::Result<std::optional<double>> number_in(std::string_view object, std::string_view member) {
  bool is_ours = false;
  const auto quick = quick_number_in(object, member, is_ours);
  if (is_ours) return quick;
  TRY_ASSIGN(const base::Json json, base::parse_json(object, "metrics of an item"));
  if (!json.is_object()) return base::fail(base::ErrorKind::bad_input, "metrics of an item are no object");
  std::optional<double> found;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_number())
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("metric '{}' of an item is not a number", name));
    if (name == member) found = value.get<double>();
  }
  return found;
}

base::Result<std::optional<ScoreRows::Row>> ScoreRows::next() {
  while (true) {
    TRY_ASSIGN(const bool row, select_.step());
    if (!row) return std::nullopt;
    if (select_.integer(3) == 0) return contradiction(*database_, changed("an item", cell_key_));
    const auto value = number_in(select_.text(2), metric_);
    if (!value) return contradiction(*database_, value.error().message);
    if (*value) return Row{select_.text(0), select_.integer(1), **value};
  }
}

}  // namespace bantam::store
