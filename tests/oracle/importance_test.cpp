// The importance matrix of a model is the one that llama.cpp's own tool gathers.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/files.hpp"
#include "engine/llama/calibrate.hpp"
#include "gguf/reader.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProbe = "models/probe/probe-f16.gguf";

// All tensors of a file of F32 tensors, by name.
std::map<std::string, std::vector<float>> values_in(const fs::path& path) {
  const auto content = gguf::read_gguf(path);
  const auto bytes = base::read_file(path);
  std::map<std::string, std::vector<float>> all;
  if (!content || !bytes) return all;
  for (const gguf::Tensor& tensor : content->tensors) {
    std::vector<float>& values = all[tensor.name];
    values.resize(tensor.elements);
    std::memcpy(values.data(), bytes->data() + content->data_offset + tensor.offset, tensor.bytes);
  }
  return all;
}

model::CalibrationText joined_text(const fs::path& path, int samples) {
  return {path.filename().string(), {base::read_file(path).value()}, false, samples, 512};
}

base::Result<engine::ImportanceGathered> gather(const model::CalibrationText& text, const fs::path& target) {
  plan::EngineSettings settings;
  settings.threads = 1;
  const auto ignore = [](std::int64_t, std::int64_t) -> base::Status { return {}; };
  return engine::collect_importance(support::shared_folder() / kProbe, settings, text, target, ignore,
                                    nullptr);
}

// Sums over 40 samples are a fifth of those over 200, about; means are compared where the oracle's are. The
// whole comparison is scripts/importance_oracle.py.
TEST(Importance, HasTheFormOfTheOraclesFile) {
  SKIP_WITHOUT_SHARED("oracle/llama_cpp/imatrix.gguf");
  const support::TempDir folder;
  const fs::path target = folder.path() / "imatrix.gguf";
  const auto gathered =
      gather(joined_text(support::shared_folder() / "data/wikitext2/valid.txt", 200), target);
  ASSERT_TRUE(gathered) << gathered.error().message;
  EXPECT_EQ(gathered->samples, 200);
  EXPECT_EQ(gathered->tokens, 200 * 512);
  const auto expected = values_in(support::shared_folder() / "oracle/llama_cpp/imatrix.gguf");
  const auto found = values_in(target);
  ASSERT_EQ(found.size(), expected.size());
  double worst = 0.0;
  for (const auto& [name, values] : expected) {
    const auto& mine = found.at(name);
    ASSERT_EQ(mine.size(), values.size()) << name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      worst = std::max(worst, std::abs(double{mine[i]} - double{values[i]}) / double{values[i]});
    }
  }
  RecordProperty("worst_relative_difference", std::to_string(worst));
  EXPECT_LT(worst, 1e-3);
  std::cerr << "worst relative difference " << worst << "\n";
}

}  // namespace
}  // namespace bantam
