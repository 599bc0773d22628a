#include "base/yaml_scalars.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/text.hpp"

namespace bantam::base {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigitsAndLine = "0123456789_";
constexpr std::string_view kBlanks = " \t";
// 60 to this power is still exact as a double.
constexpr std::size_t kMostSexagesimals = 13;

// A text from its front.
class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  // Takes a character of the set.
  bool one(std::string_view set) {
    if (rest_.empty() || set.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Takes `least` to `most` characters of the set, as many as there are.
  bool run(std::string_view set, std::size_t least,
           std::size_t most = std::numeric_limits<std::size_t>::max()) {
    std::size_t taken = 0;
    while (taken < most && one(set)) ++taken;
    return taken >= least;
  }
  bool word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

 private:
  std::string_view rest_;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// ":59" once or more.
bool sexagesimals(Scan& scan) {
  bool any = false;
  while (scan.word(":")) {
    any = true;
    if (scan.one("012345")) {
      scan.one(kDigits);
    } else if (!scan.one("6789")) {
      return false;
    }
  }
  return any;
}

bool is_bool(std::string_view text) {
  return is_one_of(text, {"yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "on", "On", "ON",
                          "false", "False", "FALSE", "off", "Off", "OFF"});
}

bool is_null(std::string_view text) {
  return is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

bool is_integer(std::string_view text) {
  Scan sign(text);
  sign.one("+-");
  const auto is = [&](auto&& form) {
    Scan scan = sign;
    return form(scan) && scan.done();
  };
  return is([](Scan& s) { return s.word("0b") && s.run("01_", 1); }) ||
         is([](Scan& s) { return s.word("0x") && s.run("0123456789abcdefABCDEF_", 1); }) ||
         is([](Scan& s) { return s.word("0") && s.run("01234567_", 0); }) ||
         is([](Scan& s) { return s.one("123456789") && s.run(kDigitsAndLine, 0); }) ||
         is([](Scan& s) { return s.one("123456789") && s.run(kDigitsAndLine, 0) && sexagesimals(s); });
}

bool exponent(Scan& scan) {
  return !scan.one("eE") || (scan.one("+-") && scan.run(kDigits, 1));
}

bool is_float(std::string_view text) {
  Scan sign(text);
  sign.one("+-");
  const auto is = [](Scan scan, auto&& form) { return form(scan) && scan.done(); };
  const auto whole = [](Scan& s) { return s.one(kDigits) && s.run(kDigitsAndLine, 0); };
  return is(sign,
            [&](Scan& s) { return whole(s) && s.word(".") && s.run(kDigitsAndLine, 0) && exponent(s); }) ||
         is(Scan(text), [&](Scan& s) { return s.word(".") && whole(s) && exponent(s); }) ||
         is(sign,
            [&](Scan& s) {
              return whole(s) && sexagesimals(s) && s.word(".") && s.run(kDigitsAndLine, 0);
            }) ||
         is(sign, [](Scan& s) { return s.word(".inf") || s.word(".Inf") || s.word(".INF"); }) ||
         is_one_of(text, {".nan", ".NaN", ".NAN"});
}

bool is_date(std::string_view text) {
  Scan scan(text);
  return scan.run(kDigits, 4, 4) && scan.word("-") && scan.run(kDigits, 2, 2) && scan.word("-") &&
         scan.run(kDigits, 2, 2) && scan.done();
}

bool is_time(std::string_view text) {
  Scan scan(text);
  const bool moment = scan.run(kDigits, 4, 4) && scan.word("-") && scan.run(kDigits, 1, 2) &&
                      scan.word("-") && scan.run(kDigits, 1, 2) && (scan.one("Tt") || scan.run(kBlanks, 1)) &&
                      scan.run(kDigits, 1, 2) && scan.word(":") && scan.run(kDigits, 2, 2) &&
                      scan.word(":") && scan.run(kDigits, 2, 2);
  if (!moment) return false;
  if (scan.word(".")) scan.run(kDigits, 0);
  if (scan.done()) return true;
  scan.run(kBlanks, 0);
  if (scan.word("Z")) return scan.done();
  return scan.one("+-") && scan.run(kDigits, 1, 2) && (!scan.word(":") || scan.run(kDigits, 2, 2)) &&
         scan.done();
}

std::string shown(std::string_view text) {
  return ellipsize(printable(text), 60);
}

using Value = tl::expected<Json, std::string>;

tl::unexpected<std::string> refuse(std::string_view text, std::string_view reason) {
  return tl::unexpected(fmt::format("'{}' {}", shown(text), reason));
}

struct Signed {
  bool negative = false;
  std::string digits;  // without sign and underscores
};

Signed without_sign(const std::string& text) {
  std::string digits = replace_all(text, "_", "");
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  return {negative, std::move(digits)};
}

std::optional<std::uint64_t> magnitude(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> sexagesimal(const std::string& digits) {
  std::uint64_t sum = 0;
  for (const std::string& part : split(digits, ':')) {
    const auto value = magnitude(part, 10);
    if (!value || __builtin_mul_overflow(sum, std::uint64_t{60}, &sum) ||
        __builtin_add_overflow(sum, *value, &sum))
      return std::nullopt;
  }
  return sum;
}

Value integer(const std::string& text) {
  if (!is_integer(text)) return refuse(text, "is not an integer");
  const auto [negative, digits] = without_sign(text);
  if (digits == "0b" || digits == "0x") return refuse(text, "is not an integer");
  const auto size = digits.starts_with("0b")                ? magnitude(digits.substr(2), 2)
                    : digits.starts_with("0x")              ? magnitude(digits.substr(2), 16)
                    : digits.starts_with('0')               ? magnitude(digits, 8)
                    : digits.find(':') != std::string::npos ? sexagesimal(digits)
                                                            : magnitude(digits, 10);
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (!size || *size > kMost + (negative ? 1 : 0)) {
    return refuse(text, "is an integer of more than 64 bits; put it into quotes if text is meant");
  }
  return Json(negative ? static_cast<std::int64_t>(-*size) : static_cast<std::int64_t>(*size));
}

std::optional<double> sexagesimal_float(const std::string& digits) {
  std::vector<std::string> parts = split(digits, ':');
  if (parts.size() > kMostSexagesimals) return std::nullopt;
  std::reverse(parts.begin(), parts.end());
  double sum = 0;
  double base = 1;
  for (const std::string& part : parts) {
    const auto value = parse_number(part);
    if (!value) return std::nullopt;
    sum += *value * base;
    base *= 60;
  }
  return sum;
}

Value floating(const std::string& text) {
  // With an explicit tag an integer, or a float with a bare exponent, is a float as well.
  Scan scan(text);
  scan.one("+-");
  const bool bare = scan.run(kDigits, 1) && (!scan.word(".") || scan.run(kDigits, 0)) &&
                    (!scan.one("eE") || (scan.run("+-", 0, 1) && scan.run(kDigits, 1))) && scan.done();
  if (!bare && !is_float(text)) return refuse(text, "is not a number");
  const auto [negative, cased] = without_sign(text);
  const std::string digits = ascii_lower(cased);
  if (digits == ".inf" || digits == ".nan") return refuse(text, "is a value that no setting can have");
  const auto size = digits.find(':') != std::string::npos ? sexagesimal_float(digits) : parse_number(digits);
  if (!size || !std::isfinite(*size)) return refuse(text, "is out of the range of numbers");
  return Json(negative ? -*size : *size);
}

Value boolean(const std::string& text) {
  const std::string lower = ascii_lower(text);
  if (is_one_of(lower, {"yes", "true", "on"})) return Json(true);
  if (is_one_of(lower, {"no", "false", "off"})) return Json(false);
  return refuse(text, "is neither true nor false");
}

}  // namespace

std::string_view tag_of_plain(std::string_view text) {
  if (is_null(text)) return "tag:yaml.org,2002:null";
  if (is_bool(text)) return "tag:yaml.org,2002:bool";
  if (is_float(text)) return "tag:yaml.org,2002:float";
  if (is_integer(text)) return "tag:yaml.org,2002:int";
  if (is_date(text) || is_time(text)) return "tag:yaml.org,2002:timestamp";
  if (text == "<<") return kYamlMerge;
  if (text == "=") return kYamlValue;
  return kYamlText;
}

Value value_of(std::string_view tag, const std::string& text) {
  if (tag == kYamlText) return Json(text);
  const std::string_view name = tag.substr(std::min(tag.size(), kYamlTags.size()));
  if (name == "null") return Json(nullptr);
  if (name == "bool") return boolean(text);
  if (name == "int") return integer(text);
  if (name == "float") return floating(text);
  if (name == "timestamp") return refuse(text, "is a date; put it into quotes if text is meant");
  return refuse(text, "has a meaning of its own in YAML; put it into quotes if text is meant");
}

}  // namespace bantam::base
