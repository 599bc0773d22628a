#include "energy/number_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "base/text.hpp"

namespace bantam::energy {

Number parse_finite(std::string_view text) {
  const auto number = base::parse_number(text.starts_with('+') ? text.substr(1) : text);
  if (!number) return {0.0, Fault::malformed};
  if (!std::isfinite(*number)) return {0.0, Fault::not_a_number};
  return {*number, Fault::none};
}

SmallText SmallFile::read() const {
  SmallText small;
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    const bool gone = errno == ENOENT || errno == ENODEV || errno == ENXIO;
    small.fault = gone ? Fault::gone : Fault::unreadable;
    return small;
  }
  ssize_t got = 0;
  do {
    got = ::read(file, small.room.data(), small.room.size());
  } while (got < 0 && errno == EINTR);
  const int reason = errno;
  ::close(file);
  if (got < 0) {
    small.fault = reason == ENODEV || reason == ENXIO ? Fault::gone : Fault::unreadable;
  } else if (static_cast<std::size_t>(got) == small.room.size()) {
    small.fault = Fault::malformed;
  } else {
    const std::string_view all(small.room.data(), static_cast<std::size_t>(got));
    const std::string_view text = base::trim(all);
    small.begin = text.empty() ? 0 : static_cast<std::size_t>(text.data() - all.data());
    small.size = text.size();
  }
  return small;
}

Number SmallFile::read_number() const {
  const SmallText small = read();
  if (small.fault != Fault::none) return {0.0, small.fault};
  return parse_finite(small.text());
}

bool SmallFile::is_there() const {
  return ::access(path_.c_str(), F_OK) == 0;
}

bool SmallFile::is_readable() const {
  return ::access(path_.c_str(), R_OK) == 0;
}

std::string not_readable(std::string_view advice) {
  return fmt::format("this user may not read it{}{}", advice.empty() ? "" : ": ", advice);
}

}  // namespace bantam::energy
