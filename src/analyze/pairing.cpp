// pair_items().

#include <algorithm>
#include <string_view>
#include <tuple>

#include "analyze/impact.hpp"

namespace bantam::analyze {
namespace {

struct Scored {
  std::string_view task;
  std::int64_t doc_id = 0;
  double value = 0.0;

  auto item() const { return std::tie(task, doc_id); }
};

std::vector<Scored> scored(const std::vector<record::Item>& items, const std::string& metric) {
  std::vector<Scored> all;
  all.reserve(items.size());
  for (const record::Item& item : items) {
    const auto found = item.metrics.find(metric);
    if (found != item.metrics.end()) all.push_back({item.task, item.doc_id, found->second});
  }
  std::ranges::sort(all, [](const Scored& a, const Scored& b) { return a.item() < b.item(); });
  return all;
}

void count(Pairing& pairing, double baseline, double other) {
  const auto is_binary = [](double value) { return value == 0.0 || value == 1.0; };
  if (!is_binary(baseline) || !is_binary(other)) pairing.right_or_wrong = false;
  ++pairing.common;
  if (baseline == 1.0) {
    ++(other == 1.0 ? pairing.both : pairing.lost);
  } else {
    ++(other == 1.0 ? pairing.gained : pairing.neither);
  }
}

}  // namespace

Pairing pair_items(const std::vector<record::Item>& baseline, const std::vector<record::Item>& other,
                   const std::string& metric) {
  const std::vector<Scored> left = scored(baseline, metric);
  const std::vector<Scored> right = scored(other, metric);
  Pairing pairing;
  std::string_view task;
  auto a = left.begin();
  auto b = right.begin();
  while (a != left.end() && b != right.end()) {
    if (a->item() == b->item()) {
      if (pairing.differences.empty() || a->task != task) pairing.differences.emplace_back();
      task = a->task;
      pairing.differences.back().sum += b->value - a->value;
      ++pairing.differences.back().n;
      count(pairing, a++->value, b++->value);
    } else if (a->item() < b->item()) {
      ++pairing.only_base;
      ++a;
    } else {
      ++pairing.only_other;
      ++b;
    }
  }
  pairing.only_base += left.end() - a;
  pairing.only_other += right.end() - b;
  return pairing;
}

}  // namespace bantam::analyze
