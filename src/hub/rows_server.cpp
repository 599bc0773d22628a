#include "hub/rows_server.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "hub/rows_utf8.hpp"

namespace bantam::hub {
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
  page.commit = commit.value_or("");
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

}  // namespace bantam::hub
