#pragma once
// What a LoRA adapter in GGUF says about itself, checked before the engine or a merge sees it. Knows nothing
// of how it is applied.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gguf/reader.hpp"

namespace bantam::model {

// The two factors that change one weight of the base model: it acts as W + scale x alpha / rank x B A.
struct AdapterPair {
  std::string target;  // "blk.0.attn_q.weight"
  gguf::Tensor a;      // [inputs, rank]; for the token embedding [rank, tokens]
  gguf::Tensor b;      // [rank, outputs]
  std::int64_t rank() const { return static_cast<std::int64_t>(b.shape[0]); }
};

struct AdapterInfo {
  std::string architecture;         // of the base model it was trained on
  std::optional<std::string> name;  // general.name
  double alpha = 0.0;               // 0: B A is used as it is
  std::int64_t rank = 0;            // the largest of all pairs
  std::int64_t parameters = 0;
  std::int64_t file_bytes = 0;
  std::vector<AdapterPair> pairs;  // in the order of the file's first tensors of them

  // What B A of this pair is multiplied with, for an adapter used at `scale`.
  double factor(const AdapterPair& pair, double scale) const;
};

// bad_input for all that read_gguf() refuses, for a file that is no LoRA adapter, and for one that the
// engine would silently apply only in part: norm weights, tensors that are not pairs, invocation tokens.
base::Result<AdapterInfo> inspect_adapter(const std::filesystem::path& path);

// bad_input, naming both, unless the model has the adapter's architecture and every weight that the adapter
// changes, in the fitting shape. The names are for the message.
base::Status check_adapter_fits(const AdapterInfo& adapter, const std::string& adapter_name,
                                const std::filesystem::path& model, const std::string& model_name);

// An adapter as one model of a plan uses it: found and inspected.
struct AppliedAdapter {
  std::filesystem::path path;
  double scale = 1.0;
  std::string sha256;
  AdapterInfo info;
};

// inspect_adapter() and the hash of the file; check_adapter_fits() is a step of its own. usage for a scale
// that is not a finite number.
base::Result<AppliedAdapter> find_adapter(const std::filesystem::path& path, double scale);

// For a record: {"sha256", "name", "rank", "alpha", "scale", "parameters", "mode"}. `mode` is "apply" or
// "merge".
base::Json to_json(const AppliedAdapter& adapter, std::string_view mode);

}  // namespace bantam::model
