// The records of a .wandb file (tracker/wandb.hpp): messages `Record` of W&B's wandb_internal.proto.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "tracker/protobuf.hpp"
#include "tracker/wandb.hpp"
#include "tracker/wandb_log.hpp"

namespace bantam::tracker {
namespace {

using base::Json;

// Fields of Record.
namespace record_field {
constexpr std::uint32_t kNumber = 1;
constexpr std::uint32_t kHistory = 2;
constexpr std::uint32_t kSummary = 3;
constexpr std::uint32_t kFiles = 6;
constexpr std::uint32_t kRun = 17;
constexpr std::uint32_t kExit = 18;
constexpr std::uint32_t kFinal = 20;
constexpr std::uint32_t kHeader = 21;
constexpr std::uint32_t kFooter = 22;
}  // namespace record_field

// Fields of RunRecord.
namespace run_field {
constexpr std::uint32_t kId = 1;
constexpr std::uint32_t kEntity = 2;
constexpr std::uint32_t kProject = 3;
constexpr std::uint32_t kConfig = 4;
constexpr std::uint32_t kDisplayName = 8;
constexpr std::uint32_t kNotes = 9;
constexpr std::uint32_t kTag = 10;
constexpr std::uint32_t kStartTime = 17;
}  // namespace run_field

// Of ConfigRecord, SummaryRecord and HistoryRecord, and of their items.
constexpr std::uint32_t kItem = 1;
constexpr std::uint32_t kItemKey = 1;
constexpr std::uint32_t kItemJson = 16;
constexpr std::uint32_t kHistoryStep = 2;
constexpr std::uint32_t kStepNumber = 1;
constexpr std::uint32_t kFilesItem = 1;
constexpr std::uint32_t kFilePath = 1;
constexpr std::uint32_t kExitCode = 1;
constexpr std::uint32_t kExitRuntime = 2;
constexpr std::uint32_t kTimestampSeconds = 1;

constexpr std::size_t kLongestTag = 64;

Message item(std::string_view key, const Json& value) {
  Message message;
  message.text(kItemKey, key).text(kItemJson, base::to_text(value));
  return message;
}

// A ConfigRecord or SummaryRecord with the members of an object.
Message items_of(const Json& object) {
  Message message;
  for (const auto& [key, value] : object.items()) message.message(kItem, item(key, value));
  return message;
}

// What a reader of the run has to know: cells that failed, and those that were not measured here.
std::string notes_of(const Run& run) {
  std::vector<std::string> lines;
  for (const auto& [task, cell] : run.cells) {
    if (cell.text != "ok") lines.push_back(base::printable(fmt::format("{}: {}", task, cell.text)));
    if (cell.evidence != "measured")
      lines.push_back(base::printable(fmt::format("{}: {}", task, cell.evidence)));
  }
  return base::join(lines, "\n");
}

std::vector<std::string> tags_of(const Run& run, const WandbOptions& options) {
  std::vector<std::string> tags;
  const auto add = [&tags](const std::string& tag) {
    const bool fits = !tag.empty() && tag.size() <= kLongestTag;
    if (fits && std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  };
  for (const std::string& tag : {run.model, run.precision, run.evidence}) add(tag);
  for (const std::string& tag : options.tags) add(tag);
  return tags;
}

Message run_record(const Run& run, const WandbOptions& options, const std::string& name) {
  Message message;
  message.text(run_field::kId, wandb_id(run));
  if (!options.entity.empty()) message.text(run_field::kEntity, options.entity);
  message.text(run_field::kProject, options.project);
  message.message(run_field::kConfig, items_of(run.config));
  message.text(run_field::kDisplayName, name);
  if (const std::string notes = notes_of(run); !notes.empty()) message.text(run_field::kNotes, notes);
  for (const std::string& tag : tags_of(run, options)) message.text(run_field::kTag, tag);
  Message start;
  start.integer(kTimestampSeconds, base::utc_seconds(run.started_at).value_or(0));
  return message.message(run_field::kStartTime, start);
}

// Keys that begin with '_' are W&B's own.
Message history_record(const Step& step, std::optional<std::int64_t> run_began_s) {
  Json row{{"_step", step.round}};
  if (step.time_s) row["_timestamp"] = *step.time_s;
  if (step.time_s && run_began_s) row["_runtime"] = std::max<std::int64_t>(*step.time_s - *run_began_s, 0);
  row["rounds/counts"] = step.counts;
  for (const auto& [metric, value] : step.values) row[step_name(metric)] = value;
  Message message;
  for (const auto& [key, value] : row.items()) message.message(kItem, item(key, value));
  Message number;
  number.integer(kStepNumber, step.round);
  return message.message(kHistoryStep, number);
}

Message exit_record(const Run& run) {
  const auto began = base::utc_seconds(run.started_at);
  const auto ended = base::utc_seconds(run.finished_at);
  Message message;
  message.integer(kExitCode, run.has_ok ? 0 : 1);
  if (began && ended) message.integer(kExitRuntime, std::clamp<std::int64_t>(*ended - *began, 0, INT32_MAX));
  return message;
}

// Numbers records from 1.
class Writer {
 public:
  void add(std::uint32_t field, const Message& content) {
    Message record;
    record.integer(record_field::kNumber, number_++).message(field, content);
    log_.add(record.bytes());
  }
  const std::string& bytes() const { return log_.bytes(); }

 private:
  WandbLog log_;
  std::int64_t number_ = 1;
};

}  // namespace

std::string wandb_id(const Run& run) {
  constexpr std::size_t kDigits = 12;
  return run.key.substr(0, kDigits);
}

Json wandb_summary(const Run& run) {
  Json summary = Json::object();
  for (const Figure& figure : run.figures) {
    for (const auto& [name, value] : named_values(figure)) summary[name] = value;
  }
  return summary;
}

std::string wandb_log_of(const Run& run, const WandbOptions& options, const std::string& name) {
  Writer writer;
  writer.add(record_field::kHeader, {});
  writer.add(record_field::kRun, run_record(run, options, name));
  const auto began = base::utc_seconds(run.started_at);
  for (const Step& step : run.steps) writer.add(record_field::kHistory, history_record(step, began));
  writer.add(record_field::kSummary, items_of(wandb_summary(run)));
  Message file;
  file.text(kFilePath, "wandb-metadata.json");
  Message files;
  files.message(kFilesItem, file);
  writer.add(record_field::kFiles, files);
  writer.add(record_field::kExit, exit_record(run));
  writer.add(record_field::kFinal, {});
  writer.add(record_field::kFooter, {});
  return writer.bytes();
}

}  // namespace bantam::tracker
