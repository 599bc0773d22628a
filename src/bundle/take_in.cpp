#include "bundle/take_in.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "bundle/read.hpp"
#include "verify/verify.hpp"

namespace bantam::bundle {
namespace {

using base::Json;
using base::Result;
using base::Status;
using record::FinishedCell;
using record::Outcome;
using record::Record;

constexpr const char* kOrigin = "bundle";

class Taking {
 public:
  Taking(const Checked& checked, store::Store& store) : checked_(checked), store_(store) {}

  Status take(FinishedCell cell) {
    Record& record = cell.record;
    const std::string place = verify::place_of(record);
    TRY_ASSIGN(const auto running, store_.open_attempt(record.cell_key));
    if (running) {
      taken_.notes.push_back(fmt::format("{} is left out: the store has begun it and not ended it", place));
      return {};
    }
    TRY_ASSIGN(const auto known, store_.find_record(record.cell_key));
    if (known && (known->outcome == Outcome::ok || record.outcome != Outcome::ok)) {
      ++taken_.known;
      if (figures_of(*known) != figures_of(record))
        taken_.notes.push_back(fmt::format(
            "{} is in the store with other figures, which stay; those of the bundle are left out", place));
      return {};
    }
    note_origin(record);
    TRY(store_.add_finished(std::move(cell)));
    ++taken_.fresh;
    return {};
  }

  Taken taken() && { return std::move(taken_); }

 private:
  static std::string figures_of(const Record& record) {
    const Json json = record::to_json(record);
    return base::to_text({json["status"], json["metrics"], base::child_at(json, "subtasks")});
  }

  void note_origin(Record& record) const {
    record.task_info[kOrigin] = {{"sha256", checked_.sha256}, {"generator", checked_.head.generator}};
    const auto& findings = checked_.report.findings;
    if (!findings.empty())
      record.warnings.push_back(fmt::format("from a bundle in which {} things are wrong", findings.size()));
  }

  const Checked& checked_;
  store::Store& store_;
  Taken taken_;
};

}  // namespace

Result<Taken> take_in(std::string_view text, const Checked& checked, store::Store& store) {
  if (checked.unreadable > 0)
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("{} lines of the bundle cannot be read", checked.unreadable),
                      "ask for the bundle again");
  Taking taking(checked, store);
  TRY(read(text, [&taking](FinishedCell cell, BasisFrom) { return taking.take(std::move(cell)); }));
  return std::move(taking).taken();
}

bool came_in_bundle(const record::Record& record) {
  return !base::child_at(record.task_info, kOrigin).is_null();
}

}  // namespace bantam::bundle
