#include "score/annotations.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

using Groups = std::vector<std::vector<std::string>>;

// Nothing found where the pattern gives up on the text.
Groups found_in(const char* pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern);
  if (!compiled) return {};
  return compiled->find_all(text).value_or(Groups());
}

// The label that a word before a colon stands for: lm-eval 0.4.13, filters/transformation.py.
constexpr auto kLabels = std::to_array<std::pair<const char*, const char*>>({
    {"person", "PER"},
    {"people", "PER"},
    {"persons", "PER"},
    {"per", "PER"},
    {"location", "LOC"},
    {"counties", "LOC"},
    {"places", "LOC"},
    {"country", "LOC"},
    {"continent", "LOC"},
    {"loc", "LOC"},
    {"organization", "ORG"},
    {"company", "ORG"},
    {"org", "ORG"},
    {"time", "DATE"},
    {"date", "DATE"},
});

std::string with_known_labels(std::string text) {
  for (const auto& [word, label] : kLabels) {
    const auto pattern = Pattern::compile(std::string("\\b") + word + "\\s*:");
    if (pattern) text = pattern->replace_all(text, std::string(label) + ":").value_or(text);
  }
  return text;
}

}  // namespace

std::vector<std::string> tags_of_pairs(std::string_view text) {
  std::vector<std::string> tags;
  for (const auto& pair : found_in(R"(\('([^']*)', '([^']*)'\))", text)) tags.push_back(pair[1]);
  return tags;
}

std::optional<std::string> formatted_spans(std::string_view text) {
  std::string marked = with_known_labels(lower(text));
  // Spans end at a dollar sign or at the line's end.
  marked = base::replace_all(std::move(marked), "$$", "$");
  marked.resize(marked.find_last_not_of('$') + 1);
  marked = base::replace_all(std::move(marked), "\n", "$");
  const Groups spans = found_in(R"(\b(PER|LOC|ORG|DATE):\s*([^$]+))", strip(marked));
  if (spans.empty()) return std::nullopt;
  std::vector<std::string> entities;
  for (const auto& span : spans) {
    for (const std::string& entity : base::split(span[1], ',')) {
      const std::string name(strip(entity));
      if (name != "none") entities.push_back(lower(span[0]) + ": " + name);
    }
  }
  return base::join(entities, " $ ");
}

}  // namespace bantam::score
