#include "base/line_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace bantam::base {
namespace {

constexpr std::size_t kKeptWords = 4096;
constexpr std::size_t kMostWaiting = std::size_t{256} << 20;  // bytes written while we write
constexpr int kLookAroundMs = 200;

std::int64_t now_ns() {
  return MonotonicClock().now_ns();
}

std::int64_t in_seconds(double seconds) {
  return now_ns() + static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

Result<LineProgram> LineProgram::start(const std::vector<std::string>& arguments,
                                       std::function<bool()> stopped) {
  TRY_ASSIGN(Child child, start_child({arguments, environment_without_secrets()}));
  LineProgram program(std::move(child));
  program.name_ = printable(arguments.front());
  program.stopped_ = std::move(stopped);
  for (const Descriptor* end : {&program.child_.input, &program.child_.output, &program.child_.errors})
    ::fcntl(end->number(), F_SETFL, O_NONBLOCK);
  return program;
}

LineProgram::~LineProgram() {
  kill();
}

LineProgram::LineProgram(LineProgram&& other) noexcept
    : child_(std::move(other.child_)),
      stopped_(std::move(other.stopped_)),
      name_(std::move(other.name_)),
      buffer_(std::move(other.buffer_)),
      taken_(other.taken_),
      looked_at_(other.looked_at_),
      words_(std::move(other.words_)) {
  other.child_.pid = -1;
}

void LineProgram::kill() {
  kill_child(std::exchange(child_.pid, -1));
}

std::string LineProgram::last_words() const {
  const auto lines = split(words_, '\n');
  const auto last =
      std::find_if(lines.rbegin(), lines.rend(), [](const std::string& line) { return !trim(line).empty(); });
  return last == lines.rend() ? "" : ": " + ellipsize(printable(trim(*last)), 300);
}

tl::unexpected<Error> LineProgram::ended() {
  read_errors();
  kill();
  return fail(ErrorKind::environment, fmt::format("{} has ended{}", name_, last_words()));
}

bool LineProgram::read_output() {
  std::array<char, 1 << 16> block;
  const ssize_t got = ::read(child_.output.number(), block.data(), block.size());
  if (got > 0) buffer_.append(block.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void LineProgram::read_errors() {
  std::array<char, 4096> block;
  ssize_t got = 0;
  while ((got = ::read(child_.errors.number(), block.data(), block.size())) > 0) {
    words_.append(block.data(), static_cast<std::size_t>(got));
    if (words_.size() > kKeptWords) words_.erase(0, words_.size() - kKeptWords);
  }
}

Result<bool> LineProgram::wait(bool to_write, std::int64_t until_ns) {
  while (true) {
    if (stopped_ && stopped_()) {
      kill();
      return fail(ErrorKind::interrupted, fmt::format("stopped while {} ran", name_));
    }
    const std::int64_t left_ns = until_ns - now_ns();
    if (left_ns <= 0) return false;
    const short write_events = to_write ? POLLOUT : 0;
    std::array<pollfd, 3> watched{{{child_.output.number(), POLLIN, 0},
                                   {child_.errors.number(), POLLIN, 0},
                                   {to_write ? child_.input.number() : -1, write_events, 0}}};
    const auto left_ms = static_cast<int>(std::min<std::int64_t>(left_ns / 1'000'000 + 1, kLookAroundMs));
    const int ready = ::poll(watched.data(), watched.size(), left_ms);
    if (ready <= 0) continue;
    if ((watched[1].revents & POLLIN) != 0) read_errors();
    if (watched[0].revents != 0 || watched[2].revents != 0) return true;
    ::usleep(1000);  // its stderr is closed, which poll() tells at once
  }
}

Status LineProgram::send(std::string_view line, double seconds) {
  const std::string text = std::string(line) + "\n";
  const std::int64_t until = in_seconds(seconds);
  for (std::size_t sent = 0; sent < text.size();) {
    if (child_.pid <= 0) return fail(ErrorKind::environment, name_ + " has ended");
    const ssize_t written = ::write(child_.input.number(), text.data() + sent, text.size() - sent);
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
      return fail(ErrorKind::environment,
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
    if (child_.pid <= 0) return fail(ErrorKind::environment, name_ + " has ended");
    if (buffer_.size() > most_bytes) {
      kill();
      return fail(ErrorKind::environment,
                  fmt::format("{} wrote a line of more than {} bytes", name_, most_bytes));
    }
    TRY_ASSIGN(const bool ready, wait(false, until));
    if (!ready) {
      kill();
      return fail(ErrorKind::environment, fmt::format("{} wrote nothing within {:g} s", name_, seconds));
    }
    if (!read_output()) return ended();
  }
}

}  // namespace bantam::base
