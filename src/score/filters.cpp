#include "score/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "score/pattern.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

using MadeStep = base::Result<std::unique_ptr<FilterStep>>;

// Applies one function to every response.
class EachStep final : public FilterStep {
 public:
  explicit EachStep(std::function<std::string(const std::string&)> change) : change_(std::move(change)) {}
  void apply(Filtered& responses) const override {
    for (std::string& answer : responses.answers) answer = change_(answer);
  }

 private:
  std::function<std::string(const std::string&)> change_;
};

class TakeStep final : public FilterStep {
 public:
  explicit TakeStep(std::size_t count) : count_(count) {}
  void apply(Filtered& responses) const override {
    if (responses.answers.size() > count_) responses.answers.resize(count_);
  }

 private:
  std::size_t count_;
};

// The most frequent response, the earliest of them on ties.
class MajorityStep final : public FilterStep {
 public:
  void apply(Filtered& responses) const override {
    const auto& answers = responses.answers;
    if (answers.empty()) return;
    const auto votes = [&](const std::string& answer) {
      return std::count(answers.begin(), answers.end(), answer);
    };
    const auto winner =
        std::max_element(answers.begin(), answers.end(),
                         [&](const std::string& a, const std::string& b) { return votes(a) < votes(b); });
    responses.answers = {*winner};
  }
};

// lm-eval's RegexFilter: of all matches the one at `select` (negative: from the end); of its groups the first
// that is not empty.
class RegexStep final : public FilterStep {
 public:
  RegexStep(Pattern pattern, std::int64_t select, std::string fallback)
      : pattern_(std::move(pattern)), select_(select), fallback_(std::move(fallback)) {}

  void apply(Filtered& responses) const override {
    for (std::string& answer : responses.answers) {
      const std::optional<std::string> found = extract(answer);
      responses.unparsed = responses.unparsed || !found;
      answer = found.value_or(fallback_);
    }
  }

 private:
  std::optional<std::string> extract(const std::string& text) const {
    const auto matches = pattern_.find_all(text);
    if (!matches || matches->empty()) return std::nullopt;
    const auto count = static_cast<std::int64_t>(matches->size());
    const std::int64_t index = select_ < 0 ? count + select_ : select_;
    if (index < 0 || index >= count) return std::nullopt;
    const std::vector<std::string>& groups = (*matches)[static_cast<std::size_t>(index)];
    if (groups.size() == 1) return std::string(strip(groups.front()));
    const auto filled = std::find_if(groups.begin(), groups.end(), [](const auto& g) { return !g.empty(); });
    if (filled == groups.end()) return std::nullopt;
    return std::string(strip(*filled));
  }

  Pattern pattern_;
  std::int64_t select_;
  std::string fallback_;
};

MadeStep make_regex(const base::Json& step) {
  const std::string source = base::string_at(step, "regex_pattern").value_or(R"(#### (\-?[0-9\.\,]+))");
  TRY_ASSIGN(Pattern pattern, Pattern::compile(source));
  return std::make_unique<RegexStep>(std::move(pattern), base::integer_at(step, "group_select").value_or(0),
                                     base::string_at(step, "fallback").value_or("[invalid]"));
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

MadeStep make_step(const base::Json& step) {
  const std::string name = base::string_at(step, "function").value_or("");
  if (name == "regex") return make_regex(step);
  if (name == "take_first") return std::make_unique<TakeStep>(1);
  if (name == "take_first_k") return make_take(step);
  if (name == "majority_vote") return std::make_unique<MajorityStep>();
  if (name == "map") return make_map(step);
  if (name == "lowercase") return std::make_unique<EachStep>(lower);
  if (name == "uppercase") return std::make_unique<EachStep>(upper);
  if (name == "remove_whitespace") {
    return std::make_unique<EachStep>([](const std::string& answer) { return std::string(strip(answer)); });
  }
  return base::fail(
      base::ErrorKind::bad_input, fmt::format("filter '{}' is not supported", name),
      "known filters: regex, take_first, take_first_k, majority_vote, remove_whitespace, lowercase, "
      "uppercase, map");
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

Filtered FilterPipeline::apply(std::vector<std::string> responses) const {
  Filtered filtered{std::move(responses), false};
  for (const auto& step : steps_) step->apply(filtered);
  return filtered;
}

}  // namespace bantam::score
