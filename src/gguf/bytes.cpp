#include "gguf/bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"

static_assert(std::endian::native == std::endian::little, "GGUF files are read as little-endian");

namespace bantam::gguf {
namespace {

constexpr std::uint64_t kFirstFetch = 256 * 1024;
constexpr std::uint64_t kLongestHead = std::uint64_t{64} << 20;

const char* kind_name(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// For a file that is not there: the model file beside it that is named nearly so.
std::string spelling_hint(const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path path(name);
  std::vector<std::string> files;
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (entry->path().extension() == ".gguf") files.push_back(entry->path().filename().string());
  }
  std::ranges::sort(files);
  const auto near = base::closest(path.filename().string(), files);
  if (!near) return "check the spelling; a relative path starts at the current folder";
  return fmt::format("did you mean {}?", base::printable((path.parent_path() / *near).string()));
}

tl::unexpected<base::Error> cannot_open(const std::string& name, int number) {
  const std::string hint = number == EACCES   ? "allow reading it (chmod +r)"
                           : number == ENOENT ? spelling_hint(name)
                                              : "give the path of a .gguf file";
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("cannot open model file {}: {}", name, base::errno_text(number)), hint);
}

tl::unexpected<base::Error> damaged(const std::string& name, std::string_view cause) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name, cause),
                    "the file is damaged or was cut: download or convert it again");
}

tl::unexpected<base::Error> unreadable(const std::string& name, int number) {
  return base::fail(base::ErrorKind::storage,
                    fmt::format("{} cannot be read: {}", name, base::errno_text(number)),
                    "check the disk, or copy the file to another one");
}

class FileOnDisk : public ByteSource {
 public:
  FileOnDisk(int descriptor, std::uint64_t size, std::string name)
      : descriptor_(descriptor), size_(size), name_(std::move(name)) {}
  ~FileOnDisk() override { ::close(descriptor_); }
  FileOnDisk(const FileOnDisk&) = delete;
  FileOnDisk& operator=(const FileOnDisk&) = delete;

  base::Result<std::string> read(std::uint64_t offset, std::uint64_t count) override {
    std::string bytes(count, '\0');
    std::uint64_t done = 0;
    while (done < count) {
      const ssize_t got =
          ::pread(descriptor_, bytes.data() + done, count - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return unreadable(name_, errno);
      if (got == 0) return damaged(name_, "became shorter while it was read");
      done += static_cast<std::uint64_t>(got);
    }
    return bytes;
  }
  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  int descriptor_;
  std::uint64_t size_;
  std::string name_;
};

}  // namespace

base::Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path) {
  const std::string name = base::printable(path.string());
  const auto not_a_file = [&](mode_t mode) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is {}, not a model file", name, kind_name(mode)),
                      "give the path of a .gguf file");
  };
  struct stat facts {};
  // Looked at before opening: opening a device can have effects, opening a FIFO can wait.
  if (::stat(path.c_str(), &facts) != 0) return cannot_open(name, errno);
  if (!S_ISREG(facts.st_mode)) return not_a_file(facts.st_mode);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return cannot_open(name, errno);
  const int looked = ::fstat(descriptor, &facts);
  auto file = std::make_unique<FileOnDisk>(descriptor, static_cast<std::uint64_t>(facts.st_size), name);
  if (looked != 0) return cannot_open(name, errno);
  if (!S_ISREG(facts.st_mode)) return not_a_file(facts.st_mode);
  return file;
}

RemoteHead::RemoteHead(std::string name, std::uint64_t size, RangeReader reader)
    : name_(std::move(name)), size_(size), reader_(std::move(reader)) {}

base::Result<std::string> RemoteHead::read(std::uint64_t offset, std::uint64_t count) {
  const std::uint64_t end = offset + count;
  if (end > kLongestHead) {
    return damaged(name_, fmt::format("its description is longer than {} MiB", kLongestHead >> 20));
  }
  while (fetched_.size() < end) {
    const std::uint64_t have = fetched_.size();
    const std::uint64_t wanted =
        std::min({std::max({kFirstFetch, have, end - have}), size_ - have, kLongestHead - have});
    TRY_ASSIGN(const std::string part, reader_(have, wanted));
    if (part.empty() || part.size() > wanted) {
      return base::fail(
          base::ErrorKind::integrity,
          fmt::format("{}: the server gave {} bytes where {} were asked for", name_, part.size(), wanted),
          "try again later");
    }
    fetched_ += part;
  }
  return fetched_.substr(offset, count);
}

HeadInMemory::HeadInMemory(std::string name, std::string head, std::uint64_t size)
    : name_(std::move(name)), head_(std::move(head)), size_(size) {}

base::Result<std::string> HeadInMemory::read(std::uint64_t offset, std::uint64_t count) {
  std::string bytes = offset < head_.size() ? head_.substr(offset, count) : std::string();
  bytes.resize(count, '\0');
  return bytes;
}

namespace {

constexpr std::uint64_t kBufferBytes = 256 * 1024;

}  // namespace

base::Status ByteReader::refill() {
  // Up to a multiple, so that going back asks a server for no more than it has given.
  TRY_ASSIGN(buffer_, source_.read(offset_, std::min(left(), kBufferBytes - offset_ % kBufferBytes)));
  buffer_begin_ = offset_;
  return {};
}

base::Status ByteReader::bytes(void* target, std::uint64_t count, const char* what) {
  if (count > left()) return too_short(what, count);
  char* to = static_cast<char*>(target);
  while (count > 0) {
    if (offset_ < buffer_begin_ || offset_ >= buffer_begin_ + buffer_.size()) TRY(refill());
    const std::uint64_t at = offset_ - buffer_begin_;
    const std::uint64_t part = std::min<std::uint64_t>(count, buffer_.size() - at);
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
  std::string value(std::min(count, size()), '\0');
  base::Status read = bytes(value.data(), value.size(), "the start");
  offset_ = here;
  TRY(std::move(read));
  return value;
}

tl::unexpected<base::Error> ByteReader::damaged(const std::string& cause) const {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name(), cause),
                    "the file is damaged or was cut: download or convert it again");
}

tl::unexpected<base::Error> ByteReader::too_short(const char* what, std::uint64_t count) const {
  return damaged(fmt::format("{} at byte {} would take {} bytes, but the file ends after {}", what, offset_,
                             count, size()));
}

}  // namespace bantam::gguf
