#pragma once
// Runs another program: an argument list and no shell, its output captured, a time limit. It starts in a
// process group of its own, which is killed as a whole when the limit is reached; it dies with this process.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace bantam::base {

struct Program {
  std::vector<std::string> arguments;  // the program first: a path, or a name on PATH
  std::filesystem::path folder;        // where it starts; empty: here
  std::filesystem::path input;         // the file that it reads from stdin; empty: nothing
  std::vector<std::pair<std::string, std::string>> environment;  // set on top of our own
  std::vector<std::string> unset;                                // left out of our own environment
  std::optional<double> timeout_s;
  std::size_t most_output = std::size_t{1} << 20;  // bytes kept of each of its two outputs, the last ones
  std::function<void(std::string_view line)> on_line = {};  // each line of either output, as it comes
};

struct ProgramEnd {
  int exit_code = 0;       // 128 + number when a signal ended it
  bool timed_out = false;  // killed at the time limit
  std::string output;      // stdout
  std::string errors;      // stderr
  bool ok() const { return exit_code == 0 && !timed_out; }
  // The last line of stderr that is not empty, else of stdout, control characters made visible.
  std::string last_words() const;
};

// environment, naming the program, when it cannot be started or its input cannot be opened. That it failed is
// no error here.
Result<ProgramEnd> run_program(const Program& program);

}  // namespace bantam::base
