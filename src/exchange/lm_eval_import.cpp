#include "exchange/lm_eval_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/lm_eval_model.hpp"
#include "exchange/lm_eval_record.hpp"
#include "exchange/python_json.hpp"

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
  Importer(fs::path path, const LmEvalImport& options) : path_(std::move(path)), options_(options) {
    std::error_code ignored;
    is_folder_ = fs::is_directory(path_, ignored);
    folder_ = is_folder_ ? path_ : path_.parent_path();
  }

  Result<ImportedRecords> run() {
    TRY_ASSIGN(const FoundFiles all, file_or_json_files(path_, kDepth, kHint));
    for (const fs::path& link : all.skipped) leave_out(link, "it is a link");
    for (const fs::path& file : all.files) read(file);
    name_models();
    for (const Document& document : documents_) take_in(document);
    if (newest_.empty())
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{} holds no result of lm-eval that can be used ({} JSON files)",
                                    base::printable(path_.string()), all.files.size()),
                        notes_.empty() ? kHint : notes_.front());
    TRY(name_unused_samples());
    ImportedRecords imported = std::move(newest_).take();
    imported.notes = std::move(notes_);
    return imported;
  }

 private:
  std::string name(const fs::path& file) const {
    return folder_.empty() ? file.string() : path_within(folder_, file);
  }
  void note(const std::string& text) { notes_.push_back(base::printable(text)); }
  void leave_out(const fs::path& file, const std::string& why) {
    note(fmt::format("{} is left out: {}", name(file), why));
  }

  void read(const fs::path& path) {
    const auto text = base::read_file(path, kMostBytes);
    if (!text) return leave_out(path, text.error().message);
    auto json = parse_python_json(*text);
    if (!json) return leave_out(path, "it " + json.error());
    if (!is_results(json->json)) return leave_out(path, "it is no results file of lm-eval");
    Document document{path, {}, date_in(path.stem().string()), {}};
    document.file.name = name(path);
    document.file.sha256 = base::sha256(*text);
    document.file.json = std::move(json->json);
    document.file.device = options_.device;
    if (const std::string why = find_model(document.file); !why.empty()) return leave_out(path, why);
    set_times(document);
    documents_.push_back(std::move(document));
  }

  // Why the file cannot be placed; empty where it can.
  std::string find_model(ResultsFile& file) {
    const SaidModel said = said_model(file.json);
    const auto model = said_or_asked(said.model, {"--model", options_.model, is_folder_}, file.name, notes_);
    if (!model) return said.why_no_model + "; say it with --model NAME";
    const auto precision =
        said_or_asked(said.precision, {"--precision", options_.precision, is_folder_}, file.name, notes_);
    if (!precision) return said.why_no_precision + "; say it with --precision P";
    file.model = *model;
    file.full_name = said.full_name.empty() || model != said.model ? *model : said.full_name;
    file.reference = said.reference.empty() ? *model : said.reference;
    file.precision = *precision;
    file.basis = basis_text(precision == said.precision ? said.basis : "");
    return "";
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
        return SamplesFile{name(path), base::fail(base::ErrorKind::bad_input, "it is a link")};
      }
      if (!fs::is_regular_file(status)) continue;
      used_.insert(path);
      return SamplesFile{name(path), base::read_file(path, kMostSampleBytes)};
    }
    return std::nullopt;
  }

  void take_in(const Document& document) {
    ImportedRecords records =
        records_of(document.file, [&](const std::string& task) { return samples_of(document, task); });
    for (const std::string& text : records.notes) note(text);
    if (records.records.empty()) leave_out(document.path, "it holds no score");
    for (Record& record : records.records) {
      record.model = document.model;
      std::vector<record::Item> items;
      if (const auto own = records.items.find(record.cell_key); own != records.items.end())
        items = std::move(own->second);
      newest_.keep(std::move(record), std::move(items), notes_);
    }
  }

  // Files of samples whose results were not there or not taken.
  base::Status name_unused_samples() {
    if (!is_folder_) return {};
    TRY_ASSIGN(const FoundFiles all, json_files(folder_, kDepth, ".jsonl"));
    std::vector<std::string> unused;
    for (const fs::path& path : all.files) {
      if (!used_.contains(path)) unused.push_back(name(path));
    }
    if (unused.empty()) return {};
    const std::size_t count = unused.size();
    if (count > kNamed) {
      unused.resize(kNamed);
      unused.emplace_back("...");
    }
    note(fmt::format("{} of samples {} left out: no results that were taken belong to {} ({})",
                     count == 1 ? "1 file" : fmt::format("{} files", count), count == 1 ? "is" : "are",
                     count == 1 ? "it" : "them", base::join(unused, ", ")));
    return {};
  }

  fs::path path_;
  const LmEvalImport& options_;
  fs::path folder_;
  bool is_folder_ = false;
  std::vector<Document> documents_;
  NewestRecords newest_;
  std::set<fs::path> used_;  // files of samples
  std::vector<std::string> notes_;
};

}  // namespace

Result<ImportedRecords> read_lm_eval(const fs::path& path, const LmEvalImport& options) {
  return Importer(path, options).run();
}

}  // namespace bantam::exchange
