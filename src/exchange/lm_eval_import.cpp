#include "exchange/lm_eval_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/lm_eval_model.hpp"
#include "exchange/lm_eval_record.hpp"
#include "exchange/score_files.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::Result;
using record::Record;

constexpr int kDepth = 3;  // folders between
constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kMostSampleBytes = std::uint64_t{2} << 30;
constexpr const char* kHint = "give lm-eval's --output_path, or one of its results files";
constexpr std::size_t kNamed = 3;  // files of a list that a note names

// "2026-01-31T12-00-00.000000" at the end of a stem, behind a '_'; empty where there is none.
std::string date_in(const std::string& stem) {
  const std::size_t mark = stem.rfind('_');
  if (mark == std::string::npos) return "";
  const std::string date = stem.substr(mark + 1);
  const bool is_date =
      date.size() >= 19 && date[10] == 'T' && date.find_first_not_of("0123456789T.-") == std::string::npos;
  return is_date ? date : "";
}

// The time in bantam's own names of files, which is UTC.
std::optional<std::string> utc_of(const std::string& date) {
  if (date.size() < 19) return std::nullopt;
  std::string text = date.substr(0, 19) + "Z";
  text[13] = text[16] = ':';
  return base::utc_seconds(text) ? std::optional(text) : std::nullopt;
}

struct Document {
  fs::path path;
  ResultsFile file;
  std::string date;   // in its name
  std::string model;  // what it is called among its neighbours; no key depends on it
};

bool is_results(const Json& json) {
  return base::child_at(json, "results").is_object() &&
         (json.contains("configs") || json.contains("versions") || json.contains("config"));
}

class Importer {
 public:
  Importer(const fs::path& path, const LmEvalImport& options)
      : options_(options), files_(path, {kDepth, kMostBytes, kHint}, options) {}

  Result<ImportedRecords> run() {
    TRY(files_.read([this](ScoreFiles::File file) { read(std::move(file)); }));
    name_models();
    for (const Document& document : documents_) take_in(document);
    if (!files_.empty()) TRY(name_unused_samples());
    return std::move(files_).take("result of lm-eval that can be used");
  }

 private:
  void read(ScoreFiles::File file) {
    if (!is_results(file.json)) return files_.leave_out(file.name, "it is no results file of lm-eval");
    auto placed = files_.place(said_model(file.json), file.name);
    if (!placed) return files_.leave_out(file.name, placed.error());
    Document document{file.path, {}, date_in(file.path.stem().string()), {}};
    document.file.name = std::move(file.name);
    document.file.sha256 = std::move(file.sha256);
    document.file.json = std::move(file.json);
    document.file.device = options_.device;
    document.file.model = std::move(placed->model);
    document.file.full_name = std::move(placed->full_name);
    document.file.reference = std::move(placed->reference);
    document.file.precision = std::move(placed->precision);
    document.file.basis = std::move(placed->basis);
    set_times(document);
    documents_.push_back(std::move(document));
  }

  // lm-eval tells when it began, and how long it took from an earlier moment; the dates in its files' names
  // are local.
  static void set_times(Document& document) {
    ResultsFile& file = document.file;
    const auto start = base::number_at(file.json, "date");
    const auto dated = utc_of(document.date);
    const auto begun = start ? utc_from(*start) : std::nullopt;
    file.started_at = begun.value_or(dated.value_or(utc_from("")));
    file.finished_at = file.started_at;
    if (dated && base::string_at(file.json, "model_source") == "bantam") file.finished_at = *dated;
  }

  // Two models whose paths end alike are two models.
  void name_models() {
    std::map<std::string, std::set<std::string>> full_names;  // by name
    std::set<std::string> all;
    for (const Document& document : documents_) {
      full_names[document.file.model].insert(document.file.full_name);
      all.insert(document.file.full_name);
    }
    const auto apart = told_apart(all);
    for (Document& document : documents_) {
      const ResultsFile& file = document.file;
      document.model = full_names[file.model].size() > 1 ? apart.at(file.full_name) : file.model;
    }
  }

  // The samples of a task that are of the same date; those without a date go with results without one.
  std::optional<SamplesFile> samples_of(const Document& document, const std::string& task) {
    const std::string end = document.date.empty() ? ".jsonl" : "_" + document.date + ".jsonl";
    for (const std::string& part : {sanitized(task), task}) {
      if (part.find('/') != std::string::npos) continue;
      const fs::path path = document.path.parent_path() / ("samples_" + part + end);
      std::error_code ignored;
      const auto status = fs::symlink_status(path, ignored);
      if (fs::is_symlink(status)) {
        used_.insert(path);
        return SamplesFile{files_.name(path), base::fail(base::ErrorKind::bad_input, "it is a link")};
      }
      if (!fs::is_regular_file(status)) continue;
      used_.insert(path);
      return SamplesFile{files_.name(path), base::read_file(path, kMostSampleBytes)};
    }
    return std::nullopt;
  }

  void take_in(const Document& document) {
    ImportedRecords records =
        records_of(document.file, [&](const std::string& task) { return samples_of(document, task); });
    for (const std::string& text : records.notes) files_.note(text);
    if (records.records.empty()) files_.leave_out(document.file.name, "it holds no score");
    for (Record& record : records.records) {
      record.model = document.model;
      std::vector<record::Item> items;
      if (const auto own = records.items.find(record.cell_key); own != records.items.end())
        items = std::move(own->second);
      files_.keep(std::move(record), std::move(items));
    }
  }

  // Files of samples whose results were not there or not taken.
  base::Status name_unused_samples() {
    if (!files_.is_folder()) return {};
    TRY_ASSIGN(const FoundFiles all, json_files(files_.folder(), kDepth, ".jsonl"));
    std::vector<std::string> unused;
    for (const fs::path& path : all.files) {
      if (!used_.contains(path)) unused.push_back(files_.name(path));
    }
    if (unused.empty()) return {};
    const std::size_t count = unused.size();
    if (count > kNamed) {
      unused.resize(kNamed);
      unused.emplace_back("...");
    }
    files_.note(fmt::format("{} of samples {} left out: no results that were taken belong to {} ({})",
                            count == 1 ? "1 file" : fmt::format("{} files", count), count == 1 ? "is" : "are",
                            count == 1 ? "it" : "them", base::join(unused, ", ")));
    return {};
  }

  const LmEvalImport& options_;
  ScoreFiles files_;
  std::vector<Document> documents_;
  std::set<fs::path> used_;  // files of samples
};

}  // namespace

Result<ImportedRecords> read_lm_eval(const fs::path& path, const LmEvalImport& options) {
  return Importer(path, options).run();
}

}  // namespace bantam::exchange
