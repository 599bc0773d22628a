#include "hub/rows_hub.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <fstream>
#include <set>
#include <system_error>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "cache/kept_file.hpp"
#include "cache/places.hpp"
#include "hub/rows.hpp"

namespace bantam::hub {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::uint64_t kMaxPageBytes = std::uint64_t{256} << 20;

std::string encoded(std::string_view text) {
  return base::replace_all(percent_encoded_path(text), "/", "%2F");
}

tl::unexpected<base::Error> wrong_answer(const RowSet& set, std::int64_t offset, const std::string& what) {
  return base::fail(ErrorKind::integrity, fmt::format("rows of {} from {} on: {}", set.text(), offset, what),
                    "try again later; if it stays so, the server or a proxy is broken");
}

base::Status check_row(const RowSet& set, const Json& entry, std::int64_t expected) {
  if (base::integer_at(entry, "row_idx") != expected)
    return wrong_answer(set, expected, "the server sends another row than asked for");
  if (!base::child_at(entry, "row").is_object()) return wrong_answer(set, expected, "it is not an object");
  if (base::child_at(entry, "truncated_cells").empty()) return {};
  return base::fail(ErrorKind::integrity,
                    fmt::format("rows of {}: the server cuts long cells of row {}", set.text(), expected),
                    "name the files of the data set's repository in data_files instead");
}

}  // namespace

std::string RowSet::text() const {
  return fmt::format("{}{}{}, {}", dataset, config.empty() ? "" : ", ", config, split);
}

Result<Json> RowsServer::ask(const std::string& target, std::optional<std::string>* commit) {
  Url url = client_.endpoint();
  url.target += target;
  TRY_ASSIGN(const Client::Text answer, client_.get({url, false, {}, false}, kMaxPageBytes));
  if (commit) *commit = answer.head.header("x-revision");
  auto json = base::parse_json(with_paired_surrogates(valid_utf8(answer.body)), url.shown());
  if (json && json->is_object()) return json;
  return base::fail(ErrorKind::integrity, url.shown() + ": the answer is not the JSON that was expected");
}

Result<RowsPage> RowsServer::page(const RowSet& set, std::int64_t offset) {
  std::optional<std::string> commit;
  auto answer =
      ask(fmt::format("/rows?dataset={}&config={}&split={}&offset={}&length={}", encoded(set.dataset),
                      encoded(set.config), encoded(set.split), offset, kRowsPerPage),
          &commit);
  if (!answer) {
    base::Error error = std::move(answer).error();
    error.message = fmt::format("rows of {}: {}", set.text(), error.message);
    return tl::unexpected(std::move(error));
  }
  RowsPage page;
  page.commit = base::mask_secrets(commit.value_or(""));
  const auto total = base::integer_at(*answer, "num_rows_total");
  if (!total || *total < 0) return wrong_answer(set, offset, "the server does not say how many there are");
  page.total = *total;
  for (const Json& entry : base::child_at(*answer, "rows")) {
    TRY(check_row(set, entry, offset + static_cast<std::int64_t>(page.rows.size())));
    page.rows.push_back(entry["row"]);
  }
  const std::int64_t expected = std::clamp<std::int64_t>(page.total - offset, 0, kRowsPerPage);
  if (static_cast<std::int64_t>(page.rows.size()) != expected) {
    return wrong_answer(set, offset,
                        fmt::format("the server sends {} where {} were expected (of {} in all)",
                                    page.rows.size(), expected, page.total));
  }
  return page;
}

Result<std::vector<SplitSize>> RowsServer::sizes(const std::string& dataset) {
  if (const auto known = sizes_.find(dataset); known != sizes_.end()) return known->second;
  TRY_ASSIGN(const Json answer, ask("/size?dataset=" + encoded(dataset), nullptr));
  std::vector<SplitSize> sizes;
  for (const Json& entry : base::child_at(base::child_at(answer, "size"), "splits")) {
    const auto config = base::string_at(entry, "config");
    const auto split = base::string_at(entry, "split");
    const auto rows = base::integer_at(entry, "num_rows");
    if (!config || !split || !rows || *rows < 0) {
      return base::fail(ErrorKind::integrity,
                        fmt::format("sizes of {}: the answer is not of the form that was expected", dataset));
    }
    sizes.push_back({*config, *split, *rows});
  }
  sizes_[dataset] = sizes;
  return sizes;
}

Result<std::string> RowsServer::default_config(const std::string& dataset) {
  TRY_ASSIGN(const auto all, sizes(dataset));
  std::set<std::string> configs;
  for (const SplitSize& size : all) configs.insert(size.config);
  if (configs.contains("default")) return "default";
  if (configs.size() == 1) return *configs.begin();
  return base::fail(
      ErrorKind::environment, fmt::format("data set {} has {} configurations", dataset, configs.size()),
      configs.empty() ? "its rows cannot be asked for; name its files in data_files"
                      : "name one as dataset_name: " +
                            base::ellipsize(base::join({configs.begin(), configs.end()}, ", "), 200));
}

namespace {

constexpr int kMaxRestarts = 2;
constexpr std::uint64_t kMaxNoteBytes = 1 << 16;

// A name that is one path segment on any system, different for different texts.
std::string segment(const std::string& text) {
  if (text.empty()) return "_";
  std::string name = base::replace_all(percent_encoded_path(text), "/", "%2F");
  if (name.front() == '.' || name == "_") name = fmt::format("%{:02X}{}", name.front(), name.substr(1));
  return name;
}

fs::path rows_path(const fs::path& folder, const RowSet& set) {
  return folder / base::replace_all(set.dataset, "/", "--") / segment(set.config) /
         (segment(set.split) + ".jsonl");
}

fs::path with_suffix(const fs::path& path, const char* suffix) {
  return path.string() + suffix;
}

Json note_at(const fs::path& path) {
  const auto text = base::read_file(path, kMaxNoteBytes);
  const auto json = text ? base::parse_json(*text, path.string()) : Result<Json>(Json());
  return json && json->is_object() ? *json : Json::object();
}

void discard(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// What a sitting has fetched: whole rows only.
class Part {
 public:
  explicit Part(const fs::path& path)
      : path_(with_suffix(path, ".part")), note_(with_suffix(path, ".part.json")) {}

  // Continues what is there. Rows that are torn or not JSON (a power cut) and all behind them are dropped.
  base::Status open() {
    const Json note = note_at(note_);
    total_ = base::integer_at(note, "rows");
    commit_ = base::string_at(note, "commit").value_or("");
    std::error_code error;
    if (!total_ || !fs::exists(path_, error)) {
      empty();
      return {};
    }
    TRY_ASSIGN(const std::string text, base::read_file(path_, std::uint64_t{1} << 34));
    std::size_t whole = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', whole)) {
      if (!base::parse_json(std::string_view(text).substr(whole, end - whole), "row")) break;
      whole = end + 1;
      ++rows_;
    }
    if (rows_ > *total_) {
      empty();
      return {};
    }
    if (whole < text.size()) fs::resize_file(path_, whole, error);
    return error ? cannot_write(error.message()) : base::Status{};
  }

  // Empties it, to hold the rows of this commit.
  base::Status start(const std::string& commit, std::int64_t total) {
    empty();
    commit_ = commit;
    total_ = total;
    return base::write_file_atomically(note_,
                                       base::to_text(Json{{"rows", total}, {"commit", commit}}) + "\n");
  }

  base::Status append(const RowsPage& page) {
    std::string lines;
    for (const Json& row : page.rows) lines += base::to_text(row) + "\n";
    std::ofstream file(path_, std::ios::binary | std::ios::app);
    file.write(lines.data(), static_cast<std::streamsize>(lines.size()));
    file.close();
    if (!file) return cannot_write("the disk may be full");
    rows_ += static_cast<std::int64_t>(page.rows.size());
    return {};
  }

  bool fits(const RowsPage& page) const { return page.total == total_ && page.commit == commit_; }
  bool is_begun() const { return total_.has_value(); }
  bool is_complete() const { return total_ && rows_ >= *total_; }
  std::int64_t rows() const { return rows_; }
  // Known once it is begun.
  std::int64_t total() const { return *total_; }
  const std::string& commit() const { return commit_; }
  const fs::path& path() const { return path_; }
  const fs::path& note() const { return note_; }

 private:
  void empty() {
    discard(path_);
    discard(note_);
    rows_ = 0;
    commit_.clear();
    total_.reset();
  }
  tl::unexpected<base::Error> cannot_write(const std::string& why) const {
    return base::fail(ErrorKind::storage,
                      fmt::format("cannot write {}: {}", base::printable(path_.string()), why),
                      "what was fetched is kept; free some space, or set BANTAM_CACHE to another disk");
  }

  fs::path path_;
  fs::path note_;
  std::int64_t rows_ = 0;
  std::optional<std::int64_t> total_;  // absent before the first page
  std::string commit_;
};

class Fetching {
 public:
  Fetching(RowsServer& server, RowSet set, const std::string& commit, const OnTransfer& on_transfer)
      : server_(server), set_(std::move(set)), commit_(commit), on_transfer_(on_transfer) {}

  base::Status run(Part& part) {
    while (!part.is_complete()) {
      const std::int64_t offset = part.rows();
      TRY_ASSIGN(const RowsPage page, server_.page(set_, offset));
      TRY(check(page));
      received_rows_ += static_cast<std::int64_t>(page.rows.size());
      if (!part.fits(page)) {
        TRY(restart(part, page));
        if (offset > 0) continue;
      }
      TRY(part.append(page));
      report(part);
    }
    return {};
  }

  std::int64_t received_rows() const { return received_rows_; }

 private:
  base::Status check(const RowsPage& page) const {
    if (page.total == 0)
      return base::fail(ErrorKind::bad_input, fmt::format("data set {} has no rows", set_.text()));
    if (commit_.empty() || page.commit == commit_) return {};
    return base::fail(
        ErrorKind::environment,
        fmt::format("data set {} is at commit {}, and {} is asked for", set_.text(),
                    page.commit.empty() ? "(unknown)" : base::printable(page.commit), commit_),
        "rows are served of the newest commit only; name files of the repository in data_files");
  }

  base::Status restart(Part& part, const RowsPage& page) {
    if (part.is_begun() && ++restarts_ > kMaxRestarts) {
      return base::fail(ErrorKind::integrity,
                        fmt::format("data set {} changes while it is fetched", set_.text()),
                        "try again later");
    }
    return part.start(page.commit, page.total);
  }

  void report(const Part& part) const {
    if (!on_transfer_) return;
    Transfer transfer;
    transfer.name = set_.text();
    transfer.rows = Transfer::Rows{part.rows(), part.total()};
    on_transfer_(transfer);
  }

  RowsServer& server_;
  RowSet set_;
  const std::string& commit_;
  const OnTransfer& on_transfer_;
  std::int64_t received_rows_ = 0;
  int restarts_ = 0;
};

// Gives the whole part its final name.
Result<KeptRows> publish(Part& part, const fs::path& path, const RowSet& set) {
  const Json note{{"dataset", set.dataset},
                  {"config", set.config},
                  {"split", set.split},
                  {"commit", part.commit()},
                  {"rows", part.rows()}};
  TRY_ASSIGN(const std::string sha256, cache::KeptFile(path).publish(part.path(), note));
  discard(part.note());
  return KeptRows{path, sha256, part.commit(), part.rows(), 0};
}

}  // namespace

Result<fs::path> datasets_folder() {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  return cache / "datasets";
}

Result<std::optional<KeptRows>> find_rows(const fs::path& folder, const RowSet& set,
                                          const std::string& commit) {
  const cache::KeptFile file(rows_path(folder, set));
  TRY_ASSIGN(const auto note, file.find(
                                  [&](const Json& note) {
                                    return base::integer_at(note, "rows") &&
                                           (commit.empty() || base::string_at(note, "commit") == commit);
                                  },
                                  [&](const fs::path& aside) {
                                    return base::Error{
                                        ErrorKind::integrity,
                                        fmt::format("rows of {} changed since they were fetched: {}",
                                                    set.text(), base::printable(aside.string())),
                                        "they are set aside; the next run with a network fetches them again"};
                                  }));
  if (!note) return std::nullopt;
  return KeptRows{file.path(), base::string_at(*note, "sha256").value_or(""),
                  base::string_at(*note, "commit").value_or(""), *base::integer_at(*note, "rows"), 0};
}

Result<KeptRows> fetch_rows(RowsServer& server, const fs::path& folder, const RowSet& set,
                            const std::string& commit, const OnTransfer& on_transfer) {
  TRY_ASSIGN(const auto there, find_rows(folder, set, commit));
  if (there) return *there;
  const fs::path path = rows_path(folder, set);
  for (const char* suffix : {".lock", ".part"}) TRY(cache::check_inside(with_suffix(path, suffix), folder));
  Transfer waiting;
  waiting.name = set.text();
  TRY_ASSIGN(const auto lock, cache::lock_unless_there(
                                  with_suffix(path, ".lock"),
                                  [&]() -> Result<bool> {
                                    TRY_ASSIGN(const auto finished, find_rows(folder, set, commit));
                                    return finished.has_value();
                                  },
                                  wait_for_other(server.waiting(), waiting, on_transfer)));
  if (!lock) return fetch_rows(server, folder, set, commit, on_transfer);
  RowSet asked = set;
  if (asked.config.empty()) {
    TRY_ASSIGN(asked.config, server.default_config(set.dataset));
  }
  Part part(path);
  TRY(part.open());
  Fetching fetching(server, asked, commit, on_transfer);
  TRY(fetching.run(part));
  TRY_ASSIGN(KeptRows kept, publish(part, path, asked));
  kept.received_rows = fetching.received_rows();
  return kept;
}

namespace {

Result<Url> rows_address(const Url& endpoint) {
  if (const std::string own = base::environment_text("BANTAM_DATASETS_SERVER"); !own.empty())
    return parse_url(own);
  Url address = endpoint;
  if (address.scheme == "https") address.host = "datasets-server." + address.host;
  return address;
}

bool belongs_to(const Url& address, const Url& endpoint) {
  return address.scheme == endpoint.scheme && address.port == endpoint.port &&
         (address.host == endpoint.host || address.host.ends_with("." + endpoint.host));
}

Result<RowsServer> open_rows_server(const Url& endpoint, const HubOptions& options) {
  TRY_ASSIGN(Url address, rows_address(endpoint));
  std::optional<Token> token;
  if (belongs_to(address, endpoint)) {
    TRY_ASSIGN(token, find_token());
  }
  TRY_ASSIGN(std::shared_ptr<Transport> transport, make_http_transport());
  TRY_ASSIGN(Client client, Client::make(std::move(address), std::move(token), std::move(transport),
                                         real_waiting(options.stopped)));
  return RowsServer(std::move(client));
}

}  // namespace

Result<DataHub> open_data_hub(const HubOptions& options) {
  HubOptions own = options;
  own.offline = options.offline || base::is_switched_on("HF_DATASETS_OFFLINE");
  TRY_ASSIGN(Hub hub, open_hub(own));
  DataHub data{std::move(hub), std::nullopt, {}};
  TRY_ASSIGN(data.folder, datasets_folder());
  if (data.hub.client) {
    TRY_ASSIGN(data.rows, open_rows_server(data.hub.client->endpoint(), options));
  }
  return data;
}

}  // namespace bantam::hub
