#include "energy/number_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "base/text.hpp"

namespace bantam::energy {
namespace {

Fault fault_of(int reason) {
  return reason == ENOENT || reason == ENODEV || reason == ENXIO ? Fault::gone : Fault::unreadable;
}

}  // namespace

Number parse_finite(std::string_view text) {
  const auto number = base::parse_number(text.starts_with('+') ? text.substr(1) : text);
  if (!number) return {0.0, Fault::malformed};
  if (!std::isfinite(*number)) return {0.0, Fault::not_a_number};
  return {*number, Fault::none};
}

// A file that another one has taken the place of has no name any more. Files of the kernel go with their
// device, which reading tells.
bool SmallFile::is_open_and_current() const {
  struct stat facts {};
  return file_ && ::fstat(file_.number(), &facts) == 0 && facts.st_nlink > 0;
}

SmallText SmallFile::read() const {
  SmallText small;
  if (!is_open_and_current())
    file_ = base::Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file_) {
    small.fault = fault_of(errno);
    return small;
  }
  ssize_t got = 0;
  do {
    got = ::pread(file_.number(), small.room.data(), small.room.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    small.fault = fault_of(errno);
    file_.close();
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
