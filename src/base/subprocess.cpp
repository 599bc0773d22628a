#include "base/subprocess.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "base/child.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

extern char** environ;

namespace bantam::base {
namespace {

bool sets(std::string_view setting, std::string_view name) {
  return setting.starts_with(name) && setting.size() > name.size() && setting[name.size()] == '=';
}

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> settings;
  for (char** setting = environ; setting != nullptr && *setting != nullptr; ++setting) {
    const auto named = [&](const std::string& name) { return sets(*setting, name); };
    const bool replaced = std::any_of(program.environment.begin(), program.environment.end(),
                                      [&](const auto& entry) { return named(entry.first); });
    if (!replaced && std::none_of(program.unset.begin(), program.unset.end(), named))
      settings.emplace_back(*setting);
  }
  for (const auto& [name, value] : program.environment) settings.push_back(name + "=" + value);
  return settings;
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
  ~RunningProgram() { kill_child(pid_); }
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
  ChildProgram start{program.arguments, environment_of(program), program.folder, program.input};
  if (program.input.empty()) start.input = "/dev/null";
  TRY_ASSIGN(Child child, start_child(start));
  RunningProgram running(child.pid, program);
  Stream out(std::move(child.output), program);
  Stream err(std::move(child.errors), program);
  running.read_all(out, err);
  ProgramEnd end;
  end.exit_code = running.end();
  end.timed_out = running.timed_out();
  end.output = std::move(out).kept();
  end.errors = std::move(err).kept();
  return end;
}

}  // namespace bantam::base
