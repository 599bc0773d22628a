#pragma once
// The two kinds of refusal.

#include <fmt/format.h>

#include <string>

#include "base/result.hpp"

namespace bantam::jinja {

// What Jinja2 refuses as well.
inline tl::unexpected<base::Error> raised(std::string message) {
  return base::fail(base::ErrorKind::bad_input, std::move(message));
}

// What Jinja2 may do and we do not.
inline tl::unexpected<base::Error> unsupported(std::string_view what) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("not supported: {}", what));
}

inline tl::unexpected<base::Error> type_error(std::string message) {
  return raised("TypeError: " + std::move(message));
}

inline tl::unexpected<base::Error> value_error(std::string message) {
  return raised("ValueError: " + std::move(message));
}

inline tl::unexpected<base::Error> at_line(int line, base::Error error);
inline tl::unexpected<base::Error> at_line(int line, tl::unexpected<base::Error> error) {
  return at_line(line, std::move(error).value());
}
inline tl::unexpected<base::Error> at_line(int line, base::Error error) {
  if (!error.message.starts_with("line ")) error.message = fmt::format("line {}: {}", line, error.message);
  return tl::unexpected<base::Error>(std::move(error));
}

}  // namespace bantam::jinja
