#include "model/calibration.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cache/embedded.hpp"
#include "cache/kept_file.hpp"
#include "gguf/types.hpp"
#include "hub/rows.hpp"
#include "model/artifact.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;

// Changes when the same text would be cut or summed otherwise.
constexpr int kCalibrationVersion = 1;

constexpr std::string_view kEmbeddedFile = "texts/calibration.txt";
constexpr const char* kColumn = "text";

bool has_rows(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kTables{".jsonl", ".json", ".csv", ".tsv"};
  const std::string extension = base::ascii_lower(path.extension().string());
  return std::find(kTables.begin(), kTables.end(), extension) != kTables.end();
}

base::Result<fs::path> text_path(const std::string& dataset) {
  if (dataset != kEmbeddedCalibration) return fs::path(dataset);
  TRY_ASSIGN(const fs::path folder, cache::materialize_embedded());
  return folder / kEmbeddedFile;
}

base::Result<std::string> read_text(const fs::path& path) {
  TRY_ASSIGN(std::string whole, base::read_file(path));
  if (whole.empty()) {
    return base::fail(ErrorKind::bad_input, fmt::format("{} is empty", base::printable(path.string())),
                      "give a text of some thousand words");
  }
  if (base::is_utf8(whole)) return whole;
  return base::fail(ErrorKind::bad_input, fmt::format("{} is not UTF-8 text", base::printable(path.string())),
                    "convert it: iconv -f ENCODING -t UTF-8");
}

base::Result<std::vector<std::string>> column_of_rows(const fs::path& path) {
  TRY_ASSIGN(const auto rows, hub::read_rows(path));
  std::vector<std::string> texts;
  for (const base::Json& row : rows) {
    if (auto text = base::string_at(row, kColumn)) texts.push_back(*std::move(text));
  }
  if (!texts.empty()) return texts;
  return base::fail(ErrorKind::bad_input,
                    fmt::format("{} has no column '{}' of texts", base::printable(path.string()), kColumn),
                    "name the column text, or give a plain text file");
}

}  // namespace

std::string Calibration::identity() const {
  if (is_matrix) return fmt::format("importance matrix {} {}", dataset, text_sha256);
  return fmt::format("importance {} of {} {} {}x{} by {}", kCalibrationVersion, dataset, text_sha256,
                     num_samples, max_sequence_length, engine_identity);
}

base::Result<std::optional<Calibration>> calibration_for(const gguf::ModelInfo& source,
                                                         const plan::Precision& precision,
                                                         const plan::CalibrationSettings& settings,
                                                         std::string_view engine_identity) {
  const auto type = gguf::file_type(std::string_view(precision.llama_type));
  if (!type || !gguf::uses_importance(*type) || precision.llama_type == source.file_type) return std::nullopt;
  if (settings.dataset.empty() && type->how_made != gguf::HowMade::needs_importance) return std::nullopt;
  if (source.is_encoder) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("importance matrices are gathered for language models only, not for {}",
                                  base::printable(source.architecture)),
                      "leave out --calibration-dataset");
  }
  const std::string dataset = settings.dataset.empty() ? std::string(kEmbeddedCalibration) : settings.dataset;
  Calibration calibration;
  TRY_ASSIGN(calibration.path, text_path(dataset));
  TRY_ASSIGN(calibration.text_sha256, cache::cached_sha256(calibration.path));
  calibration.dataset =
      dataset == kEmbeddedCalibration ? dataset : base::printable(calibration.path.filename().string());
  calibration.is_matrix = base::ascii_lower(calibration.path.extension().string()) == ".gguf";
  if (!calibration.is_matrix && !has_rows(calibration.path)) TRY(read_text(calibration.path));
  calibration.num_samples = settings.num_samples;
  const auto longest = source.context_train.value_or(settings.max_sequence_length);
  calibration.max_sequence_length =
      static_cast<int>(std::min<std::int64_t>(settings.max_sequence_length, longest));
  calibration.engine_identity = engine_identity;
  return calibration;
}

base::Status check_calibration_text(const plan::CalibrationSettings& settings) {
  const std::string& dataset = settings.dataset;
  std::error_code ignored;
  if (dataset.empty() || dataset == kEmbeddedCalibration || fs::exists(dataset, ignored)) return {};
  const bool is_on_hub = std::ranges::count(dataset, '/') == 1 && !dataset.starts_with('/') &&
                         !dataset.starts_with('.') && !fs::path(dataset).has_extension();
  return base::fail(
      ErrorKind::bad_input,
      fmt::format(
          "--calibration-dataset {}: {}", base::printable(dataset),
          is_on_hub ? "no such file, and data sets of the hub are not read for calibration" : "no such file"),
      is_on_hub ? "leave out --calibration-dataset and --calibration-split: types that need a text "
                  "take the embedded one"
                : "give a text file, rows with a column `text`, or embedded");
}

base::Result<CalibrationText> read_calibration(const Calibration& calibration) {
  CalibrationText text;
  text.dataset = calibration.dataset;
  text.num_samples = calibration.num_samples;
  text.max_sequence_length = calibration.max_sequence_length;
  text.rows = has_rows(calibration.path);
  if (text.rows) {
    TRY_ASSIGN(text.texts, column_of_rows(calibration.path));
    return text;
  }
  TRY_ASSIGN(std::string whole, read_text(calibration.path));
  text.texts.push_back(std::move(whole));
  return text;
}

base::Result<ImportanceMatrix> plan_importance(const Source& source, const Calibration& calibration) {
  ImportanceMatrix matrix;
  if (calibration.is_matrix) {
    matrix.path = calibration.path;
    matrix.ready = true;
    matrix.facts = {{"file", calibration.dataset}, {"sha256", calibration.text_sha256}};
    return matrix;
  }
  matrix.identity = fmt::format("{}:{}", weights_identity(source), calibration.identity());
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  // The file's name goes into the files that are made with it, so it must not differ.
  matrix.path =
      cache / "importance" /
      fmt::format("{}-{}", source.sha256.substr(0, 12), base::sha256(matrix.identity).substr(0, 16)) /
      "imatrix.gguf";
  TRY_ASSIGN(const auto note, cache::find_made_file(matrix.path, matrix.identity));
  if (note) {
    matrix.ready = true;
    matrix.facts = base::child_at(*note, "importance");
  }
  return matrix;
}

base::Result<ImportanceMatrix> record_importance(ImportanceMatrix matrix, const Calibration& calibration,
                                                 std::int64_t samples, std::int64_t tokens) {
  TRY_ASSIGN(const std::string sha256, cache::cached_sha256(matrix.path));
  matrix.facts = {{"dataset", calibration.dataset},
                  {"text_sha256", calibration.text_sha256},
                  {"samples", samples},
                  {"tokens", tokens},
                  {"sha256", sha256},
                  {"gathered_by", calibration.engine_identity}};
  TRY(cache::record_made_file(matrix.path, matrix.identity, {{"importance", matrix.facts}}));
  matrix.ready = true;
  return matrix;
}

}  // namespace bantam::model
