#pragma once
// Python's random.Random(seed) as far as lm-evaluation-harness uses it: the same seed draws the same few-shot
// rows and the same resamples. Knows nothing of what is drawn.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bantam::stats {

// Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded by init_by_array as CPython does.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  // random.random(): in [0, 1), 53 random bits.
  double uniform();

  // random.choices(range(population), k=drawn.size()): positions, with replacement. Needs population > 0.
  void choices(std::size_t population, std::vector<std::size_t>& drawn);

  // random.sample(range(population), count): positions in drawing order. Needs count <= population.
  std::vector<std::size_t> sample(std::size_t population, std::size_t count);

 private:
  void seed_with(std::uint32_t number);
  void twist();
  std::uint32_t next();
  std::size_t below(std::size_t limit);

  static constexpr std::size_t kWords = 624;
  std::array<std::uint32_t, kWords> state_{};
  std::size_t index_ = kWords;
};

}  // namespace bantam::stats
