#include "base/result.hpp"

#include <array>

namespace bantam::base {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 8> kNames{{
    {ErrorKind::usage, "usage"},
    {ErrorKind::bad_input, "bad_input"},
    {ErrorKind::environment, "environment"},
    {ErrorKind::storage, "storage"},
    {ErrorKind::invalid_measurement, "invalid_measurement"},
    {ErrorKind::worker, "worker"},
    {ErrorKind::integrity, "integrity"},
    {ErrorKind::interrupted, "interrupted"},
}};

}  // namespace

std::string_view name(ErrorKind kind) {
  for (const auto& [value, text] : kNames) {
    if (value == kind) return text;
  }
  return {};
}

std::optional<ErrorKind> error_kind_from(std::string_view text) {
  for (const auto& [value, known] : kNames) {
    if (known == text) return value;
  }
  return std::nullopt;
}

}  // namespace bantam::base
