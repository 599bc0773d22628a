#include "evaluate/code_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "evaluate/answers.hpp"
#include "evaluate/code_items.hpp"
#include "metric/aggregation.hpp"
#include "score/filters.hpp"
#include "task/code_rows.hpp"
#include "task/metric_list.hpp"
#include "taskcode/values.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;
using record::Item;

constexpr std::size_t kItemsAtOnce = 200;
constexpr std::size_t kMostMetrics = 1000;                  // that code gives one item
constexpr std::size_t kMostOfValue = std::size_t{1} << 20;  // bytes of one that is no number
constexpr const char* kFiltered = "code_filtered";

// Of lists of answers these steps make single ones.
bool leaves_one(const Json& steps) {
  return std::ranges::any_of(steps, [](const Json& step) {
    const auto name = base::string_at(step, "function").value_or("");
    return name == "take_first" || name == "majority_vote";
  });
}

class CodeScorer {
 public:
  CodeScorer(task::Task& task, const std::vector<Item>& items, taskcode::Runner& runner)
      : task_(task),
        runner_(runner),
        items_(answered_items(task, items)),
        who_(fmt::format("task '{}'", task.name)) {}

  Status run(const OnAddedValues& on_added) {
    const std::string before = task_.code->sha256;
    TRY(task::load_code(task_, runner_));
    if (!before.empty() && before != task_.code->sha256)
      return base::fail(ErrorKind::integrity, who_ + ": its Python code changed while it was in use",
                        "run it again");
    TRY(read_docs());
    for (const Item* item : items_) {
      if (!item->content.contains(kCodeValues)) additions_.push_back(empty_addition(*item));
      waits_.push_back(!item->content.contains(kCodeValues));
    }
    if (additions_.empty()) return {};
    for (const task::FilterSpec& filter : task_.filters) TRY(add_filter(filter));
    for (std::size_t at = 0; at < additions_.size(); at += kItemsAtOnce) {
      const auto some = std::span(additions_).subspan(at, std::min(kItemsAtOnce, additions_.size() - at));
      TRY(on_added({some.begin(), some.end()}));
    }
    return {};
  }

 private:
  static Item empty_addition(const Item& item) {
    Item addition;
    addition.task = item.task;
    addition.doc_id = item.doc_id;
    addition.content = {{kCodeValues, Json::object()}};
    return addition;
  }

  // The rows in the protocol's form: as the code gave them, else as they were stored.
  Status read_docs() {
    std::vector<Json> made;
    if (task_.code->rows) {
      TRY_ASSIGN(task::MadeRows rows, task::made_rows(task_, task_.code->docs));
      made = std::move(rows.as_sent);
    }
    for (const Item* item : items_) {
      const auto at = static_cast<std::size_t>(item->doc_id);
      docs_.push_back(at < made.size() ? made[at] : base::child_at(item->content, "doc"));
    }
    if (task_.code->process_results) return {};
    Settings plain;
    plain.num_fewshot = 0;
    TRY_ASSIGN(prompter_, Prompter::make(task_, plain));
    return {};
  }

  Status add_filter(const task::FilterSpec& filter) {
    std::vector<Json> answers;  // of each item: a text, or a list of texts
    if (task_.output_type == task::OutputType::generate_until) {
      TRY_ASSIGN(answers, filtered(filter));
    }
    if (task_.code->process_results) return add_results(filter, answers);
    for (const task::MetricSpec& spec : task_.metrics) {
      if (spec.valued_by_code) TRY(add_metric(spec, filter, answers));
    }
    return filter.by_code ? add_own_metrics(filter, answers) : Status();
  }

  Result<std::vector<Json>> filtered(const task::FilterSpec& filter) {
    if (filter.by_code) return filtered_by_code(filter);
    std::vector<Json> answers;
    const bool one = leaves_one(filter.steps);
    for (const Item* item : items_) {
      const Json& left = base::child_at(base::child_at(item->content, "filtered_resps"), filter.name);
      answers.push_back(one && left.is_array() && !left.empty() ? left.front() : left);
    }
    return answers;
  }

  // Steps of ours item by item, those of code over all items at once, as in lm-eval.
  Result<std::vector<Json>> filtered_by_code(const task::FilterSpec& filter) {
    std::vector<Json> answers;
    for (const Item* item : items_) answers.push_back(base::child_at(item->content, "resps"));
    for (std::size_t step = 0; step < filter.steps.size(); ++step) {
      if (task::is_code_step(filter.steps[step])) {
        TRY(ask_filter(filter, step, answers));
        continue;
      }
      TRY_ASSIGN(const auto pipeline, score::FilterPipeline::make(Json::array({filter.steps[step]})));
      const bool one = leaves_one(Json::array({filter.steps[step]}));
      for (std::size_t i = 0; i < answers.size(); ++i) {
        std::vector<std::string> texts;
        for (const Json& text : answers[i].is_array() ? answers[i] : Json::array({answers[i]})) {
          if (!text.is_string()) return not_a_text(i);
          texts.push_back(text.get<std::string>());
        }
        TRY_ASSIGN(const Json doc, taskcode::plain(docs_[i]));
        const score::Filtered made = pipeline.apply(std::move(texts), doc);
        answers[i] = one && !made.answers.empty() ? Json(made.answers.front()) : Json(made.answers);
      }
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (waits_[i]) additions_[at++].content[kFiltered][filter.name] = answers[i];
    }
    return answers;
  }

  Status ask_filter(const task::FilterSpec& filter, std::size_t step, std::vector<Json>& answers) {
    Json request{{"op", "filter"}, {"task", task_.name}, {"filter", filter.entry}, {"step", step}};
    request["resps"] = answers;
    request["docs"] = docs_;
    TRY_ASSIGN(const Json last, runner_.ask(who_, std::move(request)));
    const Json& left = base::child_at(last, "resps");
    if (!left.is_array() || left.size() != answers.size())
      return base::fail(ErrorKind::bad_input, fmt::format("{}: its filter gives {} answers for {} items",
                                                          who_, left.size(), answers.size()));
    answers.assign(left.begin(), left.end());
    return {};
  }

  tl::unexpected<base::Error> not_a_text(std::size_t item) const {
    return base::fail(ErrorKind::bad_input, fmt::format("{}, item {}: its filter leaves what is no text",
                                                        who_, items_[item]->doc_id));
  }

  // lm-eval's `results` of an item.
  Json results_of(std::size_t i, const std::vector<Json>& answers) const {
    const Json& content = items_[i]->content;
    if (task_.output_type == task::OutputType::generate_until) return Json::array({answers[i]});
    if (task_.output_type == task::OutputType::loglikelihood_rolling)
      return Json::array({base::child_at(content, "log_likelihood")});
    Json results = Json::array();
    for (const char* part : {"", "unconditional_"}) {
      const Json& likelihoods = base::child_at(content, fmt::format("{}log_likelihoods", part));
      const Json& greedy = base::child_at(content, fmt::format("{}is_greedy", part));
      for (std::size_t choice = 0; choice < likelihoods.size() && choice < greedy.size(); ++choice)
        results.push_back(Json::array({likelihoods[choice], greedy[choice]}));
    }
    return results;
  }

  // Asks about the items that wait, some at once; `made`: what the code gives of item i, as it is.
  template <typename MakeItem, typename OnMade>
  Status ask_items(const Json& head, const MakeItem& make_item, const OnMade& on_made) {
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (waits_[i]) waiting.push_back(i);
    }
    for (std::size_t begin = 0; begin < waiting.size(); begin += kItemsAtOnce) {
      const std::size_t end = std::min(begin + kItemsAtOnce, waiting.size());
      Json request = head;
      request["items"] = Json::array();
      for (std::size_t at = begin; at < end; ++at) request["items"].push_back(make_item(waiting[at], at));
      std::size_t told = begin;
      TRY(runner_.ask(who_, std::move(request), [&](Json line) -> Status {
        if (told >= end || base::integer_at(line, "item") != static_cast<std::int64_t>(told - begin))
          return base::fail(ErrorKind::bad_input,
                            who_ + ": its Python code answers for items out of their order");
        const std::size_t i = waiting[told];
        if (const Json& error = base::child_at(line, "error"); !error.empty())
          return tl::unexpected(taskcode::code_error(fmt::format("{}, item {}", who_, items_[i]->doc_id),
                                                     error, runner_.python()));
        return on_made(i, told++, line);
      }));
      if (told != end)
        return base::fail(ErrorKind::bad_input, fmt::format("{}: its Python code answers for {} of {} items",
                                                            who_, told - begin, end - begin));
    }
    return {};
  }

  // A number is a metric's value; what is none is kept for the aggregation.
  Status keep(std::size_t addition, const std::string& key, const Json& value) {
    Item& item = additions_[addition];
    if (const auto number = taskcode::finite_number(value)) {
      item.metrics[key] = *number;
      return {};
    }
    if (base::to_text(value).size() > kMostOfValue)
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}, item {}: its Python code gives a value of more than {} KiB for {}",
                                    who_, item.doc_id, kMostOfValue >> 10, key));
    item.content[kCodeValues][key] = value;
    return {};
  }

  Status add_results(const task::FilterSpec& filter, const std::vector<Json>& answers) {
    const Json head{{"op", "score"}, {"task", task_.name}};
    const auto make_item = [&](std::size_t i, std::size_t) {
      return Json{{"doc", docs_[i]}, {"results", results_of(i, answers)}};
    };
    return ask_items(head, make_item, [&](std::size_t i, std::size_t addition, const Json& line) -> Status {
      const Json& values = base::child_at(line, "values");
      if (!values.is_object() || values.size() > kMostMetrics)
        return base::fail(ErrorKind::bad_input,
                          fmt::format("{}, item {}: process_results gives no map of at most {} metrics", who_,
                                      items_[i]->doc_id, kMostMetrics));
      for (const auto& [name, value] : values.items())
        TRY(keep(addition, task::metric_key(task_, base::printable(name), filter), value));
      return {};
    });
  }

  // lm-eval 0.4.13: ConfigurableTask.process_results. Of several right answers any will do.
  Status add_metric(const task::MetricSpec& spec, const task::FilterSpec& filter,
                    const std::vector<Json>& answers) {
    std::vector<Json> references;  // of the items that wait, each a list
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (!waits_[i]) continue;
      TRY_ASSIGN(Json list, references_of(i, answers[i]));
      references.push_back(std::move(list));
    }
    std::size_t most = 0;
    for (const Json& list : references) most = std::max(most, list.size());
    std::vector<Json> values(references.size());
    for (std::size_t turn = 0; turn < most; ++turn) {
      const Json head{{"op", "metric"}, {"task", task_.name}, {"metric", spec.entry}};
      const auto make_item = [&](std::size_t i, std::size_t at) {
        const Json& list = references[at];
        return Json{{"reference", list[std::min(turn, list.size() - 1)]}, {"prediction", answers[i]}};
      };
      TRY(ask_items(head, make_item, [&](std::size_t, std::size_t at, const Json& line) -> Status {
        Json value = base::child_at(line, "value");
        if (value.is_object() && value.contains(spec.name())) value = value[spec.name()];
        const bool several = prompter_ && several_answers_;
        if (several)
          value = taskcode::is_true(value) || (turn > 0 && taskcode::is_true(values[at])) ? 1.0 : 0.0;
        values[at] = std::move(value);
        return {};
      }));
    }
    for (std::size_t at = 0; at < values.size(); ++at)
      TRY(keep(at, task::metric_key(task_, spec.name(), filter), values[at]));
    return {};
  }

  Result<Json> references_of(std::size_t i, const Json& answer) {
    TRY_ASSIGN(const Prompt prompt, prompter_->prompt(items_[i]->doc_id));
    several_answers_ = prompt.several_answers && prompt.choices.empty();
    if (several_answers_ && prompt.target.is_array() && !prompt.target.empty()) return prompt.target;
    if (answer.is_array() && prompt.choices.empty()) return Json::array({prompt.target});
    TRY_ASSIGN(const auto texts, reference_answers(prompt));
    if (texts.empty())
      return base::fail(ErrorKind::bad_input,
                        fmt::format("{}, item {}: there is no right answer", who_, items_[i]->doc_id));
    return Json(texts);
  }

  // Metrics of ours, of answers that a filter of code has left.
  Status add_own_metrics(const task::FilterSpec& filter, const std::vector<Json>& answers) {
    TRY_ASSIGN(const AnswerScorer scorer, AnswerScorer::make(task_));
    std::size_t addition = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (!waits_[i]) continue;
      const Json& left = answers[i].is_array() && !answers[i].empty() ? answers[i].front() : answers[i];
      if (!left.is_string()) return not_a_text(i);
      TRY_ASSIGN(const Prompt prompt, prompter_->prompt(items_[i]->doc_id));
      TRY_ASSIGN(const metric::ItemScores scores, scorer.score(prompt, left.get<std::string>()));
      for (const auto& [name, value] : scores.values)
        additions_[addition].metrics[task::metric_key(task_, name, filter)] = value;
      ++addition;
    }
    return {};
  }

  using Settings = task::Settings;

  task::Task& task_;
  taskcode::Runner& runner_;
  std::vector<const Item*> items_;  // with answers, by doc_id
  std::vector<bool> waits_;         // of each: it has no values yet
  std::vector<Json> docs_;          // of each
  std::vector<Item> additions_;     // of those that wait, in their order
  std::optional<Prompter> prompter_;
  bool several_answers_ = false;
  std::string who_;
};

}  // namespace

Status add_code_values(task::Task& task, const std::vector<Item>& items, taskcode::Runner& runner,
                       const OnAddedValues& on_added) {
  return CodeScorer(task, items, runner).run(on_added);
}

}  // namespace bantam::evaluate
