#include "exchange/lm_eval_samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/hash.hpp"
#include "metric/task_metric.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using metric::OutputType;
using record::Item;
using record::TaskFacts;

// Members of an imported item's content: by filter, what its sample has otherwise; its place in the file.
constexpr const char* kAsLogged = "as_logged";
constexpr const char* kOtherMembers = "members";
constexpr const char* kNoMembers = "without";
constexpr const char* kPlace = "place";

std::string text_at(const Json& json, const char* key) {
  return base::string_at(json, key).value_or("");
}

// An empty list where it is none.
const Json& list_at(const Json& json, const char* key) {
  static const Json kNone = Json::array();
  const Json& list = base::child_at(json, key);
  return list.is_array() ? list : kNone;
}

bool are_numbers(const Json& list) {
  return list.is_array() && std::ranges::all_of(list, [](const Json& one) { return one.is_number(); });
}

bool has_type(const TaskFacts& task, OutputType type) {
  return metric::output_type_from(task.output_type) == type;
}

// str(target) of Python.
std::string target_text(const Item& item) {
  if (auto text = base::string_at(item.content, "target_text")) return *text;
  const Json& target = base::child_at(item.content, "target");
  if (target.is_string()) return target.get<std::string>();
  if (target.is_boolean()) return target.get<bool>() ? "True" : "False";
  if (target.is_number_float()) return python_float(target.get<double>());
  return base::to_text(target);
}

Json named_arguments(const std::vector<Json>& arguments) {
  Json named = Json::object();
  for (std::size_t i = 0; i < arguments.size(); ++i) named["arg_" + std::to_string(i)] = arguments[i];
  return named;
}

// What the model was asked: gen_args_0, gen_args_1, ..., one per request.
Json requests(const TaskFacts& task, const Item& item) {
  Json all = Json::object();
  const auto add = [&all](const std::vector<Json>& arguments) {
    all["gen_args_" + std::to_string(all.size())] = named_arguments(arguments);
  };
  if (has_type(task, OutputType::loglikelihood_rolling)) {
    add({target_text(item)});
    return all;
  }
  if (has_type(task, OutputType::generate_until)) {
    add({text_at(item.content, "context"), task.generation.value_or(Json())});
    return all;
  }
  const Json& continuations = list_at(item.content, "continuations");
  const Json& contexts = list_at(item.content, "contexts");
  for (std::size_t i = 0; i < continuations.size(); ++i) {
    add({i < contexts.size() ? contexts[i] : base::child_at(item.content, "context"), continuations[i]});
  }
  const bool unconditional = item.content.contains("unconditional_is_greedy");
  for (std::size_t i = 0; unconditional && i < continuations.size(); ++i) add({"", continuations[i]});
  return all;
}

// What the engine gave for each request: "(-12.5, False)" as a list of texts, or a total. What is of another
// type is null.
std::vector<Json> answers(const TaskFacts& task, const Item& item) {
  std::vector<Json> answers;
  if (has_type(task, OutputType::loglikelihood_rolling)) {
    if (const auto sum = base::number_at(item.content, "log_likelihood"))
      answers.push_back(python_float(*sum));
    return answers;
  }
  const auto add = [&](const char* sums_key, const char* greedy_key) {
    const Json& sums = list_at(item.content, sums_key);
    const Json& greedy = list_at(item.content, greedy_key);
    for (std::size_t i = 0; i < sums.size() && i < greedy.size(); ++i) {
      Json answer = Json::array({nullptr, nullptr});
      if (sums[i].is_number()) answer[0] = python_float(sums[i].get<double>());
      if (greedy[i].is_boolean()) answer[1] = greedy[i].get<bool>() ? "True" : "False";
      answers.push_back(std::move(answer));
    }
  };
  add("log_likelihoods", "is_greedy");
  add("unconditional_log_likelihoods", "unconditional_is_greedy");
  return answers;
}

void add_answers(const TaskFacts& task, const Item& item, const std::string& filter, Json& sample) {
  sample["resps"] = Json::array();
  sample["filtered_resps"] = Json::array();
  if (has_type(task, OutputType::generate_until)) {
    sample["resps"].push_back(base::child_at(item.content, "resps"));
    for (const Json& answer : base::child_at(base::child_at(item.content, "filtered_resps"), filter))
      sample["filtered_resps"].push_back(answer);
    return;
  }
  for (const Json& answer : answers(task, item)) {
    sample["resps"].push_back(Json::array({answer}));
    sample["filtered_resps"].push_back(answer);
  }
}

// str() of a NumPy array of the choices' probabilities.
std::string probabilities_text(const Json& log_likelihoods) {
  double greatest = -std::numeric_limits<double>::infinity();
  for (const Json& sum : log_likelihoods) greatest = std::max(greatest, sum.get<double>());
  double total = 0.0;
  for (const Json& sum : log_likelihoods) total += std::exp(sum.get<double>() - greatest);
  std::vector<std::string> shares;
  for (const Json& sum : log_likelihoods)
    shares.push_back(fmt::format("{:.8f}", std::exp(sum.get<double>() - greatest) / total));
  return fmt::format("[{}]", fmt::join(shares, " "));
}

// The item's value under the metric's name, or under that with the filter's.
Json own_value(const Item& item, const std::string& metric, const std::string& filter) {
  for (const std::string& key : {metric + "," + filter, metric}) {
    if (const auto found = item.metrics.find(key); found != item.metrics.end()) return found->second;
  }
  return nullptr;
}

// An item's part in a metric, in lm-eval's form: pairs where the score is made of all items together.
Json metric_value(const TaskFacts& task, const Item& item, const std::string& metric,
                  const std::string& filter) {
  const Json& content = item.content;
  switch (logged_form(task, metric)) {
    case metric::LoggedAs::gold_and_probabilities:
      if (!content.contains("gold") || !are_numbers(base::child_at(content, "log_likelihoods"))) break;
      return Json::array({content["gold"], probabilities_text(content["log_likelihoods"])});
    case metric::LoggedAs::target_and_answer: {
      if (!base::child_at(content, "target").is_string()) break;
      const Json& answers = base::child_at(base::child_at(content, "filtered_resps"), filter);
      return Json::array({content["target"], answers.empty() ? Json("") : answers.front()});
    }
    case metric::LoggedAs::is_greedy: {
      const Json& answers = base::child_at(content, "is_greedy");
      if (!answers.is_array() || answers.empty()) return nullptr;
      return answers.front() == true ? 1 : 0;
    }
    case metric::LoggedAs::log_likelihood: {
      const Json& sums = base::child_at(content, "log_likelihoods");
      return sums.is_array() && !sums.empty() ? sums.front() : Json();
    }
    case metric::LoggedAs::log_likelihood_and_words:
      return Json::array({base::child_at(content, "log_likelihood"), base::child_at(content, "words")});
    case metric::LoggedAs::log_likelihood_and_bytes:
      return Json::array({base::child_at(content, "log_likelihood"), base::child_at(content, "bytes")});
    case metric::LoggedAs::gold_and_predicted:
      if (!content.contains("gold") || !content.contains("predicted")) break;
      return Json::array({content["gold"], content["predicted"]});
    case metric::LoggedAs::value:
      break;
  }
  return own_value(item, metric, filter);
}

void apply_logged(const Json& logged, Json& sample) {
  for (const auto& [key, value] : base::child_at(logged, kOtherMembers).items()) sample[key] = value;
  for (const Json& key : base::child_at(logged, kNoMembers)) {
    if (key.is_string()) sample.erase(key.get<std::string>());
  }
}

// The items of the task in the order of their lines.
std::vector<const Item*> lines_of(const TaskFacts& task, const std::vector<Item>& items) {
  std::vector<const Item*> own;
  for (const Item& item : items) {
    if (item.task == task.name) own.push_back(&item);
  }
  const auto place = [](const Item* item) { return base::integer_at(item->content, kPlace).value_or(0); };
  std::ranges::stable_sort(own, {}, place);
  return own;
}

}  // namespace

metric::LoggedAs logged_form(const TaskFacts& task, const std::string& metric) {
  const metric::TaskMetric* known = metric::find_task_metric(metric);
  if (known == nullptr) return metric::LoggedAs::value;
  const auto type = metric::output_type_from(task.output_type);
  const auto rules = type ? metric::rules(*known, *type) : std::nullopt;
  return rules ? rules->logged_as : metric::LoggedAs::value;
}

void keep_as_logged(const Json& sample, const TaskFacts& task, const std::string& filter, Item& item) {
  const Json ours = sample_json(task, item, filter);
  Json members = Json::object();
  Json without = Json::array();
  for (const auto& [key, value] : sample.items()) {
    if (!ours.contains(key) || ours[key] != value) members[key] = value;
  }
  for (const auto& [key, value] : ours.items()) {
    if (!sample.contains(key)) without.push_back(key);
  }
  if (members.empty() && without.empty()) return;
  Json& logged = item.content[kAsLogged][filter] = Json::object();
  if (!members.empty()) logged[kOtherMembers] = std::move(members);
  if (!without.empty()) logged[kNoMembers] = std::move(without);
}

void keep_place(std::int64_t place, Item& item) {
  item.content[kPlace] = place;
}

bool is_hash_alone(const Item& item) {
  return item.content.size() == 1 && base::string_at(item.content, "sha256");
}

Json sample_json(const TaskFacts& task, const Item& item, const std::string& filter) {
  Json sample;
  sample["doc_id"] = item.doc_id;
  sample["doc"] = base::child_at(item.content, "doc");
  sample["target"] = target_text(item);
  sample["arguments"] = requests(task, item);
  add_answers(task, item, filter, sample);
  sample["filter"] = filter;
  sample["metrics"] = Json::array();
  Json values = Json::object();
  for (const std::string& metric : task.metrics) {
    Json value = metric_value(task, item, metric, filter);
    if (!value.is_null()) sample["metrics"].push_back(metric);
    values[metric] = std::move(value);
  }
  for (const char* hash : {"doc_hash", "prompt_hash", "target_hash"})
    sample[hash] = text_at(item.content, hash);
  sample.update(values);
  apply_logged(base::child_at(base::child_at(item.content, kAsLogged), filter), sample);
  return sample;
}

std::string python_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  const double size = std::abs(value);
  // Where Python begins to write exponents.
  const bool has_exponent = size != 0.0 && (size < 1e-4 || size >= 1e16);
  std::array<char, 64> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value,
                                     has_exponent ? std::chars_format::scientific : std::chars_format::fixed);
  std::string shortest(text.data(), written.ptr);
  const bool is_whole = shortest.find_first_of(".e") == std::string::npos;
  return is_whole ? shortest + ".0" : shortest;
}

SampleLines sample_lines(const TaskFacts& task, const std::vector<Item>& items) {
  SampleLines lines;
  std::string hashes;
  const std::vector<std::string> none{"none"};
  const std::vector<const Item*> own = lines_of(task, items);
  for (const std::string& filter : task.filters.empty() ? none : task.filters) {
    for (const Item* item : own) {
      const Json sample = sample_json(task, *item, filter);
      for (const char* hash : {"doc_hash", "prompt_hash", "target_hash"}) hashes += text_at(sample, hash);
      lines.without_rows = lines.without_rows || base::child_at(sample, "doc").empty();
      lines.text += base::to_text(sample) + "\n";
    }
  }
  lines.hash = base::sha256(hashes);
  return lines;
}

}  // namespace bantam::exchange
