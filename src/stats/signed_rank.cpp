#include "stats/signed_rank.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>
#include <vector>

namespace bantam::stats {
namespace {

struct Ranks {
  double positive = 0.0;  // rank sums
  double negative = 0.0;
  double zero = 0.0;
  double zeros = 0.0;      // count
  double ties = 0.0;       // sum of t^3 - t over groups of t equal sizes; zeros apart
  double zero_ties = 0.0;  // the same of the zeros
  bool has_ties = false;
};

void add_group(std::span<const double> group, double rank, Ranks& ranks) {
  const auto size = static_cast<double>(group.size());
  const double ties = size * size * size - size;
  if (group.front() == 0.0) {
    ranks.zeros = size;
    ranks.zero = size * rank;
    ranks.zero_ties = ties;
    return;
  }
  ranks.ties += ties;
  ranks.has_ties = ranks.has_ties || group.size() > 1;
  for (const double difference : group) (difference > 0.0 ? ranks.positive : ranks.negative) += rank;
}

// By size from 1; equal sizes share the mean of their ranks.
Ranks ranks_of(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  Ranks ranks;
  for (std::size_t begin = 0; begin < differences.size();) {
    std::size_t end = begin + 1;
    while (end < differences.size() && std::abs(differences[end]) == std::abs(differences[begin])) ++end;
    const double rank = static_cast<double>(begin + 1 + end) / 2.0;
    add_group(std::span(differences).subspan(begin, end - begin), rank, ranks);
    begin = end;
  }
  return ranks;
}

// P(W <= w) of the sum W of a random subset of the ranks 1..n.
double chance_up_to(double sum, std::size_t n) {
  std::vector<double> chances(n * (n + 1) / 2 + 1, 0.0);
  chances[0] = 1.0;
  std::size_t most = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    most += rank;
    for (std::size_t w = most + 1; w-- > 0;) {
      chances[w] = 0.5 * (chances[w] + (w >= rank ? chances[w - rank] : 0.0));
    }
  }
  double total = 0.0;
  for (std::size_t w = 0; w < chances.size() && static_cast<double>(w) <= sum; ++w) total += chances[w];
  return std::min(1.0, total);
}

double pyramid(double n) {
  return n * (n + 1.0) * (2.0 * n + 1.0);
}

}  // namespace

std::optional<SignedRank> signed_rank_exact(std::span<const double> differences, Alternative alternative) {
  const Ranks ranks = ranks_of({differences.begin(), differences.end()});
  if (differences.empty() || ranks.has_ties || ranks.zeros > 0.0) return std::nullopt;
  // The distribution is symmetric: P(W >= w) = P(W <= total - w), and total - positive = negative.
  const double below = chance_up_to(ranks.positive, differences.size());
  const double above = chance_up_to(ranks.negative, differences.size());
  switch (alternative) {
    case Alternative::less:
      return SignedRank{ranks.positive, below};
    case Alternative::greater:
      return SignedRank{ranks.positive, above};
    case Alternative::two_sided:
      break;
  }
  return SignedRank{std::min(ranks.positive, ranks.negative), std::min(1.0, 2.0 * std::min(below, above))};
}

std::optional<SignedRank> signed_rank_normal(std::span<const double> differences, Zeros zeros,
                                             bool continuity_correction) {
  std::vector<double> kept(differences.begin(), differences.end());
  if (zeros == Zeros::dropped) std::erase(kept, 0.0);
  Ranks ranks = ranks_of(kept);
  const auto n = static_cast<double>(kept.size());
  if (n == ranks.zeros) return std::nullopt;
  double mean = n * (n + 1.0) / 4.0;
  double spread = pyramid(n) - ranks.ties / 2.0;
  if (zeros == Zeros::ranked) {
    mean -= ranks.zeros * (ranks.zeros + 1.0) / 4.0;
    spread -= pyramid(ranks.zeros);
  } else if (zeros == Zeros::split) {
    spread -= ranks.zero_ties / 2.0;
    ranks.positive += ranks.zero / 2.0;
    ranks.negative += ranks.zero / 2.0;
  }
  double distance = std::abs(ranks.positive - mean);
  if (continuity_correction && distance > 0.0) distance -= 0.5;
  const double z = std::abs(distance / std::sqrt(spread / 24.0));
  const double tail = boost::math::cdf(boost::math::complement(boost::math::normal(), z));
  return SignedRank{std::min(ranks.positive, ranks.negative), std::min(1.0, 2.0 * tail)};
}

}  // namespace bantam::stats
