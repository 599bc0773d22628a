#include "tracker/tensorboard.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <system_error>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "tracker/crc.hpp"
#include "tracker/protobuf.hpp"

namespace bantam::tracker {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Status;

// Fields of tensorflow's Event, Summary.Value, SummaryMetadata and TensorProto.
constexpr std::uint32_t kWallTime = 1;
constexpr std::uint32_t kStep = 2;
constexpr std::uint32_t kFileVersion = 3;
constexpr std::uint32_t kSummary = 5;
constexpr std::uint32_t kSummaryValue = 1;
constexpr std::uint32_t kTag = 1;
constexpr std::uint32_t kSimpleValue = 2;
constexpr std::uint32_t kTensor = 8;
constexpr std::uint32_t kMetadata = 9;
constexpr std::uint32_t kPluginData = 1;
constexpr std::uint32_t kPluginName = 1;
constexpr std::uint32_t kTensorType = 1;
constexpr std::uint32_t kTensorShape = 2;
constexpr std::uint32_t kTensorText = 8;
constexpr std::uint32_t kDimension = 2;
constexpr std::uint32_t kDimensionSize = 1;
constexpr std::uint64_t kTexts = 7;  // DT_STRING

// What TFRecord makes of a checksum, which may stand in what is checked itself.
std::uint32_t masked(std::uint32_t crc) {
  constexpr std::uint32_t kDelta = 0xA282EAD8;
  return ((crc >> 15) | (crc << 17)) + kDelta;
}

Message event(double time_s, std::int64_t step) {
  Message message;
  message.real(kWallTime, time_s);
  if (step != 0) message.integer(kStep, step);
  return message;
}

void add_scalar(std::string& file, double time_s, std::int64_t step, const std::string& tag, double value) {
  Message scalar;
  scalar.text(kTag, tag).single(kSimpleValue, static_cast<float>(value));
  file += tf_record(event(time_s, step).message(kSummary, Message().message(kSummaryValue, scalar)).bytes());
}

// Markdown, in which lines of four blanks are shown as they are.
std::string as_code(const std::string& text) {
  return "    " + base::replace_all(text, "\n", "\n    ");
}

void add_text(std::string& file, double time_s, const std::string& tag, const std::string& text) {
  Message shape;
  shape.message(kDimension, Message().integer(kDimensionSize, 1));
  Message tensor;
  tensor.varint(kTensorType, kTexts).message(kTensorShape, shape).text(kTensorText, text);
  Message metadata;
  metadata.message(kPluginData, Message().text(kPluginName, "text"));
  Message value;
  value.text(kTag, tag).message(kTensor, tensor).message(kMetadata, metadata);
  file += tf_record(event(time_s, 0).message(kSummary, Message().message(kSummaryValue, value)).bytes());
}

Status write_file(const fs::path& path, const std::string& content, base::Existing existing) {
  if (base::holds(path, content)) return {};
  TRY(base::check_place(path, content, existing));
  TRY(base::make_folders(path.parent_path()));
  return base::write_file_atomically(path, content);
}

}  // namespace

std::string tf_record(std::string_view data) {
  const std::string length = little_endian(data.size(), 8);
  std::string record = length + little_endian(masked(crc32c(length)), 4);
  record += data;
  return record += little_endian(masked(crc32c(data)), 4);
}

std::string tensorboard_events(const Run& run) {
  const auto began_s = static_cast<double>(base::utc_seconds(run.started_at).value_or(0));
  const auto ended_s = static_cast<double>(base::utc_seconds(run.finished_at).value_or(0));
  std::string file = tf_record(event(began_s, 0).text(kFileVersion, "brain.Event:2").bytes());
  for (const Step& step : run.steps) {
    const double time_s = step.time_s ? static_cast<double>(*step.time_s) : ended_s;
    for (const auto& [metric, value] : step.values)
      add_scalar(file, time_s, step.round, step_name(metric), value);
  }
  for (const Figure& figure : run.figures) {
    for (const auto& [name, value] : named_values(figure)) add_scalar(file, ended_s, 0, name, value);
  }
  add_text(file, ended_s, "config", as_code(base::to_text(run.config, 2)));
  return file;
}

Result<std::vector<fs::path>> write_tensorboard(const fs::path& folder, const Runs& runs,
                                                const std::string& name, base::Existing existing) {
  TRY(check_name_template(name));
  std::map<fs::path, const Run*> folders;
  for (const Run& run : runs.runs) {
    const fs::path place = folder / base::file_name_from(name_among(name, run, runs));
    if (folders.try_emplace(place, &run).second) continue;
    return base::fail(ErrorKind::usage,
                      fmt::format("two runs would be written to {}", base::printable(place.string())),
                      "name them by --run-name \"{model} {precision}\"");
  }
  std::vector<fs::path> written;
  for (const auto& [place, run] : folders) {
    const fs::path file = place / "events.out.tfevents.bantam";
    TRY(write_file(file, tensorboard_events(*run), existing));
    written.push_back(file);
  }
  return written;
}

}  // namespace bantam::tracker
