#include "base/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::base {
namespace {

Descriptor above_standard(int number) {
  const Descriptor low(number);
  return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

// Everything that exec needs, made before the fork: the child may not allocate.
struct ChildSide {
  int input, output, errors;
  int failure;  // errno goes here when the program cannot be started
  pid_t parent;
  const char* input_file;  // in place of `input`; null: none
  const char* folder;      // null: here
  char* const* arguments;
  char* const* environment;
};

// Between fork and exec: only calls that are safe after fork in a program with threads.
[[noreturn]] void become(const ChildSide& side) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int input = side.input_file == nullptr ? side.input : ::open(side.input_file, O_RDONLY);
  const bool ready = ::getppid() == side.parent && input >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
                     ::dup2(side.output, STDOUT_FILENO) >= 0 && ::dup2(side.errors, STDERR_FILENO) >= 0 &&
                     (side.folder == nullptr || ::chdir(side.folder) == 0);
  if (ready) ::execvpe(side.arguments[0], side.arguments, side.environment);
  const int reason = errno;
  static_cast<void>(!::write(side.failure, &reason, sizeof reason));
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// 0 when the program was started: exec closes the pipe without a word.
int start_failure(const Descriptor& source) {
  int reason = 0;
  ssize_t got = 0;
  do {
    got = ::read(source.number(), &reason, sizeof reason);
  } while (got < 0 && errno == EINTR);
  return got == sizeof reason ? reason : 0;
}

}  // namespace

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    Pipe pipe{above_standard(ends[0]), above_standard(ends[1])};
    if (pipe.read_end && pipe.write_end) return pipe;
  }
  return fail(ErrorKind::environment, fmt::format("cannot make a pipe: {}", errno_text(errno)));
}

Result<Child> start_child(const ChildProgram& program) {
  if (program.arguments.empty()) return fail(ErrorKind::usage, "there is no program to run");
  Pipe input;
  if (!program.input) {
    TRY_ASSIGN(input, make_pipe());
  }
  TRY_ASSIGN(Pipe output, make_pipe());
  TRY_ASSIGN(Pipe errors, make_pipe());
  TRY_ASSIGN(Pipe failure, make_pipe());
  std::vector<std::string> words = program.arguments;
  std::vector<std::string> settings = program.environment;
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(settings);
  const ChildSide side{input.read_end.number(),
                       output.write_end.number(),
                       errors.write_end.number(),
                       failure.write_end.number(),
                       ::getpid(),
                       program.input ? program.input->c_str() : nullptr,
                       program.folder.empty() ? nullptr : program.folder.c_str(),
                       arguments.data(),
                       environment.data()};
  const pid_t pid = ::fork();
  if (pid == 0) become(side);
  const auto not_started = [&program](int reason) {
    return fail(ErrorKind::environment,
                fmt::format("cannot start {}: {}", printable(program.arguments[0]), errno_text(reason)));
  };
  if (pid < 0) return not_started(errno);
  // Our copies of its ends would keep the pipes open when it is gone.
  input.read_end.close();
  output.write_end.close();
  errors.write_end.close();
  failure.write_end.close();
  if (const int reason = start_failure(failure.read_end); reason != 0) {
    kill_child(pid);
    return not_started(reason);
  }
  return Child{pid, std::move(input.write_end), std::move(output.read_end), std::move(errors.read_end)};
}

void kill_child(pid_t pid) {
  if (pid <= 0) return;
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);  // in case it has no group of its own yet
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace bantam::base
