#include "stats/python_random.hpp"

#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_set>

namespace bantam::stats {

void PythonRandom::seed_with(std::uint32_t number) {
  state_[0] = number;
  for (std::size_t i = 1; i < kWords; ++i) {
    state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
  }
}

PythonRandom::PythonRandom(std::uint64_t seed) {
  std::vector<std::uint32_t> key{static_cast<std::uint32_t>(seed)};
  if (seed >> 32 != 0) key.push_back(static_cast<std::uint32_t>(seed >> 32));
  seed_with(19650218U);
  std::size_t i = 1;
  const auto advance = [&] {
    if (++i < kWords) return;
    state_[0] = state_[kWords - 1];
    i = 1;
  };
  for (std::size_t step = 0; step < kWords; ++step) {
    const std::size_t j = step % key.size();
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525U)) + key[j] +
                static_cast<std::uint32_t>(j);
    advance();
  }
  for (std::size_t step = 1; step < kWords; ++step) {
    state_[i] =
        (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941U)) - static_cast<std::uint32_t>(i);
    advance();
  }
  state_[0] = 0x80000000U;
}

void PythonRandom::twist() {
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % kWords] & 0x7fffffffU);
    state_[i] = state_[(i + 397) % kWords] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
  }
  index_ = 0;
}

std::uint32_t PythonRandom::next() {
  if (index_ >= kWords) twist();
  std::uint32_t y = state_[index_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

// random._randbelow_with_getrandbits, for limits of at most 32 bits.
std::size_t PythonRandom::below(std::size_t limit) {
  const auto bits = static_cast<int>(std::bit_width(limit));
  std::size_t drawn = limit;
  while (drawn >= limit) drawn = next() >> (32 - bits);
  return drawn;
}

double PythonRandom::uniform() {
  const double high = next() >> 5;
  const double low = next() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

void PythonRandom::choices(std::size_t population, std::vector<std::size_t>& drawn) {
  const auto scale = static_cast<double>(population);
  for (std::size_t& position : drawn) position = static_cast<std::size_t>(uniform() * scale);
}

std::vector<std::size_t> PythonRandom::sample(std::size_t population, std::size_t count) {
  double pool_limit = 21.0;
  if (count > 5)
    pool_limit += std::pow(4.0, std::ceil(std::log(static_cast<double>(count) * 3.0) / std::log(4.0)));
  std::vector<std::size_t> drawn;
  if (static_cast<double>(population) <= pool_limit) {
    std::vector<std::size_t> pool(population);
    std::iota(pool.begin(), pool.end(), std::size_t{0});
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t j = below(population - i);
      drawn.push_back(pool[j]);
      pool[j] = pool[population - i - 1];
    }
    return drawn;
  }
  std::unordered_set<std::size_t> selected;
  while (drawn.size() < count) {
    const std::size_t j = below(population);
    if (selected.insert(j).second) drawn.push_back(j);
  }
  return drawn;
}

}  // namespace bantam::stats
