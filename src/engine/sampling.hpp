#pragma once
// Drawing a token from a row of logits: the distribution of Transformers 5 with do_sample=True, with draws of
// our own. Pure functions; know nothing of any engine.

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/engine.hpp"

namespace bantam::engine {

// Number `step` (from 0) of the seed's sequence, in [0, 1), 53 bits: SplitMix64 (Steele, Lea and Flood 2014),
// which gives any of them without those before.
double drawn_number(std::uint64_t seed, std::size_t step);

// The place of the token that `number` in [0, 1) draws. Of the softmax of logit / temperature first all but
// the `top_k` most probable tokens are left out (those as probable as the last one of them stay), then the
// least probable ones whose sum is at most 1 - `top_p` of the rest, then those less probable than `min_p`
// times the best. The best token always stays. What is left lies side by side in the order of the places, so
// that a last bit of a logit changes the draw only where `number` falls beside a border.
// `logits` must be finite and not empty.
std::size_t drawn_token(std::span<const float> logits, const Sampling& sampling, double number);

}  // namespace bantam::engine
