#include "metric/whole_numbers.hpp"

#include "base/text.hpp"
#include "score/python_text.hpp"

namespace bantam::metric {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::string_view digits = score::strip(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.front() == '+') return std::nullopt;
  return base::parse_integer(digits);
}

std::optional<bool> equals_a_number(const std::string& answer, std::span<const std::string_view> references,
                                    bool (*counts)(std::int64_t)) {
  const auto given = whole_number(answer);
  std::optional<bool> equal;
  for (const std::string_view reference : references) {
    const auto right = whole_number(reference);
    if (!right) continue;
    equal = equal.value_or(false) || (given == right && (counts == nullptr || counts(*right)));
  }
  return equal;
}

}  // namespace bantam::metric
