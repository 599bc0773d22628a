#pragma once
// Starts another program, spoken to by pipes: an argument list and no shell. It has a process group of its
// own and dies with the thread that started it.

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace bantam::base {

// Both ends are closed in programs that are started.
struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

// Away from 0, 1 and 2, which may be closed here. environment when there is none to be had.
Result<Pipe> make_pipe();

struct ChildProgram {
  std::vector<std::string> arguments;               // the program first: a path, or a name on PATH
  std::vector<std::string> environment;             // "NAME=VALUE", all of it
  std::filesystem::path folder = {};                // where it starts; empty: here
  std::optional<std::filesystem::path> input = {};  // the file that it reads from stdin; absent: a pipe
};

struct Child {
  pid_t pid = -1;
  Descriptor input;   // we write; none where it reads a file
  Descriptor output;  // we read
  Descriptor errors;  // we read
};

// environment, naming the program, when it cannot be started or its input cannot be opened; usage without a
// program.
Result<Child> start_child(const ChildProgram& program);

// Kills the program with its group and waits for its end. Nothing for a pid of 0 or less.
void kill_child(pid_t pid);

}  // namespace bantam::base
