#pragma once
// Whether a store holds what was written, and whether its figures follow from its raw data. Changes nothing.
// Knows nothing of how it is shown.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "record/block_energy.hpp"
#include "record/finished_cell.hpp"
#include "record/record.hpp"
#include "store/store.hpp"

namespace bantam::verify {

struct Finding {
  std::string place;  // "nano int8 performance"; empty: the whole store
  std::string what;   // "ttft_s is 0.1, its trials give 0.2"
};

struct Report {
  std::int64_t cells = 0;  // with a finished attempt
  std::int64_t trials = 0;
  std::int64_t items = 0;
  std::int64_t recomputed = 0;      // figures that follow from the raw data
  std::int64_t not_recomputed = 0;  // of other kinds: facts of files, scores of whole texts, damage
  std::int64_t without_basis =
      0;  // cells finished by earlier versions: rows that are missing are not noticed
  std::int64_t without_rounds = 0;  // cells whose speeds are not recomputed: no trial of theirs has a round
  std::int64_t imported = 0;        // cells that another tool measured
  std::int64_t imported_without_items = 0;  // those of them without raw data: nothing is recomputed
  std::vector<Finding> unjudged;            // figures that would be recomputed, and why they are not
  std::vector<Finding> findings;
};

// Errors: what keeps the store from being read at all; all else is a finding.
base::Result<Report> verify_store(store::Store& store);

// store.check_basis(), but integrity, naming the cell, where the rows are not those that the attempt ended
// with: of such ones nothing may be passed on.
base::Result<store::Basis> sound_basis(store::Store& store, const record::Record& record);

// "nano int8 threads=2 performance", printable.
std::string place_of(const record::Record& record);
// Findings of one cell that are told one by one.
inline constexpr std::size_t kMostOfCell = 50;
// Adds to the report what a finished attempt holds and which of its figures do not follow from that; of more
// than kMostOfCell how many there are. `has_its_items`: the items are those that the attempt ended with.
// Pure.
void check_cell(const record::FinishedCell& cell, bool has_its_items, Report& report);

// Figures of a record that its raw data do not give. Pure.
struct Figures {
  std::int64_t recomputed = 0;
  std::int64_t not_recomputed = 0;
  std::vector<std::string> wrong;          // "ttft_s is 0.1, its trials give 0.2"
  std::vector<std::string> unjudged = {};  // "qa acc, which its task file adds up by 'f'"
};
// Of the cell, and of each of its blocks: speeds from the trials, energy from what its sensors said of the
// blocks.
Figures check_measured(const record::FinishedCell& cell);
// What the memory of a worker over time says against its peaks: adds to figures.wrong.
void check_memory_lines(const record::FinishedCell& cell, Figures& figures);
// What the power over time says against the joules of its block: adds to figures.wrong.
void check_power_traces(const record::FinishedCell& cell, Figures& figures);
// The same of one block or of the answers of a task, which messages call `place`; nothing where there is no
// trace.
void check_trace_joules(const record::BlockEnergy& energy, const std::string& place, Figures& figures);
// Means of what is right or wrong per item, also of imported cells, where they come with items, and all
// scores of groups from those of their tasks; other scores are not recomputed.
Figures check_scores(const record::Record& record, const std::vector<record::Item>& items);

}  // namespace bantam::verify
