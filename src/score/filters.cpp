#include "score/filters.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"
#include "score/python_truth.hpp"

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

namespace {

// Without the characters that Unicode calls punctuation (categories P*).
std::string without_unicode_punctuation(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (!u_ispunct(static_cast<UChar32>(c))) out += text.substr(begin, at - begin);
  }
  return out;
}

using MadeStep = base::Result<std::unique_ptr<FilterStep>>;

// Applies one function to every response.
class EachStep final : public FilterStep {
 public:
  explicit EachStep(std::function<std::string(const std::string&)> change) : change_(std::move(change)) {}
  void apply(Filtered& responses, const base::Json&) const override {
    for (std::string& answer : responses.answers) answer = change_(answer);
  }

 private:
  std::function<std::string(const std::string&)> change_;
};

class TakeStep final : public FilterStep {
 public:
  explicit TakeStep(std::size_t count) : count_(count) {}
  void apply(Filtered& responses, const base::Json&) const override {
    if (responses.answers.size() <= count_) return;
    responses.answers.resize(count_);
    responses.missed.resize(count_);
  }

 private:
  std::size_t count_;
};

// What `find` finds in each response, else the fallback.
template <typename Find>
void each_answer(Filtered& responses, Find find, const std::string& fallback) {
  for (std::size_t i = 0; i < responses.answers.size(); ++i) {
    const std::optional<std::string> found = find(responses.answers[i]);
    responses.missed[i] = responses.missed[i] || !found;
    responses.answers[i] = found.value_or(fallback);
  }
}

// The most frequent response, the earliest of them on ties.
class MajorityStep final : public FilterStep {
 public:
  void apply(Filtered& responses, const base::Json&) const override {
    const auto& answers = responses.answers;
    if (answers.empty()) return;
    const auto votes = [&](const std::string& answer) {
      return std::count(answers.begin(), answers.end(), answer);
    };
    const auto winner =
        std::max_element(answers.begin(), answers.end(),
                         [&](const std::string& a, const std::string& b) { return votes(a) < votes(b); });
    responses.missed = {responses.missed[static_cast<std::size_t>(winner - answers.begin())]};
    responses.answers = {std::string(*winner)};
  }
};

// The match at `select` (negative: from the end); of its groups the first that is not empty,
// without white space around it. Absent when there is no such match. The match's text "" is found, too.
std::optional<std::string> selected_match(const Pattern& pattern, std::int64_t select, std::string_view text,
                                          bool& gave_up) {
  const auto matches = pattern.find_all(text);
  gave_up = gave_up || !matches;
  if (!matches || matches->empty()) return std::nullopt;
  const auto count = static_cast<std::int64_t>(matches->size());
  const std::int64_t index = select < 0 ? count + select : select;
  if (index < 0 || index >= count) return std::nullopt;
  const std::vector<std::string>& groups = (*matches)[static_cast<std::size_t>(index)];
  if (groups.size() == 1) return std::string(strip(groups.front()));
  const auto filled = std::find_if(groups.begin(), groups.end(), [](const auto& g) { return !g.empty(); });
  if (filled == groups.end()) return std::nullopt;
  return std::string(strip(*filled));
}

// lm-eval's RegexFilter.
class RegexStep final : public FilterStep {
 public:
  RegexStep(Pattern pattern, std::int64_t select, std::string fallback)
      : pattern_(std::move(pattern)), select_(select), fallback_(std::move(fallback)) {}

  void apply(Filtered& responses, const base::Json&) const override {
    each_answer(
        responses,
        [&](const std::string& answer) {
          return selected_match(pattern_, select_, answer, responses.gave_up);
        },
        fallback_);
  }

 private:
  Pattern pattern_;
  std::int64_t select_;
  std::string fallback_;
};

// lm-eval's POSFilter: the tags of the pairs in the answer, written as Python writes a list.
class TagsStep final : public FilterStep {
 public:
  explicit TagsStep(std::vector<std::string> fallback) : fallback_(std::move(fallback)) {}
  void apply(Filtered& responses, const base::Json&) const override {
    each_answer(
        responses,
        [](const std::string& answer) {
          const std::vector<std::string> tags = tags_of_pairs(answer);
          return tags.empty() ? std::nullopt : std::optional(python_list(tags));
        },
        python_list(fallback_));
  }

 private:
  static std::string python_list(const std::vector<std::string>& tags) {
    std::string list;
    for (const std::string& tag : tags) list += fmt::format("{}'{}'", list.empty() ? "" : ", ", tag);
    return "[" + list + "]";
  }

  std::vector<std::string> fallback_;
};

// lm-eval's SPANFilter.
class SpansStep final : public FilterStep {
 public:
  void apply(Filtered& responses, const base::Json&) const override {
    each_answer(responses, formatted_spans, "");
  }
};

// lm-eval's MultiChoiceRegexFilter: the pattern; else the text of a choice, which stands for its letter in
// parentheses; else a letter behind a colon.
class ChoiceStep final : public FilterStep {
 public:
  struct Options {
    std::int64_t select = 0;
    std::string fallback;
    bool ignore_case = false;
    bool ignore_punctuation = false;
    std::vector<Pattern> ignored;
  };
  ChoiceStep(Pattern pattern, Options options) : pattern_(std::move(pattern)), options_(std::move(options)) {}

  void apply(Filtered& responses, const base::Json& row) const override {
    std::vector<std::string> choices;
    for (const base::Json& choice : base::child_at(row, "choices")) {
      if (!choice.is_string()) continue;
      const auto text = prepared(strip(choice.get_ref<const std::string&>()));
      responses.gave_up = responses.gave_up || !text;
      choices.push_back(text.value_or(""));
    }
    each_answer(
        responses,
        [&](const std::string& answer) {
          std::optional<std::string> found =
              selected_match(pattern_, options_.select, answer, responses.gave_up);
          if (!found || found->empty()) {
            const auto text = prepared(answer);
            responses.gave_up = responses.gave_up || !text;
            found = text ? choice_in(*text, choices) : std::nullopt;
          }
          return found ? found : letter_in(answer, choices.size(), responses.gave_up);
        },
        options_.fallback);
  }

 private:
  static std::string letter(std::size_t index) { return {'(', static_cast<char>('A' + index), ')'}; }

  // The errors of the patterns to ignore.
  base::Result<std::string> prepared(std::string_view text) const {
    std::string out(text);
    for (const Pattern& pattern : options_.ignored) {
      TRY_ASSIGN(out, pattern.replace_all(out, ""));
    }
    if (options_.ignore_case) out = lower(out);
    return options_.ignore_punctuation ? without_unicode_punctuation(out) : out;
  }

  // Occurrences from the left, the longest choice first where several begin; the one at `select`.
  std::optional<std::string> choice_in(const std::string& text,
                                       const std::vector<std::string>& choices) const {
    std::vector<std::size_t> found;
    for (std::size_t at = 0; at < text.size();) {
      std::optional<std::size_t> best;
      for (std::size_t i = 0; i < choices.size(); ++i) {
        const bool here = !choices[i].empty() && text.compare(at, choices[i].size(), choices[i]) == 0;
        if (here && (!best || choices[i].size() > choices[*best].size())) best = i;
      }
      if (best) found.push_back(*best);
      at += best ? choices[*best].size() : 1;
    }
    const auto count = static_cast<std::int64_t>(found.size());
    const std::int64_t index = options_.select < 0 ? count + options_.select : options_.select;
    if (index < 0 || index >= count) return std::nullopt;
    return letter(found[static_cast<std::size_t>(index)]);
  }

  std::optional<std::string> letter_in(const std::string& text, std::size_t choices, bool& gave_up) const {
    if (choices == 0 || choices > 26) return std::nullopt;
    const std::string last(1, static_cast<char>('A' + choices - 1));
    const auto pattern = Pattern::compile(":[\\s]*([A-" + last + "])");
    if (!pattern) return std::nullopt;
    const auto found = selected_match(*pattern, options_.select, text, gave_up);
    if (!found || found->empty()) return std::nullopt;
    return "(" + *found + ")";
  }

  Pattern pattern_;
  Options options_;
};

MadeStep make_regex(const base::Json& step) {
  const std::string source = base::string_at(step, "regex_pattern").value_or(R"(#### (\-?[0-9\.\,]+))");
  TRY_ASSIGN(Pattern pattern, Pattern::compile(source));
  return std::make_unique<RegexStep>(std::move(pattern), base::integer_at(step, "group_select").value_or(0),
                                     base::string_at(step, "fallback").value_or("[invalid]"));
}

MadeStep make_choice(const base::Json& step) {
  const std::string source = base::string_at(step, "regex_pattern").value_or(R"(#### (\-?[0-9\.\,]+))");
  TRY_ASSIGN(Pattern pattern, Pattern::compile(source));
  ChoiceStep::Options options;
  options.select = base::integer_at(step, "group_select").value_or(0);
  options.fallback = base::string_at(step, "fallback").value_or("[invalid]");
  options.ignore_case = python_truth(base::child_at(step, "ignore_case"));
  options.ignore_punctuation = python_truth(base::child_at(step, "ignore_punctuation"));
  for (const base::Json& ignored : base::child_at(step, "regexes_to_ignore")) {
    if (!ignored.is_string())
      return base::fail(base::ErrorKind::bad_input, "multi_choice_regex: regexes_to_ignore must be texts");
    TRY_ASSIGN(Pattern compiled, Pattern::compile(ignored.get<std::string>()));
    options.ignored.push_back(std::move(compiled));
  }
  return std::make_unique<ChoiceStep>(std::move(pattern), std::move(options));
}

MadeStep make_tags(const base::Json& step) {
  std::vector<std::string> fallback;
  for (const base::Json& tag : base::child_at(step, "fallback")) {
    if (tag.is_string()) fallback.push_back(tag.get<std::string>());
  }
  if (fallback.empty()) fallback.emplace_back("invalid");
  return std::make_unique<TagsStep>(std::move(fallback));
}

MadeStep make_take(const base::Json& step) {
  const auto count = base::integer_at(step, "k");
  if (!count || *count < 1) {
    return base::fail(base::ErrorKind::bad_input, "filter take_first_k needs a positive k");
  }
  return std::make_unique<TakeStep>(static_cast<std::size_t>(*count));
}

MadeStep make_map(const base::Json& step) {
  std::map<std::string, std::string> mapping;
  for (const auto& [from, to] : base::child_at(step, "mapping_dict").items()) {
    mapping[from] = to.is_string() ? to.get<std::string>() : base::to_text(to);
  }
  const std::string otherwise = base::string_at(step, "default_value").value_or("");
  return std::make_unique<EachStep>([mapping, otherwise](const std::string& answer) {
    const auto found = mapping.find(answer);
    return found == mapping.end() ? otherwise : found->second;
  });
}

enum class Kind { text, whole, flag, list, map, any };
struct StepKey {
  std::string_view key;
  Kind kind;
};

// lm-eval 0.4.13: the parameters of each filter's __init__.
std::span<const StepKey> step_keys(std::string_view name) {
  static constexpr StepKey kRegex[] = {
      {"regex_pattern", Kind::text}, {"group_select", Kind::whole}, {"fallback", Kind::text}};
  static constexpr StepKey kChoice[] = {
      {"regex_pattern", Kind::text}, {"group_select", Kind::whole},      {"fallback", Kind::text},
      {"ignore_case", Kind::flag},   {"ignore_punctuation", Kind::flag}, {"regexes_to_ignore", Kind::list}};
  // The pattern and the group have no effect there.
  static constexpr StepKey kTags[] = {
      {"regex_pattern", Kind::any}, {"group_select", Kind::any}, {"fallback", Kind::list}};
  static constexpr StepKey kTake[] = {{"k", Kind::whole}};
  static constexpr StepKey kMap[] = {{"mapping_dict", Kind::map}, {"default_value", Kind::any}};
  if (name == "regex") return kRegex;
  if (name == "multi_choice_regex") return kChoice;
  if (name == "regex_pos") return kTags;
  if (name == "take_first_k") return kTake;
  if (name == "map") return kMap;
  return {};
}

bool is_of(const base::Json& value, Kind kind) {
  switch (kind) {
    case Kind::text:
      return value.is_string();
    case Kind::whole:
      return value.is_number_integer();
    case Kind::flag:
      return value.is_boolean() || value.is_string() || value.is_number();
    case Kind::list:
      return value.is_array();
    case Kind::map:
      return value.is_object();
    case Kind::any:
      break;
  }
  return true;
}

const char* described(Kind kind) {
  constexpr std::array kNames{"text", "a whole number", "true or false", "a list", "a map", "anything"};
  return kNames[static_cast<std::size_t>(kind)];
}

base::Status check_step(const base::Json& step, const std::string& name) {
  const std::span<const StepKey> known = step_keys(name);
  for (const auto& [key, value] : step.items()) {
    if (key == "function") continue;
    const auto found = std::ranges::find(known, std::string_view(key), &StepKey::key);
    if (found != known.end()) {
      if (value.is_null() || is_of(value, found->kind)) continue;
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("filter {}: {} must be {}", name, key, described(found->kind)));
    }
    std::vector<std::string> names;
    for (const StepKey& one : known) names.emplace_back(one.key);
    const auto close = base::closest(key, names);
    return base::fail(base::ErrorKind::bad_input, fmt::format("filter {}: key '{}' is not known", name, key),
                      close           ? fmt::format("did you mean {}?", *close)
                      : names.empty() ? "it takes none"
                                      : fmt::format("known are: {}", base::join(names, ", ")));
  }
  return {};
}

MadeStep make_known_step(const base::Json& step, const std::string& name) {
  TRY(check_step(step, name));
  if (name == "regex") return make_regex(step);
  if (name == "regex_pos") return make_tags(step);
  if (name == "multi_choice_regex") return make_choice(step);
  if (name == "format_span") return std::make_unique<SpansStep>();
  if (name == "take_first") return std::make_unique<TakeStep>(1);
  if (name == "take_first_k") return make_take(step);
  if (name == "majority_vote") return std::make_unique<MajorityStep>();
  if (name == "map") return make_map(step);
  if (name == "lowercase") return std::make_unique<EachStep>(lower);
  if (name == "uppercase") return std::make_unique<EachStep>(upper);
  if (name == "remove_whitespace") {
    return std::make_unique<EachStep>([](const std::string& answer) { return std::string(strip(answer)); });
  }
  return nullptr;
}

MadeStep make_step(const base::Json& step) {
  constexpr std::array<std::string_view, 11> kNames{
      "regex",         "regex_pos",         "multi_choice_regex", "format_span", "take_first", "take_first_k",
      "majority_vote", "remove_whitespace", "lowercase",          "uppercase",   "map"};
  const std::string name = base::string_at(step, "function").value_or("");
  if (std::ranges::find(kNames, name) != kNames.end()) return make_known_step(step, name);
  // lm-eval's `custom` names its function in filter_fn.
  auto called = base::string_at(base::child_at(step, "function"), "!function");
  if (!called && name == "custom") called = base::string_at(base::child_at(step, "filter_fn"), "!function");
  return base::fail(base::ErrorKind::bad_input,
                    called
                        ? fmt::format("filter needs the Python function '{}', which cannot run here", *called)
                        : fmt::format("filter '{}' is not supported", name),
                    fmt::format("{}known filters: {}",
                                called ? "--allow-task-code runs it with Python, under limits; " : "",
                                fmt::join(kNames, ", ")));
}

}  // namespace

base::Result<FilterPipeline> FilterPipeline::make(const base::Json& steps) {
  FilterPipeline pipeline;
  for (const base::Json& step : steps) {
    TRY_ASSIGN(auto made, make_step(step));
    pipeline.steps_.push_back(std::move(made));
  }
  return pipeline;
}

Filtered FilterPipeline::apply(std::vector<std::string> responses, const base::Json& row) const {
  Filtered filtered{std::move(responses)};
  filtered.missed.assign(filtered.answers.size(), false);
  for (const auto& step : steps_) step->apply(filtered, row);
  filtered.unparsed = !filtered.missed.empty() && filtered.missed.front();
  return filtered;
}

}  // namespace bantam::score
