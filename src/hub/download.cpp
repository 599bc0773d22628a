#include "hub/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cache/hashing.hpp"
#include "cache/kept_file.hpp"
#include "cache/places.hpp"
#include "hub/hub_cache.hpp"

namespace bantam::hub {

namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

// A power cut loses at most this much; a killed process loses nothing that was written.
constexpr std::uint64_t kSyncEvery_bytes = std::uint64_t{64} << 20;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMaxEtagBytes = 1024;
constexpr std::uint64_t kMaxUrlFileBytes = std::uint64_t{16} << 30;
constexpr std::uint64_t kSpaceMargin_bytes = std::uint64_t{4} << 20;
constexpr double kLockInterval_s = 0.2;
constexpr double kRateAfter_s = 0.5;
constexpr int kMaxRestarts = 2;
constexpr std::uint64_t kProgressBytes = std::uint64_t{64} << 10;

tl::unexpected<base::Error> cannot(const char* act, const fs::path& path) {
  return base::fail(
      ErrorKind::storage,
      fmt::format("cannot {} {}: {}", act, base::printable(path.string()), base::errno_text(errno)),
      "what was fetched is kept; free some space, or set HF_HUB_CACHE to another disk");
}

// The unfinished file beside a blob: what has come so far with its hash, and the etag of the response that it
// came from, so that the rest can be asked for later.
//   blobs/HASH.bantam.incomplete        the bytes
//   blobs/HASH.bantam.incomplete.etag   the etag, written before the first byte
class PartFile {
 public:
  // Opens what an earlier sitting left, and reads it through for its hash; starts anew when there is nothing
  // to continue from. storage.
  static Result<PartFile> open(const std::filesystem::path& blob, const RemoteFile& file);

  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  std::uint64_t bytes() const { return bytes_; }
  // That of the response that the bytes came from; empty when it had none that a continuation could name.
  const std::string& etag() const { return etag_; }
  // True when the content comes from more than one response.
  bool is_continued() const { return continued_; }

  // Empties the file, to hold a response with this etag.
  base::Status start(const std::string& etag);
  // storage when the disk is full. What was written stays.
  base::Status append(std::string_view block);
  // Gives the whole file its final name. integrity, and nothing is left, when its content does not have the
  // expected hash.
  base::Status publish();
  // Takes the file and the note away.
  void remove();
  bool has_expected_hash();

 private:
  PartFile(std::filesystem::path blob, const RemoteFile& file, int descriptor);
  base::Status read_through();
  base::Digest fresh_digest() const;

  std::filesystem::path blob_, path_, note_;
  ContentHash expected_;
  std::uint64_t expected_bytes_;
  int descriptor_;
  base::Digest digest_;
  std::string digest_hex_;  // once the digest has ended
  std::string etag_;
  std::uint64_t bytes_ = 0;
  std::uint64_t unsynced_bytes_ = 0;
  bool continued_ = false;
};

PartFile::PartFile(fs::path blob, const RemoteFile& file, int descriptor)
    : blob_(std::move(blob)),
      path_(blob_.string() + kPartSuffix),
      note_(blob_.string() + kEtagSuffix),
      expected_(file.hash),
      expected_bytes_(file.bytes),
      descriptor_(descriptor),
      digest_(fresh_digest()) {}

PartFile::PartFile(PartFile&& other) noexcept
    : blob_(std::move(other.blob_)),
      path_(std::move(other.path_)),
      note_(std::move(other.note_)),
      expected_(std::move(other.expected_)),
      expected_bytes_(other.expected_bytes_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      digest_(std::move(other.digest_)),
      digest_hex_(std::move(other.digest_hex_)),
      etag_(std::move(other.etag_)),
      bytes_(other.bytes_),
      unsynced_bytes_(other.unsynced_bytes_),
      continued_(other.continued_) {}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Digest PartFile::fresh_digest() const {
  return expected_.algorithm == ContentHash::Algorithm::sha256 ? base::Digest::sha256()
                                                               : base::Digest::git_blob(expected_bytes_);
}

base::Result<PartFile> PartFile::open(const fs::path& blob, const RemoteFile& file) {
  TRY(base::make_folders(blob.parent_path()));
  const fs::path path = blob.string() + kPartSuffix;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot("write", path);
  PartFile part(blob, file, descriptor);
  const auto etag = base::read_file(part.note_, kMaxEtagBytes);
  if (etag) part.etag_ = *etag;
  TRY(part.read_through());
  const bool usable = !part.etag_.empty() || part.bytes_ == part.expected_bytes_;
  if (part.bytes_ > part.expected_bytes_ || (part.bytes_ > 0 && !usable)) {
    TRY(part.start(""));
  }
  return part;
}

base::Status PartFile::read_through() {
  cache::WatchedHash reading(path_, expected_bytes_);
  std::string block(kBlockBytes, '\0');
  while (true) {
    const ssize_t got = ::read(descriptor_, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path_);
    if (got == 0) break;
    digest_.add({block.data(), static_cast<std::size_t>(got)});
    bytes_ += static_cast<std::uint64_t>(got);
    TRY(reading.tell(bytes_));
  }
  continued_ = bytes_ > 0;
  return {};
}

base::Status PartFile::start(const std::string& etag) {
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0)
    return cannot("empty", path_);
  digest_ = fresh_digest();
  digest_hex_.clear();
  bytes_ = unsynced_bytes_ = 0;
  continued_ = false;
  etag_ = etag;
  return base::write_file_atomically(note_, etag);
}

base::Status PartFile::append(std::string_view block) {
  while (!block.empty()) {
    const ssize_t written = ::write(descriptor_, block.data(), block.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return cannot("write", path_);
    }
    const auto count = static_cast<std::size_t>(written);
    digest_.add(block.substr(0, count));
    bytes_ += count;
    unsynced_bytes_ += count;
    block.remove_prefix(count);
  }
  if (unsynced_bytes_ < kSyncEvery_bytes) return {};
  unsynced_bytes_ = 0;
  return ::fdatasync(descriptor_) == 0 ? base::Status{} : cannot("sync", path_);
}

bool PartFile::has_expected_hash() {
  if (digest_hex_.empty()) digest_hex_ = digest_.hex();
  return bytes_ == expected_bytes_ && digest_hex_ == expected_.hex;
}

base::Status PartFile::publish() {
  if (!has_expected_hash()) {
    remove();
    return base::fail(ErrorKind::integrity,
                      fmt::format("the content has the hash {} where {} was declared; it was removed",
                                  digest_hex_, expected_.hex),
                      "try again; if it stays so, the server or a proxy changes files");
  }
  TRY(base::publish_file(path_, blob_));
  ::unlink(note_.c_str());
  return {};
}

void PartFile::remove() {
  ::unlink(path_.c_str());
  ::unlink(note_.c_str());
}

// Where a part of a file begins, and the size of the whole: "bytes 100-199/1000".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t total = 0;
};
std::optional<ContentRange> content_range(const Head& head) {
  const std::string text = head.header("content-range").value_or("");
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (!text.starts_with("bytes ") || dash == std::string::npos || slash == std::string::npos || dash < 6)
    return std::nullopt;
  const auto first = base::parse_integer(std::string_view(text).substr(6, dash - 6));
  const auto total = base::parse_integer(std::string_view(text).substr(slash + 1));
  if (!first || !total || *first < 0 || *total < 0) return std::nullopt;
  return ContentRange{static_cast<std::uint64_t>(*first), static_cast<std::uint64_t>(*total)};
}

// The etag, if a later request may name it: weak ones say nothing of the bytes. One that holds a secret is
// not kept.
std::string strong_etag(const Head& head) {
  const std::string etag = head.header("etag").value_or("");
  return etag.starts_with("W/") || etag.size() > 512 || base::mask_secrets(etag) != etag ? "" : etag;
}

base::Status check_space(const fs::path& folder, std::uint64_t needed) {
  TRY(base::make_folders(folder));
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) return {};  // unknown; writing will tell
  const auto free = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
  if (free >= needed + kSpaceMargin_bytes) return {};
  return base::fail(ErrorKind::storage,
                    fmt::format("{} needs {} more, and has {} free", base::printable(folder.string()),
                                base::format_bytes(static_cast<double>(needed)),
                                base::format_bytes(static_cast<double>(free))),
                    "free some space, or set HF_HUB_CACHE to another disk");
}

// Getting the bytes of one file into its part, however many responses that takes.
class Fetching {
 public:
  Fetching(Client& client, const RemoteFile& file, PartFile& part, const OnTransfer& on_transfer)
      : client_(client), file_(file), part_(part), on_transfer_(on_transfer), start_ns_(clock_.now_ns()) {}

  base::Status run();
  std::uint64_t received_bytes() const { return received_bytes_; }

 private:
  bool is_complete() const { return part_.bytes() == file_.bytes; }
  Request next_request() const;
  base::Status on_head(const Head& head);
  base::Status on_bytes(std::string_view block);
  base::Status restart(const std::string& why);
  tl::unexpected<base::Error> not_as_declared(const std::string& what) const;

  Client& client_;
  const RemoteFile& file_;
  PartFile& part_;
  const OnTransfer& on_transfer_;
  base::MonotonicClock clock_;
  std::int64_t start_ns_;
  std::uint64_t received_bytes_ = 0;
  int restarts_ = 0;
  std::string restart_reason_;  // set when a response cannot continue what is there
};

tl::unexpected<base::Error> Fetching::not_as_declared(const std::string& what) const {
  return base::fail(ErrorKind::integrity,
                    fmt::format("{}: {} where the hub declares {}", file_.name, what, file_.bytes),
                    "try again later; if it stays so, the server or a proxy is broken");
}

Request Fetching::next_request() const {
  Request request{content_url(client_, file_), false, {}, false};
  if (part_.bytes() > 0) {
    request.headers.push_back(fmt::format("Range: bytes={}-", part_.bytes()));
    request.headers.push_back("If-Range: " + part_.etag());
  }
  return request;
}

base::Status Fetching::on_head(const Head& head) {
  const auto cannot_continue = [&](const char* why) {
    restart_reason_ = why;
    return base::fail(ErrorKind::integrity, fmt::format("{}: {}", file_.name, why));
  };
  if (head.status == 416) return cannot_continue("the server refuses to continue the file");
  if (head.status == 206) {
    const auto range = content_range(head);
    if (!range || range->first != part_.bytes() || part_.bytes() == 0)
      return cannot_continue("the server sends another part than asked for");
    if (range->total != file_.bytes || strong_etag(head) != part_.etag())
      return cannot_continue("the file changed on the server");
    return {};
  }
  if (head.status != 200) {
    return base::fail(ErrorKind::environment,
                      fmt::format("{}: the server answers {}", file_.name, head.status));
  }
  const auto length = head.header("content-length");
  if (length && base::parse_integer(*length) != static_cast<std::int64_t>(file_.bytes))
    return not_as_declared(fmt::format("the server announces {} bytes", base::printable(*length)));
  return part_.start(strong_etag(head));
}

base::Status Fetching::on_bytes(std::string_view block) {
  if (part_.bytes() + block.size() > file_.bytes) return not_as_declared("the server sends more bytes");
  TRY(part_.append(block));
  received_bytes_ += block.size();
  if (!on_transfer_) return {};
  Transfer transfer;
  transfer.name = file_.name;
  transfer.done_bytes = part_.bytes();
  transfer.total_bytes = file_.bytes;
  transfer.received_bytes = received_bytes_;
  const double elapsed_s = base::seconds(clock_.now_ns() - start_ns_);
  if (elapsed_s >= kRateAfter_s) {
    transfer.bytes_per_s = static_cast<double>(received_bytes_) / elapsed_s;
    transfer.remaining_s = static_cast<double>(file_.bytes - part_.bytes()) / *transfer.bytes_per_s;
  }
  on_transfer_(transfer);
  return {};
}

base::Status Fetching::restart(const std::string& why) {
  if (++restarts_ > kMaxRestarts) {
    return base::fail(ErrorKind::integrity, fmt::format("{}: {}, again and again", file_.name, why),
                      "the server or a proxy is broken; try again later");
  }
  return part_.start("");
}

base::Status Fetching::run() {
  Backoff backoff(client_.waiting());
  std::uint64_t furthest = part_.bytes();
  const Receiver receiver{[this](const Head& head) { return on_head(head); },
                          [this](std::string_view block) { return on_bytes(block); }};
  while (!is_complete()) {
    restart_reason_.clear();
    auto head = client_.attempt(next_request(), receiver);
    if (!restart_reason_.empty()) {
      TRY(restart(restart_reason_));
      continue;
    }
    if (is_complete()) break;  // however the connection ended
    if (!head && !head.error().transient) {
      if (head.error().error.kind == ErrorKind::integrity) part_.remove();
      return tl::unexpected(std::move(head).error().error);
    }
    // Only getting well further than ever counts as progress: a server that cuts every time must not hold us
    // forever.
    const std::uint64_t gained = part_.bytes() - std::min(furthest, part_.bytes());
    if (gained >= std::min(kProgressBytes, std::max(file_.bytes / 1000, std::uint64_t{1}))) backoff.reset();
    furthest = std::max(furthest, part_.bytes());
    if (!backoff.wait(head ? std::nullopt : head.error().retry_after_s)) {
      if (client_.waiting().stopped())
        return base::fail(ErrorKind::interrupted, "stopped; what was fetched is kept");
      if (!head) return tl::unexpected(std::move(head).error().error);
      return not_as_declared(fmt::format("the server sends only {} bytes", part_.bytes()));
    }
  }
  return {};
}

Result<std::uint64_t> fetch_blob(Hub& hub, const RemoteFile& file, const OnTransfer& on_transfer) {
  const fs::path blob = hub.cache.blob_path(file.repository, file.hash);
  Transfer waiting;
  waiting.name = file.name;
  waiting.total_bytes = file.bytes;
  TRY_ASSIGN(const auto lock, cache::lock_unless_there(
                                  hub.cache.lock_path(file.repository, file.hash),
                                  [&] { return hub.cache.has_blob(file.repository, file.hash); },
                                  wait_for_other(hub.client->waiting(), waiting, on_transfer)));
  if (!lock) return 0;
  std::uint64_t received = 0;
  while (true) {
    TRY_ASSIGN(PartFile part, PartFile::open(blob, file));
    TRY(check_space(blob.parent_path(), file.bytes - part.bytes()));
    Fetching fetching(*hub.client, file, part, on_transfer);
    TRY(fetching.run());
    received += fetching.received_bytes();
    if (part.is_continued() && !part.has_expected_hash()) {
      part.remove();  // what was there may have been damaged: once more, from the start
      continue;
    }
    if (auto published = part.publish(); !published) {
      published.error().message = fmt::format("{}: {}", file.name, published.error().message);
      return tl::unexpected(published.error());
    }
    if (file.hash.algorithm == ContentHash::Algorithm::sha256) cache::remember_sha256(blob, file.hash.hex);
    return received;
  }
}

std::string file_name(const Url& url) {
  const std::string path = url.target.substr(0, url.target.find('?'));
  return path.substr(path.rfind('/') + 1);
}

fs::path url_file_path(const fs::path& folder, const Url& url) {
  return folder / "urls" / base::sha256(url.text()).substr(0, 32) / file_name(url);
}

// Writes the responses of one address into a file, each from the start.
class Sink {
 public:
  Sink(const fs::path& path, std::string name, const OnTransfer& on_transfer)
      : path_(path), name_(std::move(name)), on_transfer_(on_transfer) {}

  // For one attempt: from the start.
  Receiver receiver() {
    bytes_ = 0;
    file_ = std::ofstream(path_, std::ios::binary | std::ios::trunc);
    return {[this](const Head& head) {
              const auto length = base::parse_integer(head.header("content-length").value_or(""));
              total_.reset();
              if (length && *length > 0) total_ = static_cast<std::uint64_t>(*length);
              return base::Status{};
            },
            [this](std::string_view block) { return take(block); }};
  }

  base::Status close() {
    file_.close();
    return file_ ? base::Status{} : cannot_write();
  }

  std::uint64_t bytes() const { return bytes_; }

 private:
  tl::unexpected<base::Error> cannot_write() const {
    return base::fail(ErrorKind::storage,
                      fmt::format("cannot write {}: the disk may be full", base::printable(path_.string())),
                      "free some space, or set BANTAM_CACHE to another disk");
  }

  base::Status take(std::string_view block) {
    bytes_ += block.size();
    if (bytes_ > kMaxUrlFileBytes) return base::fail(ErrorKind::integrity, name_ + ": longer than 16 GiB");
    file_.write(block.data(), static_cast<std::streamsize>(block.size()));
    if (!file_) return cannot_write();
    Transfer transfer;
    transfer.name = name_;
    transfer.done_bytes = transfer.received_bytes = bytes_;
    transfer.total_bytes = total_;
    if (on_transfer_) on_transfer_(transfer);
    return {};
  }

  const fs::path& path_;
  std::string name_;
  const OnTransfer& on_transfer_;
  std::ofstream file_;
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> total_;
};

}  // namespace

Result<Downloaded> download(Hub& hub, const RemoteFile& file, const OnTransfer& on_transfer) {
  TRY(hub.cache.check_place(file));
  TRY_ASSIGN(const bool there, hub.cache.has_blob(file.repository, file.hash));
  Downloaded downloaded;
  if (!there && !hub.client) {
    return base::fail(ErrorKind::environment,
                      fmt::format("{} of {} is not in the cache, and the network is not to be used",
                                  file.name, file.repository.name),
                      "fetch it first, without --offline and HF_HUB_OFFLINE: bantam models pull");
  }
  if (!there) {
    TRY_ASSIGN(downloaded.received_bytes, fetch_blob(hub, file, on_transfer));
  }
  TRY_ASSIGN(downloaded.path, hub.cache.link(file));
  return downloaded;
}

std::function<base::Status()> wait_for_other(const Waiting& waiting, const Transfer& transfer,
                                             const OnTransfer& on_transfer) {
  return [&]() -> base::Status {
    Transfer told = transfer;
    told.waiting = true;
    if (on_transfer) on_transfer(told);
    if (waiting.sleep(kLockInterval_s)) return {};
    return base::fail(ErrorKind::interrupted, "stopped");
  };
}

Result<Url> parse_file_address(const std::string& address) {
  auto url = parse_url(address);
  if (!url) return base::fail(ErrorKind::bad_input, url.error().message, url.error().hint);
  if (url->scheme != "https" && !is_loopback(url->host)) {
    return base::fail(ErrorKind::bad_input, fmt::format("{} is not encrypted", url->shown()), "use https");
  }
  if (is_forbidden_host(url->host) || file_name(*url).empty() || !check_file_name(file_name(*url)))
    return base::fail(ErrorKind::bad_input, fmt::format("{} names no file", url->shown()));
  return url;
}

Result<std::optional<fs::path>> find_url_file(const fs::path& folder, const Url& url) {
  const cache::KeptFile file(url_file_path(folder, url));
  TRY_ASSIGN(const auto note,
             file.find([](const Json&) { return true; },
                       [&](const fs::path& aside) {
                         return base::Error{ErrorKind::integrity,
                                            fmt::format("{} changed since it was fetched: {}", url.shown(),
                                                        base::printable(aside.string())),
                                            "it is set aside; the next run with a network fetches it again"};
                       }));
  return note ? std::optional(file.path()) : std::nullopt;
}

Result<Downloaded> fetch_url_file(Client& client, const fs::path& folder, const Url& url,
                                  const OnTransfer& on_transfer) {
  const cache::KeptFile file(url_file_path(folder, url));
  TRY(cache::check_inside(file.path().string() + ".lock", folder / "urls"));
  Transfer waiting;
  waiting.name = url.shown();
  TRY_ASSIGN(const auto lock, cache::lock_unless_there(
                                  file.path().string() + ".lock",
                                  [&]() -> Result<bool> {
                                    TRY_ASSIGN(const auto there, find_url_file(folder, url));
                                    return there.has_value();
                                  },
                                  wait_for_other(client.waiting(), waiting, on_transfer)));
  if (!lock) return Downloaded{file.path(), 0};
  const cache::NewFile part(file.path(), file.path().string() + ".part");
  Sink sink(part.path(), url.shown(), on_transfer);
  TRY(client.fetch({url, false, {}, false}, [&] { return sink.receiver(); }));
  TRY(sink.close());
  TRY(file.publish(part.path(), Json{{"url", url.shown()}, {"sha256", nullptr}}));
  return Downloaded{file.path(), sink.bytes()};
}

}  // namespace bantam::hub
