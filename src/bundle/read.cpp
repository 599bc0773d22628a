#include "bundle/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "bundle/lines.hpp"
#include "bundle/rows.hpp"

namespace bantam::bundle {
namespace {

using base::Json;
using base::Result;
using base::Status;
using record::FinishedCell;

constexpr std::int64_t kMostTrialsOfCell = 100'000;
constexpr std::int64_t kMostUnreadable = 10'000;  // lines, before the file is given up
constexpr std::size_t kMostFindings = 1000;       // that are told one by one

// The record whose rows are being read.
struct OpenCell {
  FinishedCell cell;
  std::string place;
  std::string basis;
  BasisFrom from = BasisFrom::end;
  base::Digest rows = base::Digest::sha256();
  std::set<record::ItemName> items;
  std::set<std::int64_t> rounds;
};

std::optional<RowKind> row_kind_of(const Json& json) {
  for (const RowKind kind : kRowKinds) {
    if (json.contains(std::string(name(kind)))) return kind;
  }
  return std::nullopt;
}

class Reader {
 public:
  Reader(std::string_view text, const OnCell& on_cell) : text_(text), lines_(text), on_cell_(on_cell) {}

  Result<Contents> read() {
    TRY(read_head());
    while (const auto line = lines_.next()) {
      if (has_ended_) {
        if (behind_++ == 0) find("", fmt::format("line {} stands behind the last one", line->number));
        continue;
      }
      TRY(take(*line));
      if (contents_.unreadable > kMostUnreadable)
        return base::fail(base::ErrorKind::bad_input,
                          fmt::format("more than {} lines of the bundle cannot be read", kMostUnreadable),
                          "ask for the bundle again");
    }
    TRY(close_cell());
    if (!has_ended_) find("", "it ends without its last line: something was cut off");
    if (behind_ > 1) find("", fmt::format("{} lines stand behind the last one", behind_));
    compare_counts();
    if (untold_ > 0) contents_.findings.push_back({"", fmt::format("{} further things are wrong", untold_)});
    return std::move(contents_);
  }

 private:
  void find(const std::string& place, std::string what) {
    if (contents_.findings.size() < kMostFindings)
      contents_.findings.push_back({place, base::printable(what)});
    else
      ++untold_;
  }
  void refuse(const Line& line, const base::Error& error) {
    ++contents_.unreadable;
    const std::string begin = fmt::format("line {}", line.number);
    const bool is_named = error.message.starts_with(begin);
    find(place(), is_named ? error.message : fmt::format("{}: {}", begin, error.message));
  }
  std::string place() const { return open_ ? open_->place : std::string(); }

  Status read_head() {
    const auto no_bundle = base::Error{base::ErrorKind::bad_input, "the file is no bundle of bantam",
                                       "make one with `bantam export bundle`", std::nullopt};
    if (text_.size() > kMostBytes)
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("the file is longer than the {} bytes of a bundle", kMostBytes));
    const auto line = lines_.next();
    if (!line) return tl::unexpected(no_bundle);
    const auto json = json_of(*line);
    if (!json) return tl::unexpected(no_bundle);
    TRY_ASSIGN(contents_.head, head_from(*json));
    return {};
  }

  Status take(const Line& line) {
    if (!line.is_ended) find(place(), fmt::format("line {} is cut off", line.number));
    const auto json = json_of(line);
    if (!json) {
      add_to_basis(line);
      refuse(line, json.error());
      return {};
    }
    if (json->contains("sha256")) return end(line, *json);
    if (json->contains("record")) return open_cell(line, *json);
    if (lost_record_) {
      ++contents_.unreadable;
      return {};
    }
    add_to_basis(line);
    if (const auto kind = row_kind_of(*json)) {
      if (const Status taken = take_row(line, *kind, *json); !taken) refuse(line, taken.error());
    } else {
      refuse(line,
             base::Error{base::ErrorKind::bad_input, "holds neither a record nor a row of one", "", {}});
    }
    return {};
  }

  void add_to_basis(const Line& line) {
    if (!open_) return;
    open_->rows.add(line.text);
    open_->rows.add("\n");
  }

  Status open_cell(const Line& line, const Json& json) {
    TRY(close_cell());
    lost_record_ = true;
    auto record = checked_record(json["record"]);
    const auto from = basis_from(base::string_at(json, "basis_from").value_or(""));
    const std::string basis = base::string_at(json, "basis").value_or("");
    if (!record || !from || !is_sha256(basis) || json.size() != 4) {
      refuse(line, record ? base::Error{base::ErrorKind::bad_input, "lacks the basis of its record", "", {}}
                          : record.error());
      return {};
    }
    lost_record_ = false;
    ++found_.records;
    open_.emplace();
    open_->place = verify::place_of(*record);
    if (!keys_.insert(record->cell_key).second)
      find(open_->place, fmt::format("line {}: the record stands twice", line.number));
    if (base::string_at(json, "checksum") != record_checksum(json["record"], basis, *from))
      find(open_->place, fmt::format("the record (line {}) is not what was written", line.number));
    open_->cell.record = *std::move(record);
    open_->basis = basis;
    open_->from = *from;
    return {};
  }

  Status close_cell() {
    if (!open_) return {};
    if (open_->rows.hex() != open_->basis)
      find(open_->place,
           "the rows that it rests on are not those of its end: some are missing, more, or others");
    const Status done = on_cell_(std::move(open_->cell), open_->from);
    open_.reset();
    return done;
  }

  Status take_row(const Line& line, RowKind kind, const Json& json) {
    const auto no_place = [](std::string what) {
      return base::fail(base::ErrorKind::bad_input, std::move(what));
    };
    if (!open_) return no_place("belongs to no record");
    if (json.size() != 2) return no_place("holds more than a row and its checksum");
    const Json& body = json[std::string(name(kind))];
    std::string what;
    TRY(kind == RowKind::trial   ? add_trial(body, what)
        : kind == RowKind::block ? add_block(body, what)
                                 : add_item(body, what));
    ++found_.of(kind);
    if (base::string_at(json, "checksum") != row_checksum(kind, open_->cell.record.cell_key, body))
      find(open_->place, fmt::format("{} (line {}) is not what was written", what, line.number));
    return {};
  }

  Status add_trial(const Json& body, std::string& what) {
    TRY_ASSIGN(record::Trial trial, checked_trial(body));
    std::vector<record::Trial>& trials = open_->cell.trials;
    if (std::ssize(trials) >= kMostTrialsOfCell)
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("the cell has more than {} trials", kMostTrialsOfCell));
    what = fmt::format("trial {}, {} {}", trials.size() + 1, trial.scenario, trial.index);
    trials.push_back(std::move(trial));
    return {};
  }

  Status add_block(const Json& body, std::string& what) {
    TRY_ASSIGN(record::Block block, checked_block(body));
    what = fmt::format("the block of round {}", block.round + 1);
    if (!open_->rounds.insert(block.round).second)
      return base::fail(base::ErrorKind::bad_input, what + " stands twice");
    open_->cell.blocks.push_back(std::move(block));
    return {};
  }

  Status add_item(const Json& body, std::string& what) {
    TRY_ASSIGN(record::Item item, checked_item(body));
    what = fmt::format("item {} of {}", item.doc_id, item.task);
    if (contents_.head.items == ItemForm::hashes && !item.content.is_null() &&
        !is_hashed_content(item.content))
      return base::fail(base::ErrorKind::bad_input, what + " has its content, not the hash of it");
    if (!open_->items.emplace(item.task, item.doc_id).second)
      return base::fail(base::ErrorKind::bad_input, what + " stands twice");
    open_->cell.items.push_back(std::move(item));
    return {};
  }

  Status end(const Line& line, const Json& json) {
    TRY(close_cell());
    has_ended_ = true;
    contents_.sha256 = base::sha256(text_.substr(0, line.begin));
    if (json.size() != 1 || base::string_at(json, "sha256") != contents_.sha256)
      find("",
           fmt::format("the content has the hash {}, its last line says {}", contents_.sha256.substr(0, 16),
                       base::string_at(json, "sha256").value_or("none").substr(0, 16)));
    return {};
  }

  void compare_counts() {
    const auto compare = [this](std::string_view what, std::int64_t said, std::int64_t there) {
      if (said != there) find("", fmt::format("the first line says {} {}, {} are there", said, what, there));
    };
    const Counts& said = contents_.head.counts;
    compare("records", said.records, found_.records);
    compare("trials", said.trials, found_.trials);
    compare("blocks", said.blocks, found_.blocks);
    compare("items", said.items, found_.items);
  }

  std::string_view text_;
  Lines lines_;
  const OnCell& on_cell_;
  Contents contents_;
  Counts found_;
  std::set<std::string> keys_;
  std::optional<OpenCell> open_;
  bool lost_record_ = false;  // it could not be read, so what stands below it is no one's
  bool has_ended_ = false;
  std::int64_t behind_ = 0;
  std::int64_t untold_ = 0;
};

}  // namespace

Result<Contents> read(std::string_view text, const OnCell& on_cell) {
  return Reader(text, on_cell).read();
}

}  // namespace bantam::bundle
