#include "score/squad_v2.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "score/text_match.hpp"

namespace bantam::score {
namespace {

void add(SquadV2Part& part, const SquadV2Item& item) {
  part.exact += item.exact ? 1.0 : 0.0;
  part.f1 += item.f1;
  ++part.items;
}

void to_percent(SquadV2Part& part) {
  if (part.items == 0) return;
  part.exact *= 100.0 / static_cast<double>(part.items);
  part.f1 *= 100.0 / static_cast<double>(part.items);
}

}  // namespace

double squad_answer_f1(std::string_view prediction, std::string_view gold) {
  const std::string given = squad_normalized(prediction);
  const std::string wanted = squad_normalized(gold);
  if (given.empty() || wanted.empty()) return given == wanted ? 1.0 : 0.0;
  return squad_f1(prediction, gold);
}

SquadV2Item squad_v2_item(std::string_view prediction, std::span<const std::string_view> gold_answers) {
  SquadV2Item item;
  item.has_answer = !gold_answers.empty();
  std::vector<std::string_view> gold;
  for (const std::string_view answer : gold_answers) {
    if (!squad_normalized(answer).empty()) gold.push_back(answer);
  }
  if (gold.empty()) gold.emplace_back();
  for (const std::string_view answer : gold) {
    item.exact = item.exact || squad_exact_match(prediction, answer);
    item.f1 = std::max(item.f1, squad_answer_f1(prediction, answer));
  }
  return item;
}

SquadV2Totals squad_v2_totals(std::span<const SquadV2Item> items) {
  SquadV2Totals totals;
  for (const SquadV2Item& item : items) {
    add(totals.all, item);
    add(item.has_answer ? totals.has_answer : totals.no_answer, item);
  }
  to_percent(totals.all);
  to_percent(totals.has_answer);
  to_percent(totals.no_answer);
  return totals;
}

}  // namespace bantam::score
