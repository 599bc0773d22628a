#pragma once
// What the engine's decode() returns, in words.

#include <optional>
#include <string>

namespace bantam::engine {

inline constexpr int kDecodeStopped = 2;

// llama.h: 0 done; 1 no room in the KV cache; 2 stopped; -1 a batch that is none; below -1 the engine failed.
// Absent for 0.
std::optional<std::string> decode_problem(int code);

}  // namespace bantam::engine
