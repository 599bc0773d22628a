#include "exchange/lm_eval_items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/lm_eval_samples.hpp"
#include "exchange/lm_eval_scores.hpp"
#include "exchange/python_json.hpp"
#include "metric/task_metric.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using metric::OutputType;
using record::Item;
using record::TaskFacts;

// An answer to one request about a likelihood: ["-1.5", "True"].
struct Likelihood {
  double log_likelihood = 0.0;
  bool is_greedy = false;
};

std::optional<double> finite(const Json& text) {
  if (!text.is_string()) return std::nullopt;
  const auto number = base::parse_number(text.get<std::string>());
  return number && std::isfinite(*number) ? number : std::nullopt;
}

// resps hold one list for each request, with one answer for each repeat; only a single one is read.
const Json* only_answer(const Json& of_request) {
  return of_request.is_array() && of_request.size() == 1 ? &of_request.front() : nullptr;
}

std::optional<Likelihood> likelihood(const Json& of_request) {
  const Json* answer = only_answer(of_request);
  if (answer == nullptr || !answer->is_array() || answer->size() != 2) return std::nullopt;
  const auto sum = finite(answer->front());
  const Json& greedy = answer->back();
  if (!sum || (greedy != "True" && greedy != "False")) return std::nullopt;
  return Likelihood{*sum, greedy == "True"};
}

// The requests' arguments in their order: gen_args_0: {arg_0, arg_1}, ...
std::vector<const Json*> requests_of(const Json& sample) {
  std::vector<const Json*> requests;
  const Json& arguments = base::child_at(sample, "arguments");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Json& one = base::child_at(arguments, fmt::format("gen_args_{}", i));
    if (!one.is_object()) return {};
    requests.push_back(&one);
  }
  return requests;
}

std::optional<std::string> argument(const Json& request, const char* name) {
  return base::string_at(request, name);
}

// Questions and answers of a task that lets the model write.
void read_generation(const Json& sample, Json& content) {
  const auto requests = requests_of(sample);
  const Json& answers = base::child_at(sample, "resps");
  if (requests.size() != 1 || !answers.is_array() || answers.size() != 1) return;
  const auto context = argument(*requests.front(), "arg_0");
  const Json& texts = answers.front();
  if (!context || !texts.is_array() || texts.empty()) return;
  if (!std::ranges::all_of(texts, [](const Json& text) { return text.is_string(); })) return;
  content["context"] = *context;
  content["resps"] = texts;
  content["empty"] = base::trim(texts.front().get<std::string>()).empty();
}

void read_rolling(const Json& sample, Json& content) {
  const Json& answers = base::child_at(sample, "resps");
  if (!answers.is_array() || answers.size() != 1) return;
  const Json* answer = only_answer(answers.front());
  if (answer == nullptr) return;
  if (const auto sum = finite(*answer)) content["log_likelihood"] = *sum;
}

// Continuations with their likelihoods. The second half may be the same ones without the question.
void read_likelihoods(const Json& sample, Json& content) {
  const auto requests = requests_of(sample);
  const Json& answers = base::child_at(sample, "resps");
  if (requests.empty() || !answers.is_array() || answers.size() != requests.size()) return;
  std::vector<std::string> contexts;
  std::vector<std::string> continuations;
  std::vector<Likelihood> likelihoods;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto context = argument(*requests[i], "arg_0");
    const auto continuation = argument(*requests[i], "arg_1");
    const auto sum = likelihood(answers[i]);
    if (!context || !continuation || !sum) return;
    contexts.push_back(*context);
    continuations.push_back(*continuation);
    likelihoods.push_back(*sum);
  }
  const std::size_t half = requests.size() / 2;
  bool is_twice = requests.size() % 2 == 0 && !contexts.front().empty();
  for (std::size_t i = 0; is_twice && i < half; ++i)
    is_twice = contexts[half + i].empty() && continuations[i] == continuations[half + i];
  const std::size_t count = is_twice ? half : requests.size();
  const bool is_one =
      std::ranges::count(contexts.begin(), contexts.begin() + static_cast<std::ptrdiff_t>(count),
                         contexts.front()) == static_cast<std::ptrdiff_t>(count);
  if (is_one)
    content["context"] = contexts.front();
  else
    content["contexts"] =
        std::vector(contexts.begin(), contexts.begin() + static_cast<std::ptrdiff_t>(count));
  content["continuations"] =
      std::vector(continuations.begin(), continuations.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    content[i < count ? "log_likelihoods" : "unconditional_log_likelihoods"].push_back(
        likelihoods[i].log_likelihood);
    content[i < count ? "is_greedy" : "unconditional_is_greedy"].push_back(likelihoods[i].is_greedy);
  }
}

void read_answers(const Json& sample, const TaskFacts& task, Json& content) {
  const auto type = metric::output_type_from(task.output_type);
  if (!type) return;
  if (*type == OutputType::generate_until)
    read_generation(sample, content);
  else if (*type == OutputType::loglikelihood_rolling)
    read_rolling(sample, content);
  else
    read_likelihoods(sample, content);
}

class Reader {
 public:
  explicit Reader(const TaskFacts& task) : task_(task) {}

  tl::expected<ReadSamples, std::string> run(std::string_view text) {
    std::int64_t number = 0;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      ++number;
      if (base::trim(line).empty()) continue;
      if (const std::string why = read(line); !why.empty())
        return tl::unexpected(fmt::format("its line {} {}", number, why));
    }
    if (samples_.items.empty()) return tl::unexpected(std::string("it holds no sample"));
    for (const std::string& filter : task_.filters) {
      if (lines_[filter] != samples_.items.size())
        return tl::unexpected(fmt::format("{} of its {} items have a line for the filter '{}'",
                                          lines_[filter], samples_.items.size(), base::printable(filter)));
    }
    finish();
    return std::move(samples_);
  }

 private:
  // Why the line cannot be used; empty when it was.
  std::string read(std::string_view line) {
    const auto json = parse_python_json(line);
    if (!json) return json.error();
    const Json& sample = json->json;
    const auto id = base::integer_at(sample, "doc_id");
    if (!id || *id < 0) return "is no sample: it has no doc_id";
    // Earlier versions name no filter.
    const std::string only = task_.filters.size() == 1 ? task_.filters.front() : "none";
    const std::string filter = base::string_at(sample, "filter").value_or(only);
    if (std::ranges::find(task_.filters, filter) == task_.filters.end())
      return fmt::format("has a filter that the results do not know: '{}'", base::printable(filter));
    samples_.not_finite += json->not_finite;
    const auto [place, is_new] = places_.try_emplace(*id, samples_.items.size());
    if (is_new) samples_.items.push_back(begin(*id, sample));
    if (!seen_.insert({*id, filter}).second) return fmt::format("is of item {}, which was there", *id);
    ++lines_[filter];
    add(sample, filter, samples_.items[place->second]);
    return "";
  }

  Item begin(std::int64_t id, const Json& sample) {
    Item item;
    item.task = task_.name;
    item.doc_id = id;
    item.content = {{"doc_id", id}};
    for (const char* key : {"doc", "target", "doc_hash", "prompt_hash", "target_hash"}) {
      if (sample.contains(key)) item.content[key] = sample[key];
    }
    read_answers(sample, task_, item.content);
    if (task_.output_type == metric::name(OutputType::generate_until) && !task_.generation) {
      const auto requests = requests_of(sample);
      if (!requests.empty() && requests.front()->contains("arg_1"))
        task_.generation = (*requests.front())["arg_1"];
    }
    return item;
  }

  void add(const Json& sample, const std::string& filter, Item& item) {
    if (item.content.contains("resps") && sample.contains("filtered_resps"))
      item.content["filtered_resps"][filter] = sample["filtered_resps"];
    for (const std::string& metric : task_.metrics) {
      const metric::LoggedAs form = logged_form(task_, metric);
      if (form != metric::LoggedAs::value && form != metric::LoggedAs::is_greedy) continue;
      const Json& value = base::child_at(sample, metric);
      const std::string key = metric_key({metric, filter}, task_.filters.size() == 1);
      if (value.is_boolean()) item.metrics[key] = value.get<bool>() ? 1.0 : 0.0;
      if (value.is_number() && std::isfinite(value.get<double>())) item.metrics[key] = value.get<double>();
    }
    keep_as_logged(sample, task_, filter, item);
    for (const char* key : {"doc_hash", "prompt_hash", "target_hash"}) {
      const auto hash = base::string_at(sample, key);
      has_hashes_ = has_hashes_ && hash;
      hashes_ += hash.value_or("");
    }
  }

  void finish() {
    const bool is_sorted = std::ranges::is_sorted(samples_.items, {}, &Item::doc_id);
    double chance = 0.0;
    bool has_choices = true;
    bool has_answers = true;
    std::int64_t empty = 0;
    for (std::size_t i = 0; i < samples_.items.size(); ++i) {
      Item& item = samples_.items[i];
      if (!is_sorted) keep_place(static_cast<std::int64_t>(i), item);
      const std::size_t choices = base::child_at(item.content, "log_likelihoods").size();
      has_choices = has_choices && choices > 0;
      chance += choices > 0 ? 1.0 / static_cast<double>(choices) : 0.0;
      const auto is_empty = base::bool_at(item.content, "empty");
      has_answers = has_answers && is_empty;
      empty += is_empty.value_or(false) ? 1 : 0;
    }
    const auto type = metric::output_type_from(task_.output_type);
    if (has_choices && type == OutputType::multiple_choice)
      samples_.chance = chance / static_cast<double>(samples_.items.size());
    if (has_answers) samples_.empty = empty;
    if (has_hashes_) samples_.hash = base::sha256(hashes_);
    samples_.generation = task_.generation;
  }

  TaskFacts task_;
  ReadSamples samples_;
  std::map<std::int64_t, std::size_t> places_;  // of the items, by number
  std::set<std::pair<std::int64_t, std::string>> seen_;
  std::map<std::string, std::size_t> lines_;  // by filter
  std::string hashes_;
  bool has_hashes_ = true;
};

}  // namespace

tl::expected<ReadSamples, std::string> read_samples(std::string_view text, const TaskFacts& task) {
  return Reader(task).run(text);
}

}  // namespace bantam::exchange
