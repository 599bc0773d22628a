#include "report/grouped_lines.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/text.hpp"

namespace bantam::report {
namespace {

constexpr std::size_t kMostPlaces = 4;

struct Group {
  std::string kind;  // without_numbers() of its texts
  std::string text;  // the first
  bool differs = false;
  std::vector<std::string> places;
};

std::string line(const Group& group) {
  const std::string text = group.text + (group.differs ? ", and the like" : "");
  return group.places.empty() ? text : fmt::format("{}: {}", enumerated(group.places, kMostPlaces), text);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string without_numbers(std::string_view text) {
  std::string kind;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && (is_digit(text[end]) || (text[end] == '.' && end > i &&
                                                         end + 1 < text.size() && is_digit(text[end + 1]))))
      ++end;
    const std::string_view number = text.substr(i, end - i);
    // None and all, or right and wrong, are no matter of degree.
    if (number == "0" || number == "1") {
      kind += number;
    } else if (!number.empty()) {
      kind += '#';
    } else {
      kind += text[end++];
    }
    i = end;
  }
  return kind;
}

std::vector<std::string> grouped_lines(const std::vector<Told>& told) {
  std::vector<Group> groups;
  for (const Told& one : told) {
    const std::string kind = without_numbers(one.text);
    auto found = std::ranges::find(groups, kind, &Group::kind);
    if (found == groups.end()) found = groups.insert(found, {kind, one.text, false, {}});
    found->differs = found->differs || found->text != one.text;
    if (!one.place.empty() && std::ranges::find(found->places, one.place) == found->places.end())
      found->places.push_back(one.place);
  }
  std::vector<std::string> lines;
  for (const Group& group : groups) lines.push_back(line(group));
  return lines;
}

std::vector<Told> warnings_of(const record::Record& record) {
  std::vector<Told> told;
  for (const std::string& warning : record.warnings) {
    const std::size_t end = warning.find(": ");
    const bool is_part = end != std::string::npos && record.subtasks.contains(warning.substr(0, end));
    told.push_back(is_part ? Told{warning.substr(0, end), warning.substr(end + 2)}
                           : Told{record.task, warning});
  }
  return told;
}

std::string enumerated(const std::vector<std::string>& parts, std::size_t most) {
  if (parts.size() < 2) return base::join(parts, "");
  const bool all = most == 0 || parts.size() <= most;
  const std::size_t named = all ? parts.size() - 1 : most - 1;
  const std::vector<std::string> head(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(named));
  return fmt::format("{} and {}", base::join(head, ", "),
                     all ? parts.back() : fmt::format("{} more", parts.size() - named));
}

}  // namespace bantam::report
