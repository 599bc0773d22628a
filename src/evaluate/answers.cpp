#include "evaluate/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.hpp"
#include "prompt/python_literal.hpp"
#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using base::Result;

struct KnownTags {
  std::string_view open, close;
};
// As the chat templates of reasoning models write them.
constexpr std::array<KnownTags, 3> kKnownTags = {
    {{"<think>", "</think>"}, {"[THINK]", "[/THINK]"}, {"<|begin_of_thought|>", "<|end_of_thought|>"}}};

// The opening tag of a closing one: the known one, or the same without its slash.
std::string opening_tag(const std::string& close) {
  for (const KnownTags& known : kKnownTags) {
    if (known.close == close) return std::string(known.open);
  }
  if (close.size() > 2 && close[1] == '/') return close[0] + close.substr(2);
  return "";
}

std::string without_leading_space(const std::string& text) {
  const std::string_view stripped = score::strip(text);
  return stripped.empty() ? "" : text.substr(static_cast<std::size_t>(stripped.data() - text.data()));
}

}  // namespace

std::optional<ThinkTags> think_tags(const std::string& setting, std::string_view chat_template) {
  if (setting == "off" || setting.empty()) return std::nullopt;
  if (setting != "auto") return ThinkTags{opening_tag(setting), setting};
  for (const KnownTags& known : kKnownTags) {
    if (chat_template.find(known.close) != std::string_view::npos)
      return ThinkTags{std::string(known.open), std::string(known.close)};
  }
  return std::nullopt;
}

bool ends_in_thought(const Context& context, const ThinkTags& tags) {
  if (tags.open.empty() || context.empty() || context.back().is_input) return false;
  return score::strip_end(context.back().text).ends_with(tags.open);
}

Answer cut_answer(const engine::Generation& generation, const std::vector<std::string>& until,
                  const ThinkTags* tags, bool in_thought) {
  Answer answer;
  answer.text = generation.text;
  answer.truncated = generation.finish == "length";
  answer.incomplete = generation.is_thought_alone;
  if (tags != nullptr) {
    const std::size_t close = answer.text.rfind(tags->close);
    const bool opened = !tags->open.empty() && without_leading_space(answer.text).starts_with(tags->open);
    if (close != std::string::npos) {
      answer.text = without_leading_space(answer.text.substr(close + tags->close.size()));
    } else if (in_thought || opened) {
      answer.incomplete = true;
      answer.text.clear();
    }
  }
  for (const std::string& stop : until) {
    if (!stop.empty()) answer.text.resize(std::min(answer.text.find(stop), answer.text.size()));
  }
  answer.empty = !answer.incomplete && score::strip(answer.text).empty();
  return answer;
}

std::uint64_t sampling_seed(std::uint64_t seed, const std::string& task, std::int64_t doc_id, int repeat) {
  return static_cast<std::uint64_t>(
      base::short_sha256(fmt::format("{}\n{}\n{}\n{}", seed, task, doc_id, repeat)));
}

namespace {

// numpy makes texts of a list in which there is one; a list of other values equals no text.
std::vector<std::string> texts_of_list(const Json& list) {
  std::vector<std::string> texts;
  if (std::ranges::none_of(list, &Json::is_string)) return texts;
  for (const Json& answer : list) texts.push_back(prompt::python_str(answer));
  return texts;
}

// list() of a text.
std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    static_cast<void>(score::next_code_point(text, at));
    all.push_back(text.substr(begin, at - begin));
  }
  return all;
}

}  // namespace

// lm-eval 0.4.13: ConfigurableTask.process_results.
Result<std::vector<std::string>> reference_answers(const Prompt& prompt) {
  const Json& target = prompt.target;
  const auto refuse = [&](const char* expected) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("doc_to_target gives {}, not {}", prompt::python_repr(target), expected));
  };
  if (!prompt.choices.empty()) {
    const auto count = static_cast<std::int64_t>(prompt.choices.size());
    if (!target.is_number_integer()) return refuse("the index of a choice");
    const auto index = target.get<std::int64_t>();
    if (index < -count || index >= count) return refuse("the index of one of the choices");
    return std::vector{prompt.choices[static_cast<std::size_t>(index < 0 ? index + count : index)]};
  }
  if (!prompt.several_answers) return std::vector{prompt::python_str(target)};
  if (target.is_array()) return texts_of_list(target);
  if (target.is_string()) return characters(target.get<std::string>());
  return refuse("a list as in the first row");
}

Result<AnswerScorer> AnswerScorer::make(const task::Task& task) {
  AnswerScorer scorer(task);
  if (task.output_type != task::OutputType::generate_until || task.process_results != nullptr ||
      task::has_code_process_results(task))
    return scorer;
  for (const task::MetricSpec& spec : task.metrics) {
    if (spec.valued_by_code || !spec.metric->of_answer || spec.metric->of_answer->value == nullptr) continue;
    TRY_ASSIGN(scorer.judges_[spec.metric], spec.metric->of_answer->value(spec.options));
  }
  return scorer;
}

Result<metric::ItemScores> AnswerScorer::score(const Prompt& prompt, const std::string& answer) const {
  metric::ItemScores scores;
  if (task_->process_results != nullptr) {
    if (task_->process_results->of_answer == nullptr) return scores;
    return task_->process_results->of_answer(prompt.doc, answer);
  }
  TRY_ASSIGN(const std::vector<std::string> references, reference_answers(prompt));
  if (references.empty()) {
    for (const task::MetricSpec& spec : task_->metrics) {
      if (judges_.contains(spec.metric) && spec.aggregation->kind == metric::Aggregation::Kind::mean)
        scores.set(*spec.metric, 0.0);
    }
    return scores;
  }
  const std::vector<std::string_view> views(references.begin(), references.end());
  for (const auto& [metric, judge] : judges_) {
    metric::AnswerValue own = judge(answer, views);
    if (own.value) scores.set(*metric, *own.value);
    if (!own.statistics.is_null()) scores.statistics[std::string(metric->name())] = std::move(own.statistics);
  }
  return scores;
}

}  // namespace bantam::evaluate
