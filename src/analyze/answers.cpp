#include "analyze/answers.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace bantam::analyze {
namespace {

using base::Json;
using record::Item;

std::optional<double> metric_of(const Item& item, const char* name) {
  const auto found = item.metrics.find(name);
  if (found == item.metrics.end()) return std::nullopt;
  return found->second;
}

// Absent where the item's task lets no model write, or nothing could be asked.
std::optional<std::string> text_of(const Item& item) {
  if (auto answer = base::string_at(item.content, "answer")) return answer;
  const Json& responses = base::child_at(item.content, "resps");
  if (!responses.is_array() || responses.empty() || !responses.front().is_string()) return std::nullopt;
  return responses.front().get<std::string>();
}

std::string prompt_of(const Item& item) {
  if (auto prompt = base::string_at(item.content, "prompt")) return *prompt;
  return base::string_at(item.content, "context").value_or("");
}

class Collection {
 public:
  Collection(const std::vector<Configuration>& configurations, const std::string& base_precision)
      : configurations_(configurations), base_precision_(base_precision) {}

  void add(const Configuration& configuration, const std::string& task, const Item& item) {
    auto text = text_of(item);
    if (!text) return;
    PromptAnswers& prompt = prompts_[{task != kSimilarity, task, item.task, item.doc_id}];
    if (prompt.answers.empty()) {
      prompt.task = item.task;
      prompt.doc_id = item.doc_id;
      prompt.prompt = prompt_of(item);
    }
    Answer answer{configuration.model, configuration.precision, *std::move(text), {}, {}, {}, {}};
    answer.finish = base::string_at(item.content, "finish");
    if (const auto equal = metric_of(item, "equal_answer")) answer.same = *equal == 1.0;
    if (task == kSimilarity) {
      answer.equal_tokens = metric_of(item, "equal_tokens");
      answer.cosine = metric_of(item, "cosine");
    }
    prompt.answers.push_back(std::move(answer));
  }

  std::vector<PromptAnswers> take() {
    std::vector<PromptAnswers> all;
    for (auto& [place, prompt] : prompts_) {
      if (prompt.task != kSimilarity) compare(prompt.answers);
      all.push_back(std::move(prompt));
    }
    return all;
  }

 private:
  // Similarity, the task's name, that of the leaf, the number of the prompt.
  using Place = std::tuple<bool, std::string, std::string, std::int64_t>;

  void compare(std::vector<Answer>& answers) const {
    for (Answer& answer : answers) {
      const auto base = std::ranges::find_if(answers, [&](const Answer& other) {
        return other.model == answer.model && other.precision == base_of(answer.model);
      });
      if (base != answers.end() && &*base != &answer) answer.same = base->text == answer.text;
    }
  }

  std::string base_of(const std::string& model) const {
    if (!base_precision_.empty()) return base_precision_;
    const auto first = std::ranges::find(configurations_, model, &Configuration::model);
    return first->precision;
  }

  const std::vector<Configuration>& configurations_;
  const std::string& base_precision_;
  std::map<Place, PromptAnswers> prompts_;
};

}  // namespace

base::Result<std::vector<PromptAnswers>> find_answers(const std::vector<Configuration>& configurations,
                                                      const std::string& base_precision,
                                                      const ItemSource& items) {
  Collection collection(configurations, base_precision);
  for (const Configuration& configuration : configurations) {
    for (const auto& [task, record] : configuration.cells) {
      TRY_ASSIGN(const auto of_cell, items(record.cell_key));
      for (const Item& item : of_cell) collection.add(configuration, task, item);
    }
  }
  return collection.take();
}

}  // namespace bantam::analyze
