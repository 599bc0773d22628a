#include "hub/repository.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::uint64_t kMaxListingBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 50;
constexpr std::uint64_t kMaxRangeBytes = std::uint64_t{64} << 20;
constexpr std::size_t kLongestName = 1024;

std::string in_quotes(std::string_view text) {
  return fmt::format("'{}'", base::ellipsize(base::printable(text), 80));
}

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

// CON, NUL, COM1 and so on open devices on Windows, whatever extension follows.
bool is_device_name(std::string_view segment) {
  const std::string stem = base::ascii_lower(segment.substr(0, segment.find('.')));
  static constexpr std::array<std::string_view, 4> kDevices{"con", "prn", "aux", "nul"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' &&
         stem[3] <= '9';
}

bool is_safe_segment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." && segment.size() <= 255 &&
         segment.back() != '.' && segment.back() != ' ' && !is_device_name(segment);
}

// A segment of a repository's or revision's name: also free of characters with a meaning in addresses.
bool is_plain_segment(std::string_view segment) {
  return is_safe_segment(segment) && segment.size() <= 96 && segment.front() != '.' &&
         segment.front() != '-' && segment.find("..") == std::string_view::npos &&
         std::all_of(segment.begin(), segment.end(), is_word_character);
}

std::string encoded_revision(std::string_view revision) {
  return base::replace_all(percent_encoded_path(revision), "/", "%2F");
}

Url address(const Client& client, const std::string& target) {
  Url url = client.endpoint();
  url.target += target;
  return url;
}

tl::unexpected<base::Error> bad_listing(const Repository& repository, const std::string& what) {
  return base::fail(ErrorKind::integrity,
                    fmt::format("the hub's list of files of {}: {}", repository.name, what));
}

// "W/\"abc\"" → "abc"
std::string_view bare_etag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

// Size and hash from the headers of the file's own address, for a list that does not have them.
base::Status ask_for_metadata(Client& client, RemoteFile& file) {
  const Request request{content_url(client, file), true, {}, true};
  TRY_ASSIGN(const Head head, client.fetch(request, [] { return Receiver{}; }));
  const auto either = [&](const char* first, const char* second) {
    const auto value = head.header(first);
    return value ? value : head.header(second);
  };
  const auto size = base::parse_integer(either("x-linked-size", "content-length").value_or(""));
  const auto hash = content_hash(bare_etag(either("x-linked-etag", "etag").value_or("")));
  const auto commit = head.header("x-repo-commit");
  if (!size || *size < 0 || !hash || (commit && *commit != file.commit))
    return bad_listing(file.repository, in_quotes(file.name) + " has no known size and hash");
  file.bytes = static_cast<std::uint64_t>(*size);
  file.hash = *hash;
  return {};
}

Result<RemoteFile> file_from(Client& client, const Listing& listing, const base::Json& entry) {
  RemoteFile file{
      listing.repository, listing.commit, base::string_at(entry, "rfilename").value_or(""), 0, {}};
  TRY(check_file_name(file.name));
  const base::Json& lfs = base::child_at(entry, "lfs");
  std::optional<std::string> hex = base::string_at(lfs, "sha256");
  if (!hex) hex = base::string_at(lfs, "oid");
  if (!hex) hex = base::string_at(entry, "blobId");
  const auto hash = content_hash(hex.value_or(""));
  const auto size =
      lfs.is_object() && !lfs.empty() ? base::integer_at(lfs, "size") : base::integer_at(entry, "size");
  if (!hash || !size) {
    TRY(ask_for_metadata(client, file));
    return file;
  }
  if (*size < 0 || static_cast<std::uint64_t>(*size) > kMaxFileBytes)
    return bad_listing(listing.repository, in_quotes(file.name) + " has an impossible size");
  file.bytes = static_cast<std::uint64_t>(*size);
  file.hash = *hash;
  return file;
}

}  // namespace

std::optional<ContentHash> content_hash(std::string_view hex) {
  if (is_hex(hex, 64)) return ContentHash{ContentHash::Algorithm::sha256, std::string(hex)};
  if (is_hex(hex, 40)) return ContentHash{ContentHash::Algorithm::git_blob, std::string(hex)};
  return std::nullopt;
}

Result<Repository> parse_repository(RepositoryKind kind, std::string_view text) {
  const auto parts = base::split(text, '/');
  // "--" stands for '/' in the names of cache folders.
  if (parts.size() != 2 || !std::all_of(parts.begin(), parts.end(), is_plain_segment) ||
      text.find("--") != std::string_view::npos) {
    return base::fail(ErrorKind::usage, in_quotes(text) + " is no repository of the hub",
                      "a repository is written user/repo");
  }
  return Repository{kind, std::string(text)};
}

base::Status check_revision(std::string_view text) {
  const auto parts = base::split(text, '/');
  if (text.size() <= 255 && std::all_of(parts.begin(), parts.end(), is_plain_segment)) return {};
  return base::fail(ErrorKind::usage, in_quotes(text) + " is no revision",
                    "give a branch, a tag or a commit");
}

bool is_commit(std::string_view text) {
  return is_hex(text, 40);
}

base::Status check_file_name(std::string_view name) {
  const auto parts = base::split(name, '/');
  const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f' ||
           std::string_view("\\:*?\"<>|").find(c) != std::string_view::npos;
  });
  const bool readable =
      base::is_utf8(name) && !base::has_hidden_marks(name) && base::mask_known_secrets(name) == name;
  if (name.size() <= kLongestName && plain && readable &&
      std::all_of(parts.begin(), parts.end(), is_safe_segment))
    return {};
  return base::fail(ErrorKind::integrity,
                    "the hub names a file " + in_quotes(name) + ", which is not safe to write",
                    "nothing was fetched; the repository or the server is not to be trusted");
}

Result<Listing> list_files(Client& client, const Repository& repository, std::string_view revision) {
  TRY(check_revision(revision));
  const Url url =
      address(client, fmt::format("/api/{}/{}/revision/{}?blobs=true",
                                  repository.kind == RepositoryKind::models ? "models" : "datasets",
                                  repository.name, encoded_revision(revision)));
  TRY_ASSIGN(const Client::Text answer, client.get({url, false, {}, false}, kMaxListingBytes));
  const auto json = base::parse_json(answer.body, url.shown());
  if (!json || !json->is_object()) return bad_listing(repository, "it is not the JSON that was expected");
  Listing listing{repository, std::string(revision), base::string_at(*json, "sha").value_or(""), {}};
  if (!is_commit(listing.commit)) return bad_listing(repository, "it names no commit");
  for (const base::Json& entry : base::child_at(*json, "siblings")) {
    TRY_ASSIGN(RemoteFile file, file_from(client, listing, entry));
    listing.files.push_back(std::move(file));
  }
  std::sort(listing.files.begin(), listing.files.end(),
            [](const RemoteFile& a, const RemoteFile& b) { return a.name < b.name; });
  return listing;
}

Url content_url(const Client& client, const RemoteFile& file) {
  const char* kind = file.repository.kind == RepositoryKind::models ? "" : "datasets/";
  return address(client, fmt::format("/{}{}/resolve/{}/{}", kind, file.repository.name, file.commit,
                                     percent_encoded_path(file.name)));
}

Result<std::string> read_range(Client& client, const RemoteFile& file, std::uint64_t offset,
                               std::uint64_t count) {
  if (offset > file.bytes || count > kMaxRangeBytes)
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{} has no {} bytes at {}", file.name, count, offset));
  count = std::min(count, file.bytes - offset);
  std::string bytes;
  if (count == 0) return bytes;
  const Request request{content_url(client, file),
                        false,
                        {fmt::format("Range: bytes={}-{}", offset, offset + count - 1)},
                        false};
  Receiver receiver;
  receiver.on_head = [&](const Head& head) -> base::Status {
    const std::string expected = fmt::format("bytes {}-{}/{}", offset, offset + count - 1, file.bytes);
    const bool part = head.status == 206 && head.header("content-range") == expected;
    const bool whole = head.status == 200 && offset == 0;
    if (part || whole) return {};
    return base::fail(ErrorKind::environment,
                      request.url.shown() + ": the server does not send parts of files",
                      "fetch the whole file with bantam models pull");
  };
  receiver.on_bytes = [&](std::string_view block) -> base::Status {
    bytes += block.substr(0, std::min<std::uint64_t>(block.size(), count - bytes.size()));
    // A server that sends all of the file is cut off; the message is never seen.
    return bytes.size() < count ? base::Status{} : base::fail(ErrorKind::environment, "enough");
  };
  const auto fetched = client.fetch(request, [&] {
    bytes.clear();
    return receiver;
  });
  if (bytes.size() == count) return bytes;
  if (!fetched) return tl::unexpected(fetched.error());
  return base::fail(ErrorKind::integrity, fmt::format("{}: the server sent {} of {} bytes",
                                                      request.url.shown(), bytes.size(), count));
}

}  // namespace bantam::hub
