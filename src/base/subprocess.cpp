#include "base/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

extern char** environ;

namespace bantam::base {
namespace {

// Our end of a pipe, closed when it goes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    close();
    number_ = std::exchange(other.number_, -1);
    return *this;
  }
  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

// Away from 0, 1 and 2, which may be closed in our process and are given to the child.
Descriptor above_standard(int number) {
  const Descriptor low(number);
  return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    Pipe pipe{above_standard(ends[0]), above_standard(ends[1])};
    if (pipe.read_end && pipe.write_end) return pipe;
  }
  return fail(ErrorKind::environment, fmt::format("cannot make a pipe: {}", errno_text(errno)));
}

// Everything that exec needs, made before the fork: the child may not allocate.
struct Image {
  std::vector<char*> arguments;
  std::vector<std::string> settings;
  std::vector<char*> environment;
  const char* folder = nullptr;
  const char* input = "/dev/null";
};

bool sets(std::string_view setting, std::string_view name) {
  return setting.starts_with(name) && setting.size() > name.size() && setting[name.size()] == '=';
}

Image make_image(const Program& program) {
  Image image;
  for (const std::string& argument : program.arguments) {
    image.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  image.arguments.push_back(nullptr);
  for (char** setting = environ; setting != nullptr && *setting != nullptr; ++setting) {
    const auto named = [&](const std::string& name) { return sets(*setting, name); };
    const bool replaced = std::any_of(program.environment.begin(), program.environment.end(),
                                      [&](const auto& entry) { return named(entry.first); });
    if (!replaced && std::none_of(program.unset.begin(), program.unset.end(), named)) {
      image.settings.emplace_back(*setting);
    }
  }
  for (const auto& [name, value] : program.environment) image.settings.push_back(name + "=" + value);
  for (std::string& setting : image.settings) image.environment.push_back(setting.data());
  image.environment.push_back(nullptr);
  if (!program.folder.empty()) image.folder = program.folder.c_str();
  if (!program.input.empty()) image.input = program.input.c_str();
  return image;
}

struct ChildSide {
  int output;
  int errors;
  int failure;  // errno goes here when the program cannot be started
  pid_t parent;
};

// Between fork and exec: only calls that are safe after fork in a program with threads.
[[noreturn]] void become(const Image& image, const ChildSide& side) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int input = ::open(image.input, O_RDONLY);
  const bool ready = ::getppid() == side.parent && input >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
                     ::dup2(side.output, STDOUT_FILENO) >= 0 && ::dup2(side.errors, STDERR_FILENO) >= 0 &&
                     (image.folder == nullptr || ::chdir(image.folder) == 0);
  if (ready) ::execvpe(image.arguments[0], image.arguments.data(), image.environment.data());
  const int reason = errno;
  static_cast<void>(!::write(side.failure, &reason, sizeof reason));
  ::_exit(127);
}

// One output of the program: keeps its end, and cuts it into lines.
class Stream {
 public:
  Stream(Descriptor source, const Program& program) : source_(std::move(source)), program_(program) {}

  int descriptor() const { return source_.number(); }

  // Takes in what is there; closes itself at the end.
  void read() {
    std::array<char, 1 << 16> block;
    const ssize_t got = ::read(source_.number(), block.data(), block.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
      if (!line_.empty()) end_line();
      source_.close();
      return;
    }
    take({block.data(), static_cast<std::size_t>(got)});
  }

  std::string kept() && { return std::move(kept_); }

 private:
  void take(std::string_view text) {
    kept_.append(text);
    if (kept_.size() > program_.most_output) kept_.erase(0, kept_.size() - program_.most_output);
    if (!program_.on_line) return;
    for (const char c : text) {
      if (c == '\n' || c == '\r') {
        end_line();
      } else if (line_.size() < program_.most_output) {
        line_.push_back(c);
      }
    }
  }
  void end_line() {
    if (!line_.empty()) program_.on_line(line_);
    line_.clear();
  }

  Descriptor source_;
  const Program& program_;
  std::string kept_;
  std::string line_;
};

class RunningProgram {
 public:
  RunningProgram(pid_t pid, const Program& program)
      : pid_(pid), program_(program), start_ns_(clock_.now_ns()) {}
  ~RunningProgram() {
    if (pid_ > 0) {
      kill_group();
      wait(0);
    }
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // Reads both outputs until they end or the time is over.
  void read_all(Stream& output, Stream& errors) {
    while (output.descriptor() >= 0 || errors.descriptor() >= 0) {
      std::array<pollfd, 2> both{pollfd{output.descriptor(), POLLIN, 0},
                                 pollfd{errors.descriptor(), POLLIN, 0}};
      const int ready = ::poll(both.data(), both.size(), wait_ms());
      if (ready < 0 && errno != EINTR) return;
      if (time_is_over()) return;
      if (both[0].revents != 0) output.read();
      if (both[1].revents != 0) errors.read();
    }
  }

  // The exit code. A program that closed its outputs may still run; it has what is left of its time.
  int end() {
    while (!timed_out_ && !wait(WNOHANG)) {
      if (time_is_over()) break;
      ::usleep(kPollMicroseconds);
    }
    if (timed_out_ && pid_ > 0) {
      kill_group();
      wait(0);
    }
    return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  }

  bool timed_out() const { return timed_out_; }

 private:
  static constexpr unsigned kPollMicroseconds = 5000;

  double left_s() const { return *program_.timeout_s - seconds(clock_.now_ns() - start_ns_); }
  int wait_ms() const { return program_.timeout_s ? std::max(0, static_cast<int>(left_s() * 1e3) + 1) : -1; }
  bool time_is_over() {
    timed_out_ = program_.timeout_s && left_s() <= 0.0;
    return timed_out_;
  }
  void kill_group() const {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // in case it has no group of its own yet
  }
  bool wait(int options) {
    const pid_t gone = ::waitpid(pid_, &status_, options);
    if (gone == 0 || (gone < 0 && errno == EINTR)) return false;
    pid_ = -1;
    return true;
  }

  pid_t pid_;
  const Program& program_;
  MonotonicClock clock_;
  std::int64_t start_ns_;
  int status_ = 0;
  bool timed_out_ = false;
};

// Absent when the program was started: exec closes the pipe without a word.
std::optional<int> start_failure(Descriptor source) {
  int reason = 0;
  ssize_t got = 0;
  do {
    got = ::read(source.number(), &reason, sizeof reason);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof reason) return std::nullopt;
  return reason;
}

}  // namespace

std::string ProgramEnd::last_words() const {
  for (const std::string* text : {&errors, &output}) {
    auto lines = split(*text, '\n');
    const auto last = std::find_if(lines.rbegin(), lines.rend(),
                                   [](const std::string& line) { return !trim(line).empty(); });
    if (last != lines.rend()) return printable(trim(*last));
  }
  return {};
}

Result<ProgramEnd> run_program(const Program& program) {
  if (program.arguments.empty()) return fail(ErrorKind::usage, "there is no program to run");
  TRY_ASSIGN(Pipe output, make_pipe());
  TRY_ASSIGN(Pipe errors, make_pipe());
  TRY_ASSIGN(Pipe failure, make_pipe());
  const Image image = make_image(program);
  const ChildSide side{output.write_end.number(), errors.write_end.number(), failure.write_end.number(),
                       ::getpid()};
  const pid_t pid = ::fork();
  if (pid == 0) become(image, side);
  if (pid < 0) {
    return fail(ErrorKind::environment,
                fmt::format("cannot start {}: {}", printable(program.arguments[0]), errno_text(errno)));
  }
  RunningProgram running(pid, program);
  output.write_end.close();
  errors.write_end.close();
  failure.write_end.close();
  if (const auto reason = start_failure(std::move(failure.read_end))) {
    return fail(ErrorKind::environment,
                fmt::format("cannot start {}: {}", printable(program.arguments[0]), errno_text(*reason)));
  }
  Stream out(std::move(output.read_end), program);
  Stream err(std::move(errors.read_end), program);
  running.read_all(out, err);
  ProgramEnd end;
  end.exit_code = running.end();
  end.timed_out = running.timed_out();
  end.output = std::move(out).kept();
  end.errors = std::move(err).kept();
  return end;
}

}  // namespace bantam::base
