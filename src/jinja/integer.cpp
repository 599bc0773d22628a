#include "jinja/integer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace bantam::jinja {

Integer Integer::made(bool negative, Words words) {
  while (!words.empty() && words.back() == 0) words.pop_back();
  Integer out;
  out.negative_ = negative && !words.empty();
  out.words_ = std::move(words);
  return out;
}

Integer::Integer(std::int64_t value) {
  const bool negative = value < 0;
  const std::uint64_t magnitude =
      negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  *this = from_unsigned(magnitude);
  negative_ = negative;
}

Integer Integer::from_unsigned(std::uint64_t value) {
  return made(false, {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)});
}

std::optional<Integer> Integer::parse(std::string_view digits, unsigned base) {
  if (digits.empty()) return std::nullopt;
  Integer out;
  for (const char c : digits) {
    unsigned digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'z') digit = static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'Z') digit = static_cast<unsigned>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    std::uint64_t carry = digit;
    for (std::uint32_t& word : out.words_) {
      carry += std::uint64_t{word} * base;
      word = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) out.words_.push_back(static_cast<std::uint32_t>(carry));
    if (out.bits() > kMaxBits) return std::nullopt;
  }
  return out;
}

Integer Integer::from_double(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::trunc(std::fabs(value)), &exponent);
  if (fraction == 0) return {};
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
  Integer out = from_unsigned(mantissa);
  if (exponent >= 53) {
    out = out.shifted_left(static_cast<std::size_t>(exponent - 53));
  } else {
    out = from_unsigned(mantissa >> (53 - exponent));
  }
  out.negative_ = value < 0 && !out.is_zero();
  return out;
}

std::size_t Integer::bits() const {
  return words_.empty() ? 0 : words_.size() * 32 - static_cast<std::size_t>(std::countl_zero(words_.back()));
}

std::optional<std::int64_t> Integer::small() const {
  if (words_.size() > 2) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (std::size_t i = words_.size(); i-- > 0;) magnitude = (magnitude << 32) | words_[i];
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (negative_) {
    if (magnitude > kMost + 1) return std::nullopt;
    return static_cast<std::int64_t>(~magnitude + 1);
  }
  if (magnitude > kMost) return std::nullopt;
  return static_cast<std::int64_t>(magnitude);
}

std::optional<double> Integer::to_double() const {
  const std::size_t length = bits();
  if (length == 0) return 0.0;
  if (length > 1025) return std::nullopt;
  // The highest 64 bits, the last of which stands for everything below.
  std::uint64_t top = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    top <<= 1;
    if (i < length) {
      const std::size_t at = length - 1 - i;
      top |= (words_[at / 32] >> (at % 32)) & 1U;
    }
  }
  bool rest = false;
  if (length > 64) {
    for (std::size_t at = 0; at < length - 64 && !rest; ++at)
      rest = ((words_[at / 32] >> (at % 32)) & 1U) != 0;
  }
  std::uint64_t mantissa = top >> 11;
  const std::uint64_t below = top & 0x7FF;
  if (below > 0x400 || (below == 0x400 && (rest || (mantissa & 1U) != 0))) ++mantissa;
  const double value = std::ldexp(static_cast<double>(mantissa), static_cast<int>(length) - 53);
  if (std::isinf(value)) return std::nullopt;
  return negative_ ? -value : value;
}

std::string Integer::text(unsigned base) const {
  if (words_.empty()) return "0";
  std::string digits;
  Words left = words_;
  while (!left.empty()) {
    std::uint64_t rest = 0;
    for (std::size_t i = left.size(); i-- > 0;) {
      rest = (rest << 32) | left[i];
      left[i] = static_cast<std::uint32_t>(rest / base);
      rest %= base;
    }
    digits += "0123456789abcdefghijklmnopqrstuvwxyz"[rest];
    while (!left.empty() && left.back() == 0) left.pop_back();
  }
  if (negative_) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Integer Integer::operator-() const {
  return made(!negative_, words_);
}

Integer Integer::magnitude() const {
  return made(false, words_);
}

Integer::Words Integer::add(const Words& a, const Words& b) {
  Words out;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += (i < a.size() ? a[i] : 0ULL) + (i < b.size() ? b[i] : 0ULL);
    out.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  return out;
}

Integer::Words Integer::subtract(const Words& a, const Words& b) {
  Words out = a;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t difference = std::int64_t{a[i]} - (i < b.size() ? std::int64_t{b[i]} : 0) - borrow;
    borrow = difference < 0 ? 1 : 0;
    if (difference < 0) difference += std::int64_t{1} << 32;
    out[i] = static_cast<std::uint32_t>(difference);
  }
  return out;
}

std::strong_ordering Integer::compare(const Words& a, const Words& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] <=> b[i];
  }
  return std::strong_ordering::equal;
}

Integer operator+(const Integer& a, const Integer& b) {
  if (a.negative_ == b.negative_) return Integer::made(a.negative_, Integer::add(a.words_, b.words_));
  const bool a_larger = Integer::compare(a.words_, b.words_) >= 0;
  return a_larger ? Integer::made(a.negative_, Integer::subtract(a.words_, b.words_))
                  : Integer::made(b.negative_, Integer::subtract(b.words_, a.words_));
}

Integer operator-(const Integer& a, const Integer& b) {
  return a + (-b);
}

Integer operator*(const Integer& a, const Integer& b) {
  Integer::Words out(a.words_.size() + b.words_.size());
  for (std::size_t i = 0; i < a.words_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.words_.size() || carry != 0; ++j) {
      carry += out[i + j] + (j < b.words_.size() ? std::uint64_t{a.words_[i]} * b.words_[j] : 0);
      out[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  return Integer::made(a.negative_ != b.negative_, std::move(out));
}

// Bit by bit: the numbers are short.
std::pair<Integer::Words, Integer::Words> Integer::divide(const Words& a, const Words& b) {
  Words quotient(a.size());
  Words rest;
  for (std::size_t at = a.size() * 32; at-- > 0;) {
    std::uint32_t carry = (a[at / 32] >> (at % 32)) & 1U;
    for (std::uint32_t& word : rest) {
      const std::uint32_t out = word >> 31;
      word = (word << 1) | carry;
      carry = out;
    }
    if (carry != 0) rest.push_back(carry);
    if (compare(rest, b) >= 0) {
      rest = subtract(rest, b);
      while (!rest.empty() && rest.back() == 0) rest.pop_back();
      quotient[at / 32] |= std::uint32_t{1} << (at % 32);
    }
  }
  return {quotient, rest};
}

std::pair<Integer, Integer> Integer::floor_divide(const Integer& a, const Integer& b) {
  auto [words, rest_words] = divide(a.words_, b.words_);
  Integer quotient = made(a.negative_ != b.negative_, std::move(words));
  Integer rest = made(a.negative_, std::move(rest_words));
  if (!rest.is_zero() && a.negative_ != b.negative_) {
    quotient = quotient - Integer(1);
    rest = rest + b;
  }
  return {quotient, rest};
}

Integer Integer::shifted_left(std::size_t count) const {
  Words out(words_.size() + count / 32 + 1);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::uint64_t wide = std::uint64_t{words_[i]} << (count % 32);
    out[i + count / 32] |= static_cast<std::uint32_t>(wide);
    out[i + count / 32 + 1] |= static_cast<std::uint32_t>(wide >> 32);
  }
  return made(negative_, std::move(out));
}

std::strong_ordering operator<=>(const Integer& a, const Integer& b) {
  if (a.negative_ != b.negative_)
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.negative_ ? Integer::compare(b.words_, a.words_) : Integer::compare(a.words_, b.words_);
}

std::optional<double> true_quotient(const Integer& a, const Integer& b) {
  if (a.is_zero()) return b.is_negative() ? -0.0 : 0.0;
  constexpr std::size_t kExact = 53;
  if (a.bits() <= kExact && b.bits() <= kExact) return *a.to_double() / *b.to_double();
  // A quotient of at least 64 bits, whose last bit stands for the rest, is rounded once.
  const std::size_t wanted = b.bits() + 66;
  const std::size_t shift = wanted > a.bits() ? wanted - a.bits() : 0;
  auto [quotient, rest] = Integer::floor_divide(a.magnitude().shifted_left(shift), b.magnitude());
  quotient = quotient.shifted_left(1) + Integer(rest.is_zero() ? 0 : 1);
  if (quotient.bits() > 1000) return std::nullopt;
  const auto value = quotient.to_double();
  if (!value) return std::nullopt;
  const double scaled = std::ldexp(*value, -static_cast<int>(shift) - 1);
  if (std::isinf(scaled) || (scaled != 0 && std::fabs(scaled) < std::numeric_limits<double>::min())) {
    return std::nullopt;
  }
  return a.is_negative() != b.is_negative() ? -scaled : scaled;
}

}  // namespace bantam::jinja
