#pragma once
// Errors are values: every call that can fail returns Result<T>. Nothing of ours throws; the exceptions of
// third-party libraries are caught in the file that wraps them.

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace bantam::base {

// Closed list. Each kind maps to one exit code (cli/command.hpp); the names are what records store.
enum class ErrorKind {
  usage,                // the request itself is wrong
  bad_input,            // a model, task or data file is wrong
  environment,          // this machine or its permissions are in the way
  storage,              // the store or an output file cannot be written or read
  invalid_measurement,  // measured, but a validity gate says it must not be used
  worker,               // the worker process died, hung or was killed
  integrity,            // content is not what it was declared to be
  interrupted,          // a signal asked us to stop; the work can be resumed
};

std::string_view name(ErrorKind kind);
// Absent when `text` names no kind.
std::optional<ErrorKind> error_kind_from(std::string_view text);

struct Error {
  ErrorKind kind = ErrorKind::bad_input;
  std::string message;  // one line; names the thing
  std::string hint;     // one line; the remedy. Empty when there is none to give
  std::optional<std::string> signal = std::nullopt;  // "SIGSEGV" when a worker process died of it
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint), std::nullopt});
}

}  // namespace bantam::base

#define BANTAM_CONCAT_INNER(a, b) a##b
#define BANTAM_CONCAT(a, b) BANTAM_CONCAT_INNER(a, b)

// TRY(expression): return its error from the enclosing function, else go on.
#define TRY(expression)                                                              \
  do {                                                                               \
    if (auto try_result = (expression); !try_result) {                               \
      return ::tl::unexpected<::bantam::base::Error>(std::move(try_result).error()); \
    }                                                                                \
  } while (false)

// TRY_ASSIGN(auto x, expression): the value on success, else return the error.
#define TRY_ASSIGN(declaration, expression)                                                                  \
  auto BANTAM_CONCAT(try_result_, __LINE__) = (expression);                                                  \
  if (!BANTAM_CONCAT(try_result_, __LINE__)) {                                                               \
    return ::tl::unexpected<::bantam::base::Error>(std::move(BANTAM_CONCAT(try_result_, __LINE__)).error()); \
  }                                                                                                          \
  declaration = *std::move(BANTAM_CONCAT(try_result_, __LINE__))
