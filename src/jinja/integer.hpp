#pragma once
// Integers of any size within a limit, with Python's meaning of // and %.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::jinja {

class Integer {
 public:
  // More bits than this are never made: Python itself prints no more than 4,300 digits.
  static constexpr std::size_t kMaxBits = 14'400;

  Integer() = default;
  Integer(std::int64_t value);  // NOLINT: a number is a number
  static Integer from_unsigned(std::uint64_t value);
  // Digits only, in `base` (2 to 36), without sign. Absent when a character is none, there is none, or there
  // are too many.
  static std::optional<Integer> parse(std::string_view digits, unsigned base = 10);
  // The integral part of a finite number.
  static Integer from_double(double value);

  bool is_zero() const { return words_.empty(); }
  bool is_negative() const { return negative_; }
  std::size_t bits() const;                   // of the magnitude
  std::optional<std::int64_t> small() const;  // absent when it does not fit
  // Rounded to nearest, ties to even; absent when it is beyond the range of double.
  std::optional<double> to_double() const;
  std::string text(unsigned base = 10) const;

  Integer operator-() const;
  Integer magnitude() const;
  friend Integer operator+(const Integer& a, const Integer& b);
  friend Integer operator-(const Integer& a, const Integer& b);
  friend Integer operator*(const Integer& a, const Integer& b);
  // Floor division; `b` is not zero. The remainder has the sign of `b`.
  static std::pair<Integer, Integer> floor_divide(const Integer& a, const Integer& b);
  Integer shifted_left(std::size_t bits) const;
  friend bool operator==(const Integer& a, const Integer& b) = default;
  friend std::strong_ordering operator<=>(const Integer& a, const Integer& b);

 private:
  using Words = std::vector<std::uint32_t>;
  static Words add(const Words& a, const Words& b);
  static Words subtract(const Words& a, const Words& b);  // a >= b
  static std::strong_ordering compare(const Words& a, const Words& b);
  static std::pair<Words, Words> divide(const Words& a, const Words& b);
  static Integer made(bool negative, Words words);

  bool negative_ = false;
  Words words_;  // lowest first, no zero at the end
};

// a / b as Python divides integers: the nearest double. Absent when it is out of range; `b` is not zero.
std::optional<double> true_quotient(const Integer& a, const Integer& b);

}  // namespace bantam::jinja
