#include "model/byte_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"

static_assert(std::endian::native == std::endian::little, "GGUF files are read as little-endian");

namespace bantam::model {
namespace {

constexpr std::uint64_t kBufferBytes = 256 * 1024;

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

tl::unexpected<base::Error> cannot_open(const std::string& name, int number) {
  const char* hint = number == EACCES   ? "allow reading it (chmod +r)"
                     : number == ENOENT ? "check the spelling; a relative path starts at the current folder"
                                        : "";
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("cannot open model file {}: {}", name, base::errno_text(number)), hint);
}

}  // namespace

base::Result<ByteReader> ByteReader::open(const std::filesystem::path& path) {
  const std::string name = base::printable(path.string());
  const auto not_a_file = [&](mode_t mode) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is {}, not a model file", name, kind_of(mode)),
                      "give the path of a .gguf file");
  };
  struct stat facts{};
  // Looked at before opening: opening a device can have effects, opening a FIFO can wait.
  if (::stat(path.c_str(), &facts) != 0) return cannot_open(name, errno);
  if (!S_ISREG(facts.st_mode)) return not_a_file(facts.st_mode);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return cannot_open(name, errno);
  ByteReader reader(descriptor, name);
  if (::fstat(descriptor, &facts) != 0) return cannot_open(name, errno);
  if (!S_ISREG(facts.st_mode)) return not_a_file(facts.st_mode);
  reader.size_ = static_cast<std::uint64_t>(facts.st_size);
  reader.buffer_.resize(std::min<std::uint64_t>(reader.size_, kBufferBytes));
  return reader;
}

ByteReader::ByteReader(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

ByteReader::ByteReader(ByteReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      offset_(other.offset_),
      buffer_begin_(other.buffer_begin_),
      buffer_count_(other.buffer_count_),
      buffer_(std::move(other.buffer_)),
      name_(std::move(other.name_)) {}

ByteReader::~ByteReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Status ByteReader::refill() {
  while (true) {
    const ssize_t got = ::pread(descriptor_, buffer_.data(), buffer_.size(), static_cast<off_t>(offset_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return damaged(fmt::format("cannot be read: {}", base::errno_text(errno)));
    if (got == 0) return damaged("became shorter while it was read");
    buffer_begin_ = offset_;
    buffer_count_ = static_cast<std::uint64_t>(got);
    return {};
  }
}

base::Status ByteReader::bytes(void* target, std::uint64_t count, const char* what) {
  if (count > left()) return too_short(what, count);
  char* to = static_cast<char*>(target);
  while (count > 0) {
    if (offset_ < buffer_begin_ || offset_ >= buffer_begin_ + buffer_count_) TRY(refill());
    const std::uint64_t at = offset_ - buffer_begin_;
    const std::uint64_t part = std::min(count, buffer_count_ - at);
    std::memcpy(to, buffer_.data() + at, part);
    to += part;
    offset_ += part;
    count -= part;
  }
  return {};
}

base::Status ByteReader::skip(std::uint64_t count, const char* what) {
  if (count > left()) return too_short(what, count);
  offset_ += count;
  return {};
}

base::Result<std::string> ByteReader::text(std::uint64_t longest, const char* what) {
  TRY_ASSIGN(const auto length, number<std::uint64_t>(what));
  if (length > left()) return too_short(what, length);
  if (length > longest) {
    return damaged(fmt::format("{} is {} bytes long; at most {} make sense", what, length, longest));
  }
  std::string value(length, '\0');
  TRY(bytes(value.data(), length, what));
  return value;
}

base::Result<std::string> ByteReader::first_bytes(std::uint64_t count) {
  const std::uint64_t here = std::exchange(offset_, 0);
  std::string value(std::min(count, size_), '\0');
  base::Status read = bytes(value.data(), value.size(), "the start");
  offset_ = here;
  TRY(std::move(read));
  return value;
}

tl::unexpected<base::Error> ByteReader::damaged(const std::string& cause) const {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name_, cause),
                    "the file is damaged or was cut: download or convert it again");
}

tl::unexpected<base::Error> ByteReader::too_short(const char* what, std::uint64_t count) const {
  return damaged(fmt::format("{} at byte {} would take {} bytes, but the file ends after {}", what, offset_,
                             count, size_));
}

}  // namespace bantam::model
