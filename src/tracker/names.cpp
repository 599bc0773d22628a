// Names in trackers (tracker/run.hpp): of figures, settings and runs.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "tracker/run.hpp"

namespace bantam::tracker {
namespace {

constexpr std::size_t kLongestName =
    240;  // of the 250 characters that MLflow takes; endings are put behind it
constexpr std::size_t kHashDigits = 8;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

std::string name_part(std::string_view text) {
  std::string part(text);
  std::ranges::replace_if(
      part, [](char c) { return !is_plain(c); }, '_');
  const bool is_step = part.find_first_not_of('.') == std::string::npos;  // "", "." and ".." of a path
  if (part == text && !is_step) return part;
  if (is_step) part.assign(1, '_');
  return fmt::format("{}-{}", part, base::sha256(text).substr(0, kHashDigits));
}

std::string bounded(std::string name) {
  if (name.size() <= kLongestName) return name;
  const std::string hash = base::sha256(name).substr(0, kHashDigits);
  name.resize(kLongestName - kHashDigits - 1);
  return name + "-" + hash;
}

std::string text_of(const base::Json& json) {
  return json.is_string() ? json.get<std::string>() : base::to_text(json);
}

void flatten(const base::Json& json, const std::string& path,
             std::vector<std::pair<std::string, std::string>>& all) {
  if (!json.is_object()) {
    all.emplace_back(path, text_of(json));
    return;
  }
  for (const auto& [key, value] : json.items()) flatten(value, path.empty() ? key : path + "." + key, all);
}

constexpr std::array<std::string_view, 4> kPlaceHolders{"model", "precision", "point", "device"};

std::string value_of(std::string_view place_holder, const Run& run) {
  if (place_holder == kPlaceHolders[0]) return run.model;
  if (place_holder == kPlaceHolders[1]) return run.precision;
  return place_holder == kPlaceHolders[2] ? run.point : run.device;
}

// A text, or a place holder behind it.
struct Piece {
  std::string_view text;
  std::optional<std::string_view> place_holder;
};

base::Result<std::vector<Piece>> pieces_of(std::string_view pattern) {
  std::vector<Piece> pieces;
  while (!pattern.empty()) {
    const auto open = pattern.find_first_of("{}");
    Piece piece{pattern.substr(0, open), {}};
    if (open == std::string_view::npos) {
      pieces.push_back(piece);
      break;
    }
    const auto close = pattern.find_first_of("{}", open + 1);
    const bool is_whole = pattern[open] == '{' && close != std::string_view::npos && pattern[close] == '}';
    const std::string_view name = is_whole ? pattern.substr(open + 1, close - open - 1) : std::string_view();
    if (std::ranges::find(kPlaceHolders, name) == kPlaceHolders.end()) {
      return base::fail(base::ErrorKind::usage,
                        is_whole
                            ? fmt::format("a run's name has no place holder {{{}}}", base::printable(name))
                            : std::string("a brace in the name of runs has no partner"),
                        "place holders are {model}, {precision}, {point} and {device}");
    }
    piece.place_holder = name;
    pieces.push_back(piece);
    pattern.remove_prefix(close + 1);
  }
  return pieces;
}

}  // namespace

std::string figure_name(std::string_view task, std::string_view part, std::string_view key) {
  std::string name = name_part(task);
  if (!part.empty()) name.append("/").append(name_part(part));
  const auto comma = key.find(',');
  name.append("/").append(name_part(key.substr(0, comma)));
  if (comma != std::string_view::npos) name.append("/").append(name_part(key.substr(comma + 1)));
  return bounded(std::move(name));
}

std::string step_name(std::string_view metric) {
  return bounded(std::string("rounds/").append(name_part(metric)));
}

std::vector<std::pair<std::string, double>> named_values(const Figure& figure) {
  std::vector<std::pair<std::string, double>> values{{figure.name, figure.value.value}};
  if (figure.value.interval) {
    values.emplace_back(figure.name + "_low", figure.value.interval->low);
    values.emplace_back(figure.name + "_high", figure.value.interval->high);
  }
  if (figure.value.std_error) values.emplace_back(figure.name + "_stderr", *figure.value.std_error);
  return values;
}

std::vector<std::pair<std::string, std::string>> flattened(const base::Json& json) {
  std::vector<std::pair<std::string, std::string>> all;
  if (json.is_object()) flatten(json, "", all);
  return all;
}

base::Status check_name_template(std::string_view pattern) {
  TRY(pieces_of(pattern));
  return {};
}

std::string name_from(std::string_view pattern, const Run& run) {
  const auto pieces = pieces_of(pattern);
  if (!pieces) return fmt::format("{} {}", run.model, run.setup());
  std::string name;
  bool names_point = false;
  for (const Piece& piece : *pieces) {
    name += piece.text;
    if (!piece.place_holder) continue;
    name += value_of(*piece.place_holder, run);
    names_point = names_point || *piece.place_holder == kPlaceHolders[2];
  }
  if (!run.point.empty() && !names_point) name += " " + run.point;
  return std::string(base::trim(name));
}

std::string name_among(std::string_view pattern, const Run& run, const Runs& all) {
  const std::string name = name_from(pattern, run);
  const auto has_it = [&](const Run& other) { return name_from(pattern, other) == name; };
  if (std::ranges::count_if(all.runs, has_it) < 2) return name;
  const bool names_point = !run.point.empty() && name.ends_with(run.point);
  return fmt::format("{} {} {}", name, run.model, names_point ? run.precision : run.setup());
}

}  // namespace bantam::tracker
