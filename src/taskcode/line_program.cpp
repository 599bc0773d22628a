#include "taskcode/line_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace bantam::taskcode {
namespace {

using base::Descriptor;
using base::ErrorKind;
using base::Result;

constexpr std::size_t kKeptWords = 4096;
constexpr std::size_t kMostWaiting = std::size_t{256} << 20;  // bytes written while we write
constexpr int kLookAroundMs = 200;

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

// Away from 0, 1 and 2, which are given to the child.
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
  return base::fail(ErrorKind::environment, fmt::format("cannot make a pipe: {}", base::errno_text(errno)));
}

struct ChildSide {
  int input, output, errors;
  int failure;  // errno goes here when the program cannot be started
  pid_t parent;
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
  const bool ready = ::getppid() == side.parent && ::dup2(side.input, STDIN_FILENO) >= 0 &&
                     ::dup2(side.output, STDOUT_FILENO) >= 0 && ::dup2(side.errors, STDERR_FILENO) >= 0;
  if (ready) ::execvpe(side.arguments[0], side.arguments, side.environment);
  const int reason = errno;
  static_cast<void>(!::write(side.failure, &reason, sizeof reason));
  ::_exit(127);
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

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::int64_t now_ns() {
  return base::MonotonicClock().now_ns();
}

std::int64_t in_seconds(double seconds) {
  return now_ns() + static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

Result<LineProgram> LineProgram::start(const std::vector<std::string>& arguments,
                                       std::function<bool()> stopped) {
  if (arguments.empty()) return base::fail(ErrorKind::usage, "there is no program to run");
  TRY_ASSIGN(Pipe input, make_pipe());
  TRY_ASSIGN(Pipe output, make_pipe());
  TRY_ASSIGN(Pipe errors, make_pipe());
  TRY_ASSIGN(Pipe failure, make_pipe());
  std::vector<std::string> words = arguments;
  std::vector<std::string> settings = base::environment_without_secrets();
  const std::vector<char*> argument_list = pointers(words);
  const std::vector<char*> environment = pointers(settings);
  const ChildSide side{input.read_end.number(),
                       output.write_end.number(),
                       errors.write_end.number(),
                       failure.write_end.number(),
                       ::getpid(),
                       argument_list.data(),
                       environment.data()};
  const pid_t pid = ::fork();
  if (pid == 0) become(side);
  const std::string name = base::printable(arguments.front());
  if (pid < 0)
    return base::fail(ErrorKind::environment,
                      fmt::format("cannot start {}: {}", name, base::errno_text(errno)));
  LineProgram program(pid,
                      {std::move(input.write_end), std::move(output.read_end), std::move(errors.read_end)});
  program.name_ = name;
  program.stopped_ = std::move(stopped);
  // Our copies of its ends would keep the pipes open when it is gone.
  const auto close = [](Descriptor& end) { ::close(end.take()); };
  close(input.read_end);
  close(output.write_end);
  close(errors.write_end);
  close(failure.write_end);
  if (const int reason = start_failure(failure.read_end); reason != 0)
    return base::fail(ErrorKind::environment,
                      fmt::format("cannot start {}: {}", name, base::errno_text(reason)));
  for (const Descriptor* end : {&program.ends_.input, &program.ends_.output, &program.ends_.errors})
    ::fcntl(end->number(), F_SETFL, O_NONBLOCK);
  return program;
}

LineProgram::~LineProgram() {
  kill();
}

LineProgram::LineProgram(LineProgram&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      ends_(std::move(other.ends_)),
      stopped_(std::move(other.stopped_)),
      name_(std::move(other.name_)),
      buffer_(std::move(other.buffer_)),
      taken_(other.taken_),
      looked_at_(other.looked_at_),
      words_(std::move(other.words_)) {}

void LineProgram::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // in case it has no group of its own yet
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string LineProgram::last_words() const {
  const auto lines = base::split(words_, '\n');
  const auto last = std::find_if(lines.rbegin(), lines.rend(),
                                 [](const std::string& line) { return !base::trim(line).empty(); });
  return last == lines.rend() ? "" : ": " + base::ellipsize(base::printable(base::trim(*last)), 300);
}

tl::unexpected<base::Error> LineProgram::ended() {
  read_errors();
  kill();
  return base::fail(ErrorKind::environment, fmt::format("{} has ended{}", name_, last_words()));
}

bool LineProgram::read_output() {
  std::array<char, 1 << 16> block;
  const ssize_t got = ::read(ends_.output.number(), block.data(), block.size());
  if (got > 0) buffer_.append(block.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void LineProgram::read_errors() {
  std::array<char, 4096> block;
  ssize_t got = 0;
  while ((got = ::read(ends_.errors.number(), block.data(), block.size())) > 0) {
    words_.append(block.data(), static_cast<std::size_t>(got));
    if (words_.size() > kKeptWords) words_.erase(0, words_.size() - kKeptWords);
  }
}

Result<bool> LineProgram::wait(bool to_write, std::int64_t until_ns) {
  while (true) {
    if (stopped_ && stopped_()) {
      kill();
      return base::fail(ErrorKind::interrupted, "stopped while code of tasks ran");
    }
    const std::int64_t left_ns = until_ns - now_ns();
    if (left_ns <= 0) return false;
    const short write_events = to_write ? POLLOUT : 0;
    std::array<pollfd, 3> watched{{{ends_.output.number(), POLLIN, 0},
                                   {ends_.errors.number(), POLLIN, 0},
                                   {to_write ? ends_.input.number() : -1, write_events, 0}}};
    const auto left_ms = static_cast<int>(std::min<std::int64_t>(left_ns / 1'000'000 + 1, kLookAroundMs));
    const int ready = ::poll(watched.data(), watched.size(), left_ms);
    if (ready <= 0) continue;
    if ((watched[1].revents & POLLIN) != 0) read_errors();
    if (watched[0].revents != 0 || watched[2].revents != 0) return true;
    ::usleep(1000);  // its stderr is closed, which poll() tells at once
  }
}

base::Status LineProgram::send(std::string_view line, double seconds) {
  const std::string text = std::string(line) + "\n";
  const std::int64_t until = in_seconds(seconds);
  for (std::size_t sent = 0; sent < text.size();) {
    if (pid_ <= 0) return base::fail(ErrorKind::environment, name_ + " has ended");
    const ssize_t written = ::write(ends_.input.number(), text.data() + sent, text.size() - sent);
    if (written > 0) {
      sent += static_cast<std::size_t>(written);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return ended();
    TRY_ASSIGN(const bool ready, wait(true, until));
    // What it writes meanwhile must not stop it.
    if (ready && (!read_output() || buffer_.size() > kMostWaiting)) return ended();
    if (!ready) {
      kill();
      return base::fail(ErrorKind::environment,
                        fmt::format("{} did not read its request within {:g} s", name_, seconds));
    }
  }
  return {};
}

Result<std::string> LineProgram::line(double seconds, std::size_t most_bytes) {
  const std::int64_t until = in_seconds(seconds);
  while (true) {
    const std::size_t end = buffer_.find('\n', looked_at_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(taken_, end - taken_);
      taken_ = looked_at_ = end + 1;
      return line;
    }
    buffer_.erase(0, std::exchange(taken_, 0));
    looked_at_ = buffer_.size();
    if (pid_ <= 0) return base::fail(ErrorKind::environment, name_ + " has ended");
    if (buffer_.size() > most_bytes) {
      kill();
      return base::fail(ErrorKind::environment,
                        fmt::format("{} wrote a line of more than {} bytes", name_, most_bytes));
    }
    TRY_ASSIGN(const bool ready, wait(false, until));
    if (!ready) {
      kill();
      return base::fail(ErrorKind::environment,
                        fmt::format("{} wrote nothing within {:g} s", name_, seconds));
    }
    if (!read_output()) return ended();
  }
}

}  // namespace bantam::taskcode
