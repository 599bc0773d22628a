#pragma once
// Cosine of two embeddings. A pure function; knows nothing of the model that made them.

#include <optional>
#include <span>

namespace bantam::score {

// a.b / (|a| |b|) in double, -1 to 1, as sentence-transformers computes it for normalized vectors. Both are
// equally long. Absent when one of them is 0 or has a component that is not finite.
std::optional<double> cosine(std::span<const float> a, std::span<const float> b);

}  // namespace bantam::score
