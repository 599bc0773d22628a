#pragma once
// From a model reference to the file that a cell runs: the source file, and per precision the file quantized
// from it, kept in the cache. Knows where such a file lies, whether it is whole, and what identifies it; not
// how it is made (model/make_artifact.hpp).

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "model/calibration.hpp"
#include "model/locate.hpp"
#include "plan/precision.hpp"

namespace bantam::model {

// The file for one precision of a source.
struct Artifact {
  std::filesystem::path path;  // the source's own path when it is of that type already
  std::string file_type;       // F16, Q4_K_M, ...
  // Determines the content before it is made: source sha256, type, quantizer, calibration.
  std::string identity;
  std::string source_sha256;
  std::string quantizer;  // program and version that makes it; empty when nothing has to be made
  bool made = false;      // by us, from the source
  bool merged = false;    // made by merging the source's adapter into it, and nothing else
  bool ready = false;     // there, with the size and hash that were recorded for it
  std::string sha256;     // of the file; empty while it is not ready
  std::optional<Calibration> calibration;  // of the importance matrix that it is made with
  base::Json importance;  // facts of that matrix; null while the file is not ready, or without one
};

// `quantizer` is quantizer_version() of model/llama/quantize.hpp; `calibration` is what calibration_for()
// says. bad_input when this precision cannot be made from this source: see check_can_make(); or needs a
// calibration and has none. integrity when the file in the cache is no longer the one that was made
// (cache/kept_file.hpp).
base::Result<Artifact> plan_artifact(const Source& source, const plan::Precision& precision,
                                     std::string_view quantizer,
                                     const std::optional<Calibration>& calibration = std::nullopt);

// What determines the weights that a source's precisions are made of.
std::string weights_identity(const Source& source);

// bad_input, saying what would be needed: quantized weights cannot become another precision (nothing brings
// back what they lost, and a loss on top of theirs would be charged to the new one); some types need expert
// layers. Does nothing else. A type that the source already has is always fine.
base::Status check_can_make(const gguf::ModelInfo& source, std::string_view source_name,
                            const plan::Precision& precision);
// The same for any source: a shape needs nothing but a type that can be made.
base::Status check_can_make(const Source& source, std::string_view source_name,
                            const plan::Precision& precision);

// After the file was made: writes its size, hash and `importance` beside it (PATH.json), which makes it
// ready.
base::Result<Artifact> record_artifact(Artifact artifact);

// What a record says of the model: path-independent facts of the file that ran and of its source.
base::Json to_json(const Artifact& artifact, const Source& source, const gguf::ModelInfo& info);

}  // namespace bantam::model
