#include "hub/download.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "hub/cache.hpp"
#include "hub/part_file.hpp"

namespace bantam::hub {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Result;

constexpr double kLockInterval_s = 0.2;
constexpr double kRateAfter_s = 0.5;
constexpr int kMaxRestarts = 2;
constexpr std::uint64_t kSpaceMargin_bytes = std::uint64_t{4} << 20;

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

// The etag, if a later request may name it: weak ones say nothing of the bytes.
std::string strong_etag(const Head& head) {
  const std::string etag = head.header("etag").value_or("");
  return etag.starts_with("W/") || etag.size() > 512 ? "" : etag;
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
  Transfer transfer{file_.name,   part_.bytes(), file_.bytes, received_bytes_,
                    std::nullopt, std::nullopt,  false};
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
    // Only getting further than ever counts as progress: a server that cuts every time must not hold us
    // forever.
    if (part_.bytes() > furthest) backoff.reset();
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

// Held by the one process that writes the blob. Absent when meanwhile another one has finished it.
Result<std::optional<FileLock>> lock_or_blob(Hub& hub, const RemoteFile& file,
                                             const OnTransfer& on_transfer) {
  while (true) {
    TRY_ASSIGN(auto lock, FileLock::try_take(hub.cache.lock_path(file.repository, file.hash)));
    TRY_ASSIGN(const bool there, hub.cache.has_blob(file.repository, file.hash));
    if (there) return std::nullopt;
    if (lock) return lock;
    if (on_transfer) on_transfer({file.name, 0, file.bytes, 0, std::nullopt, std::nullopt, true});
    if (!hub.client->waiting().sleep(kLockInterval_s)) return base::fail(ErrorKind::interrupted, "stopped");
  }
}

Result<std::uint64_t> fetch_blob(Hub& hub, const RemoteFile& file, const OnTransfer& on_transfer) {
  const fs::path blob = hub.cache.blob_path(file.repository, file.hash);
  TRY_ASSIGN(const auto lock, lock_or_blob(hub, file, on_transfer));
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
    if (file.hash.algorithm == ContentHash::Algorithm::sha256) remember_sha256(blob, file.hash.hex);
    return received;
  }
}

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

}  // namespace bantam::hub
