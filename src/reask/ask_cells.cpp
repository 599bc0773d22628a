#include "reask/ask_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "bundle/take_in.hpp"
#include "gguf/model_info.hpp"
#include "model/locate.hpp"
#include "reask/cell_asker.hpp"
#include "reask/found_cell.hpp"
#include "record/cell_kind.hpp"
#include "record/sections.hpp"

namespace bantam::reask {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;
using record::Item;
using record::Record;

// A text by which the user knows what is wrong with a cell, of an error.
std::string reason(const base::Error& error) {
  return base::printable(error.hint.empty() ? error.message
                                            : fmt::format("{} ({})", error.message, error.hint));
}

class Walk {
 public:
  Walk(const Cells& cells, const Request& request, job::Interrupts& interrupts, const Hooks& hooks)
      : cells_(cells), request_(request), interrupts_(interrupts), hooks_(hooks) {
    outcome_.draw = request.draw;
  }

  Result<Outcome> run() {
    TRY(check_names());
    for (const Record& record : cells_.records) {
      if (is_asked(record)) TRY(ask(record));
    }
    return std::move(outcome_);
  }

 private:
  static bool is_asked(const Record& record) {
    return record.outcome == record::Outcome::ok && record::is_scored_task(record.task);
  }

  Status check_names() const {
    std::set<std::string> known;
    for (const Record& record : cells_.records) {
      if (is_asked(record)) known.insert(record.model);
    }
    for (const plan::ModelEntry& entry : request_.models) {
      const bool fits = entry.name.empty() ? known.size() == 1 : known.contains(entry.name);
      if (fits) continue;
      const std::vector<std::string> names(known.begin(), known.end());
      return base::fail(ErrorKind::usage,
                        entry.name.empty() ? fmt::format("--model {}: it is not said which model it is",
                                                         base::printable(entry.reference))
                                           : fmt::format("--model {}=...: no answers of a model of this name",
                                                         base::printable(entry.name)),
                        fmt::format("write NAME=REF; there are answers of: {}",
                                    names.empty() ? "none" : base::printable(base::join(names, ", "))));
    }
    return {};
  }

  // The reference that the user gives for this model; absent where none is given.
  std::optional<std::string> given_reference(const Record& record) const {
    for (const plan::ModelEntry& entry : request_.models) {
      if (entry.name.empty() || entry.name == record.model) return entry.reference;
    }
    return std::nullopt;
  }

  Status ask(const Record& record) {
    Asked& asked = outcome_.cells.emplace_back();
    asked.place = verify::place_of(record);
    std::vector<std::string> wrong;
    const Status done = ask(record, asked, wrong);
    const std::size_t told = std::min(wrong.size(), verify::kMostOfCell);
    for (std::size_t i = 0; i < told; ++i)
      outcome_.findings.push_back({asked.place, base::printable(wrong[i])});
    if (told < wrong.size())
      outcome_.findings.push_back(
          {asked.place, fmt::format("{} further things are wrong", wrong.size() - told)});
    if (done) return {};
    if (done.error().kind == ErrorKind::interrupted) return done;
    asked.not_asked = reason(done.error());
    return {};
  }

  // Errors are why the cell cannot be asked, or interrupted.
  Status ask(const Record& record, Asked& asked, std::vector<std::string>& wrong) {
    TRY_ASSIGN(const std::vector<Item> items, cells_.items(record));
    asked.drawn = drawn_of(items, record.cell_key, request_.draw);
    if (asked.drawn.empty())
      return base::fail(ErrorKind::bad_input,
                        items.empty() ? "it comes without items" : "it has none of these items");
    const auto given = given_reference(record);
    if (!given && record::is_imported(record))
      return base::fail(ErrorKind::bad_input, "another tool asked it, and its model is not named",
                        fmt::format("name it: --model {}=REF", record.model));
    TRY(know_machine());
    TRY_ASSIGN(FoundCell found, find(record, given));
    CellAsker asker(record, items, found, interrupts_, asked);
    const Status done = ask(record, found, asker);
    wrong = asker.take_wrong();
    return done;
  }

  Status ask(const Record& record, FoundCell& found, CellAsker& asker) {
    if (request_.only_looks) {
      asker.estimate();
      return {};
    }
    const auto on_progress = [&](const run::Progress& progress) {
      if (hooks_.on_progress) hooks_.on_progress(verify::place_of(record), progress);
    };
    on_progress({"checking scores", 0, 0, {}, ""});
    TRY(asker.check_items());
    TRY(asker.score_again());
    TRY(make_file(record, found, *machine_, interrupts_, on_progress));
    TRY_ASSIGN(const auto engine, engine_of(found));
    return asker.ask(engine, *machine_, on_progress);
  }

  Status know_machine() {
    if (machine_) return {};
    run::Machine machine = run::describe_machine(".");
    TRY_ASSIGN(kernels_, run::probe_kernels(machine.engine_identity + machine.cpu_identity));
    machine_ = std::move(machine);
    return {};
  }

  Result<FoundCell> find(const Record& record, const std::optional<std::string>& given) const {
    PlanRequest plan{given.value_or(record.reference), request_.include_paths, request_.offline};
    const bool from_stranger = request_.from_stranger || bundle::came_in_bundle(record);
    plan.offline = plan.offline || (from_stranger && !given);
    model::LocateOptions options;
    options.offline = plan.offline;
    options.fetch = !request_.only_looks;
    options.stopped = [this] { return interrupts_.stopped(); };
    options.on_transfer = hooks_.on_transfer;
    if (!given) TRY(find_named(record, options));
    return find_cell(record, plan, options, *machine_, kernels_);
  }

  // Whether the model is where the record says.
  static Status find_named(const Record& record, const model::LocateOptions& options) {
    const auto reference = model::parse_reference(record.reference);
    const auto source = reference ? model::locate(*reference, options)
                                  : Result<model::Source>(tl::unexpected(reference.error()));
    if (source || source.error().kind == ErrorKind::interrupted)
      return source ? Status{} : Status(tl::unexpected(source.error()));
    return base::fail(source.error().kind, source.error().message,
                      fmt::format("name it: --model {}=REF", record.model));
  }

  // With the kernels that work here.
  Result<plan::EngineSettings> engine_of(const FoundCell& found) const {
    plan::EngineSettings engine = plan::engine_of(found.plan, found.cell.cell);
    TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(found.cell.artifact.path));
    const auto choice = kernels_.choose(info.tensor_types);
    if (!choice.usable)
      return base::fail(ErrorKind::environment, "no kernel of the engine works on this CPU for its file");
    engine.repack = engine.repack && choice.repack;
    return engine;
  }

  const Cells& cells_;
  const Request& request_;
  job::Interrupts& interrupts_;
  const Hooks& hooks_;
  std::optional<run::Machine> machine_;
  run::KernelVerdicts kernels_;
  Outcome outcome_;
};

}  // namespace

bool Outcome::is_complete() const {
  return std::ranges::all_of(cells, [](const Asked& cell) {
    return !cell.not_asked && cell.other_scores.empty() && cell.incomparable.empty();
  });
}

Result<Outcome> ask_cells(const Cells& cells, const Request& request, job::Interrupts& interrupts,
                          const Hooks& hooks) {
  return Walk(cells, request, interrupts, hooks).run();
}

}  // namespace bantam::reask
