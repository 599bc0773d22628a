#include "plan/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "plan/options.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "FIRST-LAST", "FIRST-LAST+STEP" or "FIRST-LAST*FACTOR" of numbers that are not negative.
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  char step_kind = '+';
  std::int64_t step = 1;
};

std::optional<Range> range_from(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto rest = text.substr(dash + 1);
  const auto mark = rest.find_first_of("+*");
  const auto first = whole_number(text.substr(0, dash));
  const auto last = whole_number(rest.substr(0, mark));
  if (!first || !last) return std::nullopt;
  Range range{*first, *last};
  if (mark == std::string_view::npos) return range;
  const auto step = whole_number(rest.substr(mark + 1));
  if (!step) return std::nullopt;
  range.step_kind = rest[mark];
  range.step = *step;
  return range;
}

Result<Values> values_of(const Range& range, std::string_view flag, const std::string& text) {
  const auto refused = [&](std::string_view why) {
    return base::fail(ErrorKind::usage, fmt::format("--{}: the range '{}' {}", flag, text, why),
                      "write FIRST-LAST, FIRST-LAST+STEP or FIRST-LAST*FACTOR, for example 128-1024*2");
  };
  if (range.last < range.first) return refused("is empty");
  const bool multiplies = range.step_kind == '*';
  if (range.step < (multiplies ? 2 : 1) || (multiplies && range.first < 1)) return refused("does not end");
  Values values;
  for (std::int64_t value = range.first; value <= range.last;) {
    if (values.size() == kMostValues) return refused(fmt::format("has more than {} values", kMostValues));
    values.push_back(std::to_string(value));
    if (multiplies && value > range.last / range.step) break;
    if (!multiplies && value > range.last - range.step) break;
    value = multiplies ? value * range.step : value + range.step;
  }
  return values;
}

const OptionEntry& entry_of(std::string_view option) {
  return *std::ranges::find(option_table(), option, [](const OptionEntry& e) { return e.option.name; });
}

// The settings of a plan that a point can set.
struct Settings {
  Json engine;
  Json performance;
};

Settings settings_of(const Plan& plan) {
  return {to_json(plan.engine), to_json(plan.performance_settings)};
}

// Adds to `patch` the members in which any of the points differ, with their value here; null where absent.
void add_differing(Json& patch, const std::vector<Settings>& all, Json Settings::*section, std::size_t here) {
  std::set<std::string> keys;
  for (const Settings& one : all) {
    for (const auto& [key, value] : (one.*section).items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const Json& first = base::child_at(all.front().*section, key);
    const bool differs = std::ranges::any_of(all, [&](const Settings& one) {
      return base::child_at(one.*section, key) != first ||
             (one.*section).contains(key) != (all.front().*section).contains(key);
    });
    if (!differs) continue;
    const Json& own = all[here].*section;
    patch[key] = own.contains(key) ? own[key] : Json();
  }
}

// The next combination of values; false after the last.
bool advance(std::vector<std::size_t>& choice, const std::vector<Axis>& axes) {
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (++choice[i] < axes[i].values.size()) return true;
    choice[i] = 0;
  }
  return false;
}

}  // namespace

const std::vector<std::string_view>& axis_names() {
  static const std::vector<std::string_view> kNames{
      "threads",      "n_batch",    "n_ubatch",       "cache_type_k",  "cache_type_v", "flash_attn",
      "repack",       "batch_size", "max_new_tokens", "prompt_tokens", "n_prompt",     "n_gen",
      "n_gpu_layers", "n_depth",    "draft",          "draft_tokens",  "request_rate"};
  return kNames;
}

bool is_axis(std::string_view option) {
  return std::ranges::find(axis_names(), option) != axis_names().end();
}

Result<Values> axis_values(std::string_view flag, const std::string& text) {
  Values values;
  for (const std::string& part : base::split(text, ',')) {
    const std::string trimmed(base::trim(part));
    if (trimmed.empty()) {
      return base::fail(ErrorKind::usage, fmt::format("--{}: '{}' has an empty value", flag, text),
                        "put one value between commas");
    }
    Values more{trimmed};
    if (const auto range = range_from(trimmed)) {
      TRY_ASSIGN(more, values_of(*range, flag, trimmed));
    }
    for (std::string& value : more) {
      if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
    }
  }
  return values;
}

Result<std::vector<Point>> points_of(const Plan& plan, const std::vector<Axis>& axes) {
  if (axes.empty()) return std::vector<Point>{};
  std::size_t count = 1;
  for (const Axis& axis : axes) {
    count *= axis.values.size();
    if (count <= kMostPoints) continue;
    return base::fail(ErrorKind::usage,
                      fmt::format("a sweep over more than {} combinations of settings", kMostPoints),
                      "name fewer values");
  }
  std::vector<Point> points;
  std::vector<Settings> settings;
  std::vector<std::size_t> choice(axes.size(), 0);
  do {
    Plan changed = plan;
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::string& value = axes[i].values[choice[i]];
      const std::string flag = flag_name(axes[i].option);
      TRY(entry_of(axes[i].option).apply(changed, flag, {value}));
      parts.push_back(fmt::format("{}={}", flag, value));
    }
    points.push_back({.label = base::join(parts, " ")});
    settings.push_back(settings_of(changed));
  } while (advance(choice, axes));
  for (std::size_t i = 0; i < points.size(); ++i) {
    add_differing(points[i].engine, settings, &Settings::engine, i);
    add_differing(points[i].performance, settings, &Settings::performance, i);
  }
  return points;
}

}  // namespace bantam::plan
