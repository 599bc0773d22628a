#include "task/subset.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_set>

namespace bantam::task {

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

namespace {

struct Ranked {
  double rank = 0.0;
  std::int64_t stratum = 0;  // decides between equal ranks
  std::int64_t row = 0;

  bool operator<(const Ranked& other) const {
    return std::tie(rank, stratum, row) < std::tie(other.rank, other.stratum, other.row);
  }
};

}  // namespace

std::vector<std::int64_t> subset_order(const std::vector<std::int64_t>& strata, std::uint64_t seed) {
  std::map<std::int64_t, std::vector<std::int64_t>> members;
  for (std::size_t row = 0; row < strata.size(); ++row)
    members[strata[row]].push_back(static_cast<std::int64_t>(row));
  PythonRandom random(seed);
  std::vector<Ranked> ranked;
  ranked.reserve(strata.size());
  for (const auto& [stratum, rows] : members) {
    const double offset = random.uniform();
    double position = 0.0;
    for (const std::size_t at : random.sample(rows.size(), rows.size())) {
      ranked.push_back({(position + offset) / static_cast<double>(rows.size()), stratum, rows[at]});
      position += 1.0;
    }
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::int64_t> order;
  order.reserve(ranked.size());
  for (const Ranked& one : ranked) order.push_back(one.row);
  return order;
}

std::size_t subset_size(std::size_t rows, const Settings& settings) {
  if (!settings.limit) return rows;
  const double wanted =
      *settings.limit < 1.0 ? std::ceil(*settings.limit * static_cast<double>(rows)) : *settings.limit;
  return std::min(rows, static_cast<std::size_t>(std::max(wanted, 0.0)));
}

std::size_t rows_until(double share, std::size_t subset) {
  return std::min(subset, static_cast<std::size_t>(std::ceil(share * static_cast<double>(subset))));
}

std::vector<std::int64_t> selected_rows(const std::vector<std::int64_t>& strata, const Settings& settings) {
  const std::vector<std::int64_t> order = subset_order(strata, settings.seed);
  const std::size_t size = subset_size(order.size(), settings);
  const auto at = [&](double share) {
    return order.begin() + static_cast<std::ptrdiff_t>(rows_until(share, size));
  };
  std::vector<std::int64_t> selected(at(settings.stage.begin), at(settings.stage.end));
  std::sort(selected.begin(), selected.end());
  return selected;
}

}  // namespace bantam::task
