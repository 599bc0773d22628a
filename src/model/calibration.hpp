#pragma once
// What an importance matrix is gathered from: a text, how much of it, and how it is cut into samples; and
// where the matrix of a model lies in the cache. Knows nothing of how it is gathered
// (engine/llama/importance.hpp).
//
// A text file (.txt, or any name that is none of the following) is one text: tokenized as one piece and cut
// into samples of the same length, what is left at the end unused, as llama.cpp's own tool does. JSON lines,
// JSON, CSV and TSV files have one sample per row, in the column `text`, cut at the length; rows of fewer
// than kFewestSampleTokens tokens are left out. A GGUF file is no text but a matrix that was gathered before.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/locate.hpp"
#include "plan/plan.hpp"
#include "plan/precision.hpp"

namespace bantam::model {

// Names the text that travels in the binary.
inline constexpr std::string_view kEmbeddedCalibration = "embedded";

// llama.cpp gathers nothing from products of fewer rows.
inline constexpr int kFewestSampleTokens = 16;

struct Calibration {
  std::string dataset;            // "embedded", or the file's name without its folder
  std::filesystem::path path;     // of the text
  bool is_matrix = false;         // it is a ready importance matrix; the figures below then mean nothing
  std::string text_sha256;        // of the file
  int num_samples = 512;          // at most
  int max_sequence_length = 512;  // tokens per sample
  std::string engine_identity;    // program and version that gathers

  // Determines the matrix of given weights, rounding apart.
  std::string identity() const;
};

// What samples are cut from.
struct CalibrationText {
  std::string dataset;
  std::vector<std::string> texts;
  bool rows = false;  // each text is one sample; else there is one text, which is cut into samples
  int num_samples = 512;
  int max_sequence_length = 512;
};

// The calibration that a file of this precision is made with: absent where it would change nothing, and for
// types that can do without unless the settings name a dataset. Samples are never longer than the model's
// context. `engine_identity` is quantizer_version() of model/llama/quantize.hpp. bad_input when the dataset
// cannot be read.
base::Result<std::optional<Calibration>> calibration_for(const gguf::ModelInfo& source,
                                                         const plan::Precision& precision,
                                                         const plan::CalibrationSettings& settings,
                                                         std::string_view engine_identity);

// bad_input when the dataset of the settings is a file that is not there; nothing is read.
base::Status check_calibration_text(const plan::CalibrationSettings& settings);

// Reads the text. bad_input when it is empty or has no column `text`.
base::Result<CalibrationText> read_calibration(const Calibration& calibration);

// The importance matrix of a model, beside its other files in the cache.
struct ImportanceMatrix {
  std::filesystem::path path;
  std::string identity;
  bool ready = false;  // there, with the size and hash that were recorded for it
  base::Json facts;  // what a record says of it: dataset, samples, tokens, sha256; null while it is not ready
};

base::Result<ImportanceMatrix> plan_importance(const Source& source, const Calibration& calibration);
// After the file was made: writes its size, hash and facts beside it, which makes it ready.
base::Result<ImportanceMatrix> record_importance(ImportanceMatrix matrix, const Calibration& calibration,
                                                 std::int64_t samples, std::int64_t tokens);

}  // namespace bantam::model
