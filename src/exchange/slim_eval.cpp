#include "exchange/slim_eval.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/slim_eval_form.hpp"
#include "plan/precision.hpp"
#include "record/cell_kind.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using base::Result;
using record::Record;

constexpr int kDepth = 2;  // folders between
constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;
constexpr double kGb = 1e9;
constexpr double kSameSize = 0.02;  // weights of 16 bits against the number of parameters

constexpr std::string_view kPerformance = record::name(record::CellKind::performance);
constexpr std::string_view kEnergy = record::name(record::CellKind::energy);

constexpr const char* kScoreKey = "accuracy";

// A key that holds the metric's value, times `unit`.
struct Column {
  const char* key;
  const char* metric;
  double unit = 1.0;
};
constexpr Column kSpeed[] = {{"mean_latency_s", "amortized_latency_s"},
                             {"tokens_per_second", "batch_output_tokens_per_s"},
                             {"mean_peak_mem_mb", "preallocated_bytes", kMib}};
constexpr Column kOfEnergy[] = {{"energy_per_query_j", "energy_per_request_j"},
                                {"avg_power_watts", "mean_power_w"}};

record::Value plain(double value) {
  return {value, std::nullopt, std::nullopt, std::nullopt};
}

// What all of its files have in common.
struct Head {
  std::string model;      // without its owner
  std::string reference;  // with it
  std::string precision;
  std::string timestamp;
};

struct Document {
  std::filesystem::path file;
  std::string sha256;
  Json json;
  Head head;
};

// Puts the values of the columns in; what is no positive number is absent with the reason.
template <std::size_t N>
void take(const Json& content, const Column (&columns)[N], Record& record) {
  for (const Column& column : columns) {
    const Json& found = base::child_at(content, column.key);
    if (found.is_null()) {
      record.absent[column.metric] = fmt::format("{} is not in the file", column.key);
    } else if (!found.is_number() || !std::isfinite(found.get<double>()) || found.get<double>() < 0.0) {
      record.absent[column.metric] = fmt::format("{} is no number of 0 or more", column.key);
    } else if (found.get<double>() == 0.0) {
      record.absent[column.metric] = fmt::format("{} is 0: its measurement failed", column.key);
    } else {
      record.metrics[column.metric] = plain(found.get<double>() * column.unit);
    }
  }
}

void fail_run(Record& record, std::string message) {
  record.outcome = record::Outcome::failed;
  record.failure = record::Failure{"invalid_measurement", std::move(message), std::nullopt};
}

class Reader {
 public:
  Reader(const std::filesystem::path& folder, std::string device)
      : folder_(folder), device_(std::move(device)) {}

  Result<ImportedRecords> run() {
    TRY_ASSIGN(const FoundFiles all, json_files(folder_, kDepth));
    for (const auto& link : all.skipped) leave_out(link, "it is a link");
    for (const auto& file : all.files) read(file);
    for (const Document& document : documents_) take_in(document);
    if (found_.empty())
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{} holds no result of SLiM-Eval ({} JSON files)",
                                    base::printable(folder_.string()), all.files.size()),
                        notes_.empty() ? "give the folder that was its --output-dir" : notes_.front());
    check_sizes();
    ImportedRecords imported;
    for (auto& [place, record] : found_) imported.records.push_back(std::move(record));
    imported.notes = std::move(notes_);
    return imported;
  }

 private:
  using Place = std::tuple<std::string, std::string, std::string>;  // model, precision, task

  void leave_out(const std::filesystem::path& file, const std::string& why) {
    notes_.push_back(fmt::format("{} is left out: {}", path_within(folder_, file), why));
  }

  void read(const std::filesystem::path& file) {
    const auto text = base::read_file(file, kMostBytes);
    if (!text) return leave_out(file, text.error().message);
    const auto json = base::parse_json(*text, path_within(folder_, file));
    if (!json) return leave_out(file, "it is no whole JSON");
    if (!json->is_object()) return leave_out(file, "it is no result of SLiM-Eval");
    auto head = read_head(*json);
    if (!head) return leave_out(file, head.error());
    references_[head->model].insert(head->reference);
    documents_.push_back({file, base::sha256(*text), *json, *std::move(head)});
  }

  void take_in(const Document& document) {
    Head head = document.head;
    // Two owners' models of one name are two models.
    if (references_[head.model].size() > 1) head.model = head.reference;
    record::Imported origin{
        std::string(kSlimEvalTool), path_within(folder_, document.file), document.sha256, document.json, {}};
    auto record = read_record(document.json, head, std::move(origin));
    if (!record) return leave_out(document.file, record.error());
    keep(document.file, *std::move(record));
  }

  static tl::expected<Head, std::string> read_head(const Json& json) {
    Head head;
    head.reference = base::string_at(json, "model").value_or("");
    const auto precision = base::string_at(json, "precision");
    if (head.reference.empty() && !precision)
      return tl::unexpected(std::string("it is no result of SLiM-Eval"));
    if (head.reference.empty()) return tl::unexpected(std::string("it names no model"));
    if (!precision) return tl::unexpected(std::string("it names no precision"));
    const auto known = plan::parse_precision(*precision);
    if (!known)
      return tl::unexpected(fmt::format("its precision '{}' is not known", base::printable(*precision)));
    head.precision = known->name;
    head.model = head.reference.substr(head.reference.rfind('/') + 1);
    if (head.model.empty()) return tl::unexpected(std::string("it names no model"));
    head.timestamp = utc_from(base::string_at(json, "timestamp").value_or(""));
    return head;
  }

  Record begin(const Head& head, std::string_view task, const record::Imported& origin,
               const Json& json) const {
    Record record = imported_record(origin, head.model, head.reference, head.precision, std::string(task),
                                    device_, head.timestamp);
    if (const auto parameters = base::number_at(json, "num_parameters"); parameters && *parameters > 0.0)
      record.metrics["parameters"] = plain(*parameters);
    if (const auto size = base::number_at(json, "model_size_gb"); size && *size > 0.0)
      record.metrics["weight_bytes"] = plain(*size * kGib);
    return record;
  }

  tl::expected<Record, std::string> read_record(const Json& json, const Head& head,
                                                record::Imported origin) const {
    if (const auto note = base::string_at(json, "_note"))
      origin.caveats["weight_bytes"] = fmt::format("comes with the note: {}", *note);
    if (json.contains("mean_latency_s") || json.contains("tokens_per_second"))
      return read_speed(json, head, std::move(origin));
    if (json.contains("energy_joules")) return read_energy(json, head, std::move(origin));
    if (json.contains("task") && json.contains(kScoreKey)) return read_score(json, head, std::move(origin));
    return tl::unexpected(std::string("it holds neither latency nor energy nor a task's accuracy"));
  }

  Record read_speed(const Json& json, const Head& head, record::Imported origin) const {
    origin.caveats["amortized_latency_s"] =
        "is the wall time of a batch divided by its requests: no request takes so long";
    origin.caveats["preallocated_bytes"] =
        "is the pool that the server takes beforehand, not what the model needs";
    Record record = begin(head, kPerformance, origin, json);
    take(json, kSpeed, record);
    const auto latency = record.metrics.find("amortized_latency_s");
    const auto rate = record.metrics.find("batch_output_tokens_per_s");
    if (latency != record.metrics.end() && rate != record.metrics.end())
      record.metrics["output_tokens"] = plain(latency->second.value * rate->second.value);
    if (latency == record.metrics.end()) fail_run(record, record.absent["amortized_latency_s"]);
    return record;
  }

  Record read_energy(const Json& json, const Head& head, record::Imported origin) const {
    origin.caveats["energy_per_request_j"] =
        "is what the tool's sensors covered, which the file does not tell";
    Record record = begin(head, kEnergy, origin, json);
    take(json, kOfEnergy, record);
    if (const auto joules = base::number_at(json, "energy_joules"); !joules || *joules <= 0.0) {
      record.metrics.erase("energy_per_request_j");
      record.absent["energy_per_request_j"] = "energy_joules is 0 or missing: its measurement failed";
    }
    if (!record.metrics.contains("energy_per_request_j"))
      fail_run(record, record.absent["energy_per_request_j"]);
    return record;
  }

  tl::expected<Record, std::string> read_score(const Json& json, const Head& head,
                                               record::Imported origin) const {
    const auto task = base::string_at(json, "task");
    if (!task || task->empty() || record::is_kind_name(*task))
      return tl::unexpected(std::string("it names no task"));
    const SlimEvalTask& row = slim_eval_task(*task);
    const std::string metric(row.metric);
    origin.caveats[metric] = "comes without its number of items: how sure it is is not known";
    Record record = begin(head, *task, origin, json);
    const auto score = base::number_at(json, kScoreKey);
    if (!score || *score < 0.0 || *score > 1.0)
      return tl::unexpected(std::string("its accuracy is no share between 0 and 1"));
    if (*score == 0.0) {
      fail_run(record, "accuracy is 0: its evaluation failed");
      record.absent[metric] = "accuracy is 0: its evaluation failed";
    } else {
      record.metrics[metric] = plain(*score);
    }
    record::TaskFacts facts;
    facts.name = *task;
    facts.output_type = row.output_type;
    facts.metrics = {metric};
    facts.chance = row.chance;
    record::set_tasks(record, {facts});
    return record;
  }

  void keep(const std::filesystem::path& file, Record record) {
    const Place place{record.model, record.precision, record.task};
    const auto known = found_.find(place);
    if (known != found_.end()) {
      const bool is_newer = record.finished_at > known->second.finished_at;
      const std::string other = record::imported(known->second)->file;
      notes_.push_back(fmt::format("{} and {} are of the same configuration: the newer counts, {}",
                                   path_within(folder_, file), other,
                                   is_newer ? path_within(folder_, file) : other));
      if (!is_newer) return;
    }
    found_.insert_or_assign(place, std::move(record));
  }

  // A weight takes 2 bytes at fp16. Where size and number of parameters do not agree by it, the number is
  // that of something else and cannot be used.
  void check_sizes() {
    for (auto& [place, base] : found_) {
      if (base.precision != "fp16" || !base.metrics.contains("weight_bytes") ||
          !base.metrics.contains("parameters"))
        continue;
      const double bytes = base.metrics.at("weight_bytes").value;
      const double wanted = 2.0 * base.metrics.at("parameters").value;
      const auto agrees = [wanted](double size) { return std::abs(size / wanted - 1.0) <= kSameSize; };
      if (agrees(bytes)) continue;
      // A size that comes with a note was typed in, from a page that may count in units of 1000.
      const bool is_decimal =
          record::imported(base)->caveats.contains("weight_bytes") && agrees(bytes * kGb / kGib);
      for (auto& [other, record] : found_) {
        if (record.model == base.model) correct(record, is_decimal, wanted / bytes);
      }
    }
  }

  static void correct(Record& record, bool is_decimal, double ratio) {
    record::Imported origin = *record::imported(record);
    if (is_decimal && record.metrics.contains("weight_bytes")) {
      record.metrics["weight_bytes"].value *= kGb / kGib;
      std::string& caveat = origin.caveats["weight_bytes"];
      caveat = std::string("is taken in units of 1000, by which it agrees with the number of parameters") +
               (caveat.empty() ? "" : "; it " + caveat);
    } else if (!is_decimal) {
      record.metrics.erase("parameters");
      record.absent["parameters"] =
          fmt::format("num_parameters is {:.2f} times what the size at fp16 tells: it is left out", ratio);
    }
    record::set_imported(record, origin);
  }

  std::filesystem::path folder_;
  std::string device_;
  std::vector<Document> documents_;
  std::map<std::string, std::set<std::string>> references_;  // by short name
  std::map<Place, Record> found_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<ImportedRecords> read_slim_eval(const std::filesystem::path& folder, const std::string& device) {
  return Reader(folder, device).run();
}

}  // namespace bantam::exchange
