#include "bundle/rows.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/text.hpp"

namespace bantam::bundle {
namespace {

using base::Json;
using base::Result;

constexpr double kMostOfTrials = 1e15;  // ns, bytes, tokens: sums of them stay exact
constexpr std::int64_t kMostRounds = 10'000;
constexpr std::int64_t kMostAttempts = 1'000'000;

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorKind::bad_input, std::move(message));
}

// What is read must be all that was there.
template <typename T>
Result<T> unchanged(Result<T> read, const Json& json, std::string_view what) {
  if (!read) return refuse(base::printable(read.error().message));
  if (base::to_text(record::to_json(*read)) != base::to_text(json))
    return refuse(fmt::format("{} is not as this version writes it: more, or in another order", what));
  return read;
}

bool is_within(const Json& json, double most) {
  if (json.is_number()) return std::abs(json.get<double>()) <= most;
  if (!json.is_structured()) return true;
  for (const Json& part : json) {
    if (!is_within(part, most)) return false;
  }
  return true;
}

bool is_round(std::int64_t round) {
  return round >= 0 && round < kMostRounds;
}

}  // namespace

Result<record::Record> checked_record(const Json& json) {
  auto record = unchanged(record::record_from(json), json, "the record");
  if (!record) return record;
  if (record->cell_key.empty()) return refuse("the record has no key");
  if (record->attempt < 1 || record->attempt > kMostAttempts)
    return refuse(fmt::format("the record is of attempt {}", record->attempt));
  constexpr std::array kSections{"settings", "device", "engine", "model_info", "task_info"};
  for (const char* key : kSections) {
    const Json& section = base::child_at(json, key);
    if (!section.is_null() && !section.is_object())
      return refuse(fmt::format("'{}' of the record is no object", key));
  }
  return record;
}

Result<record::Trial> checked_trial(const Json& json) {
  if (!is_within(json, kMostOfTrials)) return refuse("a number of the trial is none of a measurement");
  auto trial = unchanged(record::trial_from(json), json, "the trial");
  if (trial && !is_round(trial->round.value_or(0)))
    return refuse(fmt::format("the trial is of round {}", *trial->round));
  return trial;
}

Result<record::Block> checked_block(const Json& json) {
  auto block = unchanged(record::block_from(json), json, "the block");
  if (block && !is_round(block->round)) return refuse(fmt::format("the block is of round {}", block->round));
  return block;
}

Result<record::Item> checked_item(const Json& json) {
  return unchanged(record::item_from(json), json, "the item");
}

}  // namespace bantam::bundle
