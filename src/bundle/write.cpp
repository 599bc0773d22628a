#include "bundle/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/hash.hpp"
#include "record/finished_cell.hpp"
#include "record/private_parts.hpp"
#include "verify/verify.hpp"

namespace bantam::bundle {
namespace {

using base::Result;
using base::Status;
using record::FinishedCell;
using record::Record;

class Writer {
 public:
  Writer(store::Store& store, ItemForm items) : store_(store) { written_.head.items = items; }

  Result<Written> write() {
    TRY_ASSIGN(const auto records, store_.records());
    std::set<std::string> models;
    for (const Record& record : records) models.insert(record.model);
    models_ = record::models_without_folders(models);
    for (const Record& record : records) TRY(add(record));
    if (written_.head.counts.records == 0)
      return base::fail(base::ErrorKind::bad_input, "the store holds no results that can be passed on",
                        "run first: `bantam run`");
    written_.head.generator = "bantam " BANTAM_VERSION;
    std::string text = base::to_text(to_json(written_.head)) + "\n" + body_;
    written_.sha256 = base::sha256(text);
    written_.text = std::move(text) + last_line(written_.sha256);
    return std::move(written_);
  }

 private:
  Status add(const Record& record) {
    const std::string place = verify::place_of(record);
    TRY_ASSIGN(const store::Basis basis, verify::sound_basis(store_, record));
    if (basis == store::Basis::replaced) {
      written_.notes.push_back(fmt::format("{} is left out: another attempt has begun and not ended", place));
      return {};
    }
    FinishedCell cell{record, {}, {}, {}};
    TRY_ASSIGN(cell.trials, store_.trials(record.cell_key, record.attempt));
    TRY_ASSIGN(cell.blocks, store_.blocks(record.cell_key, record.attempt));
    TRY_ASSIGN(cell.items, store_.items(record.cell_key));
    record::leave_out_private_parts(cell);
    cell.record.model = models_.at(record.model);
    return append(cell, basis == store::Basis::intact ? BasisFrom::end : BasisFrom::exported);
  }

  Status append(FinishedCell& cell, BasisFrom from) {
    std::string rows;
    for (const record::Trial& trial : cell.trials)
      add_row(RowKind::trial, cell, record::to_json(trial), rows);
    for (const record::Block& block : cell.blocks)
      add_row(RowKind::block, cell, record::to_json(block), rows);
    for (record::Item& item : cell.items) {
      if (written_.head.items == ItemForm::hashes && !item.content.is_null() &&
          !is_hashed_content(item.content))
        item.content = hashed_content(item.content);
      add_row(RowKind::item, cell, record::to_json(item), rows);
    }
    const std::string& finished = cell.record.finished_at;
    written_.head.newest = std::max(written_.head.newest.value_or(finished), finished);
    ++written_.head.counts.records;
    const std::string line = record_line(record::to_json(cell.record), base::sha256(rows), from);
    if (std::max(longest_line_, line.size()) > kMostBytesOfLine)
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{}: a line would be longer than {} bytes", verify::place_of(cell.record),
                                    kMostBytesOfLine));
    body_ += line;
    body_ += rows;
    if (body_.size() < kMostBytes) return {};
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("the bundle would be longer than {} bytes", kMostBytes),
                      "pass on hashes of the items: --items hashes");
  }

  void add_row(RowKind kind, const FinishedCell& cell, const base::Json& body, std::string& rows) {
    const std::string line = row_line(kind, cell.record.cell_key, body);
    longest_line_ = std::max(longest_line_, line.size());
    rows += line;
    ++written_.head.counts.of(kind);
  }

  store::Store& store_;
  std::map<std::string, std::string> models_;  // how they are called in the bundle
  Written written_;
  std::string body_;
  std::size_t longest_line_ = 0;
};

}  // namespace

Result<Written> write(store::Store& store, ItemForm items) {
  return Writer(store, items).write();
}

}  // namespace bantam::bundle
