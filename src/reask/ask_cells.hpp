#pragma once
// Items of accuracy cells asked of their model once more and compared with what is stored, by the code that
// asks them in a run, in the same batches. Changes nothing but the cache. Knows nothing of how it is shown.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hub/download.hpp"
#include "job/interrupts.hpp"
#include "plan/plan.hpp"
#include "reask/compare.hpp"
#include "reask/draw.hpp"
#include "record/record.hpp"
#include "run/observer.hpp"
#include "verify/verify.hpp"

namespace bantam::reask {

struct Request {
  Draw draw;
  // References that take the place of those in the records, by the records' model names; a name may be empty
  // where there is one model.
  std::vector<plan::ModelEntry> models;
  std::vector<std::filesystem::path> include_paths;  // further task files
  bool offline = false;
  // The records are somebody else's, as those of an imported bundle are: models of the hub that only they
  // name are looked for in the cache alone.
  bool from_stranger = false;
  bool only_looks = false;  // nothing is fetched, made or asked
};

// What is asked of: the finished accuracy cells among these, in their order.
struct Cells {
  std::vector<record::Record> records;
  // With their content.
  std::function<base::Result<std::vector<record::Item>>(const record::Record&)> items;
};

struct Hooks {
  std::function<void(const std::string& place, const run::Progress&)> on_progress;
  hub::OnTransfer on_transfer;
};

// A cell, and what became of it.
struct Asked {
  std::string place;                     // "nano int8 nano_topic"
  std::vector<record::ItemName> drawn;   // ascending
  std::optional<std::string> not_asked;  // why; then nothing below is known, but what is wrong all the same
  std::int64_t compared = 0;             // the drawn ones, and those that were asked in their batches
  std::int64_t same = 0;                 // of them, those with the same bits
  std::int64_t other_texts = 0;          // written otherwise, with the same score
  std::int64_t scored_again = 0;         // items whose scores were computed again from their stored answers
  Place where = Place::same;
  std::vector<std::string> differences;      // why it is another place
  std::optional<double> largest_difference;  // of log-likelihoods, in nats
  std::vector<std::string> other_scores;     // that another place may give: "item 3 of qa: acc is 1, ..."
  std::vector<std::string> incomparable;     // "item 3 of qa: its row of the data is another one"
  // Of a look only.
  std::vector<std::string> steps;  // what is to be done first: "fetch 1.2 GB", "make Q4_K_M"
  std::int64_t most_items = 0;     // that are asked with the drawn ones, at most
  std::optional<double> most_s;    // how long that takes, at most
};

struct Outcome {
  Draw draw;
  std::vector<Asked> cells;
  std::vector<verify::Finding> findings;  // what the model does not give, by cell

  // Nothing is left to look at: all cells were asked, and scored the same.
  bool is_complete() const;
};

// Errors: usage for a model name that no record has; interrupted; what else keeps a cell from being asked is
// said of it.
base::Result<Outcome> ask_cells(const Cells& cells, const Request& request, job::Interrupts& interrupts,
                                const Hooks& hooks);

}  // namespace bantam::reask
