#include "reask/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "base/hash.hpp"
#include "stats/python_random.hpp"

namespace bantam::reask {
namespace {

std::uint64_t seed_of(std::string_view cell_key, std::uint64_t seed) {
  const std::string digits = base::sha256(fmt::format("{} {}", seed, cell_key)).substr(0, 16);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

}  // namespace

std::vector<record::ItemName> drawn_of(const std::vector<record::Item>& items, std::string_view cell_key,
                                       const Draw& draw) {
  std::set<record::ItemName> all;
  const std::set<std::int64_t> named(draw.doc_ids.begin(), draw.doc_ids.end());
  for (const record::Item& item : items) {
    if (named.empty() || named.contains(item.doc_id)) all.emplace(item.task, item.doc_id);
  }
  std::vector<record::ItemName> names(all.begin(), all.end());
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(draw.items, 0));
  if (!named.empty() || names.size() <= count) return names;
  std::vector<record::ItemName> drawn;
  for (const std::size_t at : stats::PythonRandom(seed_of(cell_key, draw.seed)).sample(names.size(), count))
    drawn.push_back(names[at]);
  std::ranges::sort(drawn);
  return drawn;
}

}  // namespace bantam::reask
