#pragma once
// The client of taskcode/run.py (taskcode/PROTOCOL.md), which runs the Python functions of task files in a
// process under limits. Nothing of that code ever runs in this process; all that comes back is a claim of it.

#include <functional>
#include <string>

#include "base/json.hpp"
#include "base/line_program.hpp"
#include "base/result.hpp"

namespace bantam::taskcode {

// The Python that runs it: this variable's, else python3 on PATH. It needs version 3.11 or later.
inline constexpr const char* kPythonVariable = "BANTAM_TASK_PYTHON";
// Seconds that one request may take; absent: 120.
inline constexpr const char* kSecondsVariable = "BANTAM_TASK_CODE_SECONDS";

class Runner {
 public:
  // `stopped`: see base::LineProgram. environment, with the reason, when there is no such Python or the
  // machine gives no isolation; usage for a variable that cannot be read; storage when the program cannot be
  // unpacked.
  static base::Result<Runner> start(std::function<bool()> stopped = {});

  // SHA-256 of the program with its stand-ins: part of what results depend on.
  const std::string& program() const { return program_hash_; }
  // That, and the version of Python.
  const std::string& version() const { return version_; }
  const std::string& python() const { return python_; }

  // The last line of the answer; the others go to `on_line` as they come, whose error ends the program and is
  // the result. `who`, a task's name, begins every message.
  // bad_input when the code failed, with file and line of it; environment when it asked for a package that is
  // not installed, or for anything else in vain (`lacked`), as values are then other than they should be.
  using OnLine = std::function<base::Status(base::Json line)>;
  base::Result<base::Json> ask(const std::string& who, base::Json request, const OnLine& on_line = {});

 private:
  Runner(base::LineProgram program, std::string python)
      : program_(std::move(program)), python_(std::move(python)) {}
  base::Status greet();

  base::LineProgram program_;
  std::string python_;
  std::string program_hash_;
  std::string version_;
  double seconds_ = 120.0;
};

// What an error of the code is for a task: the object behind `error` of the protocol.
base::Error code_error(const std::string& who, const base::Json& error, const std::string& python);

}  // namespace bantam::taskcode
