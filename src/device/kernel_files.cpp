#include "device/kernel_files.hpp"

#include <algorithm>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::device {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kBlanks = " \t";
// More members than any machine has processors: a malformed list must not fill the memory.
constexpr std::int64_t kMostMembers = 65536;

}  // namespace

std::optional<std::string> read_text(const fs::path& path) {
  const auto content = base::read_file(path, std::uint64_t{16} << 20);
  if (!content) return std::nullopt;
  return std::string(base::trim(*content));
}

std::optional<std::int64_t> read_integer(const fs::path& path) {
  const auto text = read_text(path);
  return text ? base::parse_integer(*text) : std::nullopt;
}

std::optional<std::string> field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const std::size_t value = line.find_first_not_of(" \t:");
    if (line.empty() || value == 0) continue;
    return std::string(value == std::string_view::npos ? std::string_view() : base::trim(line.substr(value)));
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer_field(std::string_view text, std::string_view key) {
  const auto value = field(text, key);
  if (!value) return std::nullopt;
  const auto parts = words(*value);
  return parts.empty() ? std::nullopt : base::parse_integer(parts.front());
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> result;
  for (std::size_t begin = line.find_first_not_of(kBlanks); begin != std::string_view::npos;
       begin = line.find_first_not_of(kBlanks, begin)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    result.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return result;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> members;
  for (const std::string& range : base::split_list(text)) {
    const auto ends = base::split(range, '-');
    const auto first = base::parse_integer(ends.front());
    const auto last = base::parse_integer(ends.back());
    if (ends.size() > 2 || !first || !last || *first < 0 || *last < *first || *last >= kMostMembers) {
      return std::nullopt;
    }
    for (std::int64_t member = *first; member <= *last; ++member) members.push_back(static_cast<int>(member));
  }
  return members;
}

}  // namespace bantam::device
