#include "jinja/text_parts.hpp"

#include <algorithm>

#include "text/python_text.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {

Text stripped(TextView text, std::optional<TextView> characters, bool left, bool right) {
  const auto goes = [&](char32_t marked) {
    const char32_t c = plain(marked);
    if (!characters) return text::is_space(c);
    return std::any_of(characters->begin(), characters->end(),
                       [&](char32_t other) { return plain(other) == c; });
  };
  while (left && !text.empty() && goes(text.front())) text.remove_prefix(1);
  while (right && !text.empty() && goes(text.back())) text.remove_suffix(1);
  return Text(text);
}

std::vector<Text> split_lines(TextView text, bool keep_ends) {
  std::vector<Text> lines;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = start;
    while (end < text.size() && !text::is_line_break(plain(text[end]))) ++end;
    std::size_t next = end;
    if (next < text.size()) {
      next += plain(text[next]) == '\r' && next + 1 < text.size() && plain(text[next + 1]) == '\n' ? 2U : 1U;
    }
    lines.emplace_back(text.substr(start, (keep_ends ? next : end) - start));
    start = next;
  }
  return lines;
}

std::vector<Text> split_space(TextView text, std::int64_t most) {
  std::vector<Text> parts;
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && text::is_space(plain(text[at]))) ++at;
  };
  for (skip(); at < text.size(); skip()) {
    if (most-- == 0) {
      parts.emplace_back(text.substr(at));
      return parts;
    }
    const std::size_t start = at;
    while (at < text.size() && !text::is_space(plain(text[at]))) ++at;
    parts.emplace_back(text.substr(start, at - start));
  }
  return parts;
}

std::vector<Text> rsplit_space(TextView text, std::int64_t most) {
  std::vector<Text> parts;
  std::size_t end = text.size();
  const auto skip = [&] {
    while (end > 0 && text::is_space(plain(text[end - 1]))) --end;
  };
  for (skip(); end > 0; skip()) {
    if (most-- == 0) {
      parts.emplace_back(text.substr(0, end));
      break;
    }
    const std::size_t last = end;
    while (end > 0 && !text::is_space(plain(text[end - 1]))) --end;
    parts.emplace_back(text.substr(end, last - end));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> split_at(TextView text, TextView separator, std::int64_t most) {
  std::vector<Text> parts;
  std::size_t start = 0;
  while (most-- != 0) {
    const std::size_t found = find_text(text, separator, start);
    if (found == TextView::npos) break;
    parts.emplace_back(text.substr(start, found - start));
    start = found + separator.size();
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

std::vector<Text> rsplit_at(TextView text, TextView separator, std::int64_t most) {
  std::vector<Text> parts;
  while (most-- != 0) {
    const std::size_t found = rfind_text(text, separator);
    if (found == TextView::npos) break;
    parts.emplace_back(text.substr(found + separator.size()));
    text = text.substr(0, found);
  }
  parts.emplace_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

Result<Text> replaced(Machine& machine, TextView text, TextView from, TextView to, std::int64_t count) {
  Text out;
  std::size_t at = 0;
  if (from.empty()) {
    TRY(machine.reserve((text.size() + 1) * (to.size() + 1), sizeof(char32_t)));
    for (; at <= text.size() && count != 0; ++at) {
      out += to;
      --count;
      if (at < text.size()) out += text[at];
    }
    return at < text.size() ? out + Text(text.substr(at)) : out;
  }
  while (count-- != 0) {
    const std::size_t found = find_text(text, from, at);
    if (found == TextView::npos) break;
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    TRY(machine.reserve(out.size(), sizeof(char32_t)));
  }
  return out + Text(text.substr(at));
}

}  // namespace bantam::jinja
