#include "taskcode/runner.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "cache/embedded.hpp"

namespace bantam::taskcode {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr double kUsualSeconds = 120.0;  // the program's own
constexpr double kStartSeconds = 60.0;
constexpr double kGraceSeconds = 30.0;  // beyond the time after which the program itself ends the code
constexpr std::size_t kMostLine = std::size_t{256} << 20;
constexpr std::size_t kMostText = 400;

std::string shown(const std::string& text) {
  return base::ellipsize(base::printable(text), kMostText);
}

std::string text_at(const Json& object, const char* key) {
  return shown(base::string_at(object, key).value_or(""));
}

Result<double> seconds_allowed() {
  const std::string text = base::environment_text(kSecondsVariable);
  if (text.empty()) return kUsualSeconds;
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (*end == '\0' && std::isfinite(seconds) && seconds > 0.0 && seconds <= 86400.0) return seconds;
  return base::fail(ErrorKind::usage,
                    fmt::format("{}={}: not a number of seconds", kSecondsVariable, shown(text)),
                    "give 1 to 86400");
}

std::string needs_python() {
  return fmt::format("install Python 3.11 or later, or name one with {}=/path/python3", kPythonVariable);
}

std::string where(const Json& error) {
  const std::string place = text_at(error, "where");
  return place.empty() ? "" : fmt::format(" ({})", place);
}

}  // namespace

base::Error code_error(const std::string& who, const Json& error, const std::string& python) {
  const std::string kind = base::string_at(error, "kind").value_or("");
  const std::string told = text_at(error, "message");
  if (kind == "missing_package") {
    const std::string package = text_at(error, "package");
    return {ErrorKind::environment,
            fmt::format("{}: its Python code needs the package {}, which {} has not{}", who, package, python,
                        where(error)),
            fmt::format("install it: {} -m pip install {}", python, package)};
  }
  if (kind == "isolation")
    return {ErrorKind::environment, fmt::format("{}: its Python code cannot be run: {}", who, told),
            "use a machine whose kernel allows it, or leave the task out"};
  if (kind == "timeout" || kind == "cpu")
    return {ErrorKind::bad_input,
            fmt::format("{}: its Python code does not come to an end in time: {}", who, told),
            fmt::format("mend its code, or allow more with {}=SECONDS", kSecondsVariable)};
  const std::string type = text_at(error, "type");
  return {ErrorKind::bad_input,
          fmt::format("{}: its Python code fails{}: {}{}", who, where(error), type.empty() ? "" : type + ": ",
                      told.empty() ? kind : told),
          "mend the code, or leave the task out"};
}

Result<Runner> Runner::start(std::function<bool()> stopped) {
  TRY_ASSIGN(const double seconds, seconds_allowed());
  TRY_ASSIGN(const auto folder, cache::materialize_embedded());
  std::string python = base::environment_text(kPythonVariable);
  if (python.empty()) python = "python3";
  auto program = base::LineProgram::start({python, "-s", "-B", (folder / "taskcode" / "run.py").string()},
                                          std::move(stopped));
  if (!program) {
    program.error().hint = needs_python();
    return tl::unexpected(program.error());
  }
  Runner runner(*std::move(program), std::move(python));
  runner.seconds_ = seconds;
  TRY(runner.greet());
  return runner;
}

base::Status Runner::greet() {
  auto line = program_.line(kStartSeconds, kMostLine);
  if (!line) {
    if (line.error().kind != ErrorKind::interrupted) {
      line.error().message = "task code cannot be run: " + line.error().message;
      line.error().hint = needs_python();
    }
    return tl::unexpected(line.error());
  }
  TRY_ASSIGN(const Json hello, base::parse_json(*line, "first line of taskcode/run.py"));
  const auto protocol = base::integer_at(hello, "protocol");
  if (!base::bool_at(hello, "ready").value_or(false)) {
    const Json& error = base::child_at(hello, "error");
    std::string tail = text_at(error, "tail");
    return base::fail(
        ErrorKind::environment,
        fmt::format("task code cannot be run: {}{}", text_at(error, "message"),
                    tail.empty() ? "" : ": " + tail),
        "use a kernel that lets a process limit itself (user namespaces, Landlock, seccomp) and Python "
        "3.11 or later, or leave the task out");
  }
  if (protocol != 1)
    return base::fail(ErrorKind::environment, "taskcode/run.py speaks another protocol than this bantam");
  program_hash_ = text_at(hello, "code");
  version_ = fmt::format("{} Python {}", program_hash_, text_at(hello, "python"));
  if (seconds_ == kUsualSeconds) return {};
  const auto wall = static_cast<std::int64_t>(std::ceil(seconds_));
  const Json limits{{"wall_s", wall}, {"cpu_s", std::max<std::int64_t>(600, wall)}};
  TRY(ask("task code", {{"op", "limits"}, {"limits", limits}}));
  return {};
}

Result<Json> Runner::ask(const std::string& who, Json request, const OnLine& on_line) {
  const double most = std::ceil(seconds_) + kGraceSeconds;
  TRY(program_.send(base::to_text(request), most));
  while (true) {
    TRY_ASSIGN(const std::string text, program_.line(most, kMostLine));
    TRY_ASSIGN(Json line, base::parse_json(text, fmt::format("{}: an answer of its Python code", who)));
    if (!base::bool_at(line, "done").value_or(false)) {
      if (on_line) TRY(on_line(std::move(line)));
      continue;
    }
    // A package that is lacking often shows as some other error.
    const Json& lacked = base::child_at(line, "lacked");
    if (lacked.is_array() && !lacked.empty() && lacked.front().is_string())
      return base::fail(ErrorKind::environment,
                        fmt::format("{}: {}: its values would be other than lm-eval's", who,
                                    shown(lacked.front().get<std::string>())),
                        fmt::format("install what it needs for {}, or leave the task out", python_));
    if (const Json& error = base::child_at(line, "error"); !error.empty())
      return tl::unexpected(code_error(who, error, python_));
    return line;
  }
}

}  // namespace bantam::taskcode
