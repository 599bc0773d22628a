#include "job/channel.hpp"

#include <unistd.h>
#include <array>
#include <cerrno>

namespace bantam::job {

using base::ErrorKind;

base::Result<std::string> Channel::read_line() {
  std::array<char, 1 << 16> block;
  while (true) {
    if (const auto newline = buffer_.find('\n'); newline != std::string::npos) {
      std::string line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      return line;
    }
    const ssize_t got = ::read(input_, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return base::fail(ErrorKind::worker, "the parent is gone");
    buffer_.append(block.data(), static_cast<std::size_t>(got));
  }
}

base::Result<base::Json> Channel::receive() {
  TRY_ASSIGN(const std::string line, read_line());
  return base::parse_json(line, "job");
}

base::Status Channel::write(const base::Json& message) {
  const std::string line = base::to_text(message) + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t written = ::write(output_, line.data() + sent, line.size() - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::fail(ErrorKind::worker, "the parent is gone");
    sent += static_cast<std::size_t>(written);
  }
  return {};
}

base::Status Channel::send(const Message& message) {
  return write(to_json(message));
}

base::Status Channel::finish(const base::Result<base::Json>& answer) {
  if (answer) return write({{"type", kDone}, {"answer", *answer}});
  const base::Error& error = answer.error();
  return write({{"type", kFailed},
                {"kind", std::string(base::name(error.kind))},
                {"message", error.message},
                {"hint", error.hint}});
}

base::Status Channel::send_and_wait(const Message& message) {
  base::Json json = to_json(message);
  json["ack"] = true;
  TRY(write(json));
  TRY_ASSIGN(const std::string word, read_line());
  if (word == "go") return {};
  return base::fail(ErrorKind::interrupted, "asked to stop");
}

}  // namespace bantam::job
