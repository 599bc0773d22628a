#include "exchange/score_files.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/python_json.hpp"

namespace bantam::exchange {

namespace fs = std::filesystem;

ScoreFiles::ScoreFiles(fs::path path, const ScoreForm& form, const ScoreImport& options)
    : path_(std::move(path)), form_(form), options_(options) {
  std::error_code ignored;
  is_folder_ = fs::is_directory(path_, ignored);
  folder_ = is_folder_ ? path_ : path_.parent_path();
}

base::Status ScoreFiles::read(const std::function<void(File file)>& take) {
  TRY_ASSIGN(const FoundFiles all, file_or_json_files(path_, form_.depth, form_.hint));
  files_ = all.files.size();
  for (const fs::path& link : all.skipped) leave_out(name(link), "it is a link");
  for (const fs::path& path : all.files) {
    const std::string file = name(path);
    const auto text = base::read_file(path, form_.most_bytes);
    if (!text) {
      leave_out(file, text.error().message);
      continue;
    }
    auto json = parse_python_json(*text);
    if (!json) {
      leave_out(file, "it " + json.error());
      continue;
    }
    take({path, file, base::sha256(*text), std::move(json->json)});
  }
  return {};
}

std::string ScoreFiles::name(const fs::path& file) const {
  return folder_.empty() ? file.string() : path_within(folder_, file);
}

void ScoreFiles::note(const std::string& text) {
  notes_.push_back(base::printable(text));
}

void ScoreFiles::leave_out(const std::string& what, const std::string& why) {
  note(fmt::format("{} is left out: {}", what, why));
}

tl::expected<PlacedModel, std::string> ScoreFiles::place(const SaidModel& said, const std::string& file) {
  const auto model = said_or_asked(said.model, {"--model", options_.model, is_folder_}, file, notes_);
  if (!model) return tl::unexpected(said.why_no_model + "; say it with --model NAME");
  const auto precision =
      said_or_asked(said.precision, {"--precision", options_.precision, is_folder_}, file, notes_);
  if (!precision) return tl::unexpected(said.why_no_precision + "; say it with --precision P");
  PlacedModel placed;
  placed.model = *model;
  placed.full_name = said.full_name.empty() || model != said.model ? *model : said.full_name;
  placed.reference = said.reference.empty() ? *model : said.reference;
  placed.precision = *precision;
  placed.basis = basis_text(precision == said.precision ? said.basis : "");
  return placed;
}

void ScoreFiles::keep(record::Record record, std::vector<record::Item> items) {
  newest_.keep(std::move(record), std::move(items), notes_);
}

base::Result<ImportedRecords> ScoreFiles::take(std::string_view what) && {
  if (newest_.empty())
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("{} holds no {} ({} JSON files)", base::printable(path_.string()), what, files_),
        notes_.empty() ? form_.hint : notes_.front());
  ImportedRecords imported = std::move(newest_).take();
  imported.notes = std::move(notes_);
  return imported;
}

}  // namespace bantam::exchange
