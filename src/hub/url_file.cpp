#include "hub/url_file.hpp"

#include <fmt/format.h>
#include <fstream>
#include <system_error>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"
#include "hub/repository.hpp"

namespace bantam::hub {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 30;

std::string name_of(const Url& url) {
  const std::string path = url.target.substr(0, url.target.find('?'));
  return path.substr(path.rfind('/') + 1);
}

fs::path path_of(const fs::path& folder, const Url& url) {
  return folder / "urls" / base::sha256(url.text()).substr(0, 32) / name_of(url);
}

fs::path note_of(const fs::path& path) {
  return path.string() + ".json";
}

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
              total_ = length && *length > 0 ? static_cast<std::uint64_t>(*length) : 0;
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
    if (bytes_ > kMaxBytes) return base::fail(ErrorKind::integrity, name_ + ": longer than 16 GiB");
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
  std::uint64_t total_ = 0;
};

}  // namespace

Result<Url> parse_file_address(const std::string& address) {
  auto url = parse_url(address);
  if (!url) return base::fail(ErrorKind::bad_input, url.error().message, url.error().hint);
  if (url->scheme != "https" && !is_loopback(url->host)) {
    return base::fail(ErrorKind::bad_input, fmt::format("{} is not encrypted", url->shown()), "use https");
  }
  if (is_forbidden_host(url->host) || name_of(*url).empty() || !check_file_name(name_of(*url)))
    return base::fail(ErrorKind::bad_input, fmt::format("{} names no file", url->shown()));
  return url;
}

Result<std::optional<fs::path>> find_url_file(const fs::path& folder, const Url& url) {
  const fs::path path = path_of(folder, url);
  std::error_code error;
  const auto text = base::read_file(note_of(path), 1 << 16);
  if (!text || !fs::exists(path, error)) return std::nullopt;
  const auto note = base::parse_json(*text, note_of(path).string());
  TRY_ASSIGN(const std::string sha256, cache::cached_sha256(path));
  if (note && base::string_at(*note, "sha256") == sha256) return path;
  const fs::path aside = path.string() + ".corrupt";
  fs::rename(path, aside, error);
  return base::fail(
      ErrorKind::integrity,
      fmt::format("{} changed since it was fetched: {}", url.shown(), base::printable(aside.string())),
      "it is set aside; the next run with a network fetches it again");
}

Result<Downloaded> fetch_url_file(Client& client, const fs::path& folder, const Url& url,
                                  const OnTransfer& on_transfer) {
  const fs::path path = path_of(folder, url);
  TRY_ASSIGN(const cache::FileLock lock, cache::FileLock::take(path.string() + ".lock"));
  TRY_ASSIGN(const auto there, find_url_file(folder, url));
  if (there) return Downloaded{*there, 0};
  const fs::path part = path.string() + ".part";
  Sink sink(part, url.shown(), on_transfer);
  TRY(client.fetch({url, false, {}, false}, [&] { return sink.receiver(); }));
  TRY(sink.close());
  TRY_ASSIGN(const std::string sha256, base::sha256_of_file(part));
  TRY(base::publish_file(part, path));
  TRY(base::write_file_atomically(note_of(path),
                                  base::to_text(Json{{"url", url.shown()}, {"sha256", sha256}}, 1) + "\n"));
  cache::remember_sha256(path, sha256);
  return Downloaded{path, sink.bytes()};
}

}  // namespace bantam::hub
