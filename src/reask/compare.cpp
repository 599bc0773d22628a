#include "reask/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/text.hpp"
#include "bundle/form.hpp"
#include "evaluate/ask.hpp"
#include "metric/task_metric.hpp"
#include "stats/proportion.hpp"

namespace bantam::reask {
namespace {

using base::Json;
using record::Item;

// What an embedding model adds to an item, once all answers are there.
constexpr const char* kEncoderTruncated = "encoder_truncated";

constexpr std::array kLikelihoods{"log_likelihoods", "unconditional_log_likelihoods"};
constexpr std::array kGreedy{"is_greedy", "unconditional_is_greedy"};
constexpr double kSameScore = 1e-9;

bool is_of_encoder(const std::string& key) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  return metric != nullptr && metric->needs_encoder();
}

bool is_right_or_wrong(const std::string& key) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  return metric != nullptr && metric->right_or_wrong;
}

// What the item itself says, without what was added for this comparison or by an embedding model.
Json plain_content(const Item& item) {
  Json content = item.content;
  if (!content.is_object()) return content;
  content.erase(std::string(evaluate::kGap));
  content.erase(std::string(kEncoderTruncated));
  return content;
}

// "…of the sea" around the first character that differs.
std::string excerpt(const std::string& text, std::size_t at) {
  constexpr std::size_t kBytes = 40;
  std::string part = text.substr(std::min(at, text.size()), kBytes);
  while (!part.empty() && !base::is_utf8(part) && part.size() + 4 > kBytes) part.pop_back();
  return base::printable(part.empty() ? "nothing" : fmt::format("'{}'", part));
}

// The first byte of the first character that differs.
std::size_t first_difference(const std::string& a, const std::string& b) {
  std::size_t at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  const auto is_inside = [](const std::string& text, std::size_t position) {
    return position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0U) == 0x80U;
  };
  while (at > 0 && (is_inside(a, at) || is_inside(b, at))) --at;
  return at;
}

std::string text_difference(std::string_view what, const std::string& stored, const std::string& asked) {
  const std::size_t at = first_difference(stored, asked);
  return fmt::format("{} differs after {} characters: {} is stored, asked again {}", what,
                     base::code_points(std::string_view(stored).substr(0, at)), excerpt(stored, at),
                     excerpt(asked, at));
}

class Comparing {
 public:
  Comparing(const Item& stored, const Item& asked, Place place, bool same_inputs)
      : stored_(stored), asked_(asked), place_(place), same_inputs_(same_inputs) {}

  Comparison run() {
    if (bundle::is_hashed_content(stored_.content))
      compare_hash();
    else if (!is_other_question())
      compare_contents();
    return std::move(out_);
  }

 private:
  bool is_same_place() const { return place_ == Place::same; }

  // What another place may give otherwise; where nothing may, it is wrong.
  void note(std::string what, std::optional<std::string>& elsewhere) {
    if (is_same_place())
      out_.wrong.push_back(std::move(what));
    else if (!elsewhere)
      elsewhere = std::move(what);
  }

  void compare_hash() {
    const bool is_same = bundle::hashed_content(plain_content(asked_)) == stored_.content;
    if (!is_same && !same_inputs_) {
      out_.incomparable = "only the hash of its content is stored, and what it is of may be another one here";
      return;
    }
    compare_scores();
    out_.is_same = is_same && out_.wrong.empty() && out_.other_scores.empty();
    if (!is_same && is_same_place())
      out_.wrong.emplace_back("the hash of its content is not that of what was asked again");
  }

  // The row, the prompt and the right answer, by their hashes.
  bool is_other_question() {
    struct Part {
      const char* key;
      const char* what;
    };
    for (const auto& [key, what] : {Part{"doc_hash", "its row of the data is another one"},
                                    Part{"prompt_hash", "its prompt is another one"},
                                    Part{"target_hash", "its right answer is another one"}}) {
      const auto stored = base::string_at(stored_.content, key);
      const auto asked = base::string_at(asked_.content, key);
      if (!stored || !asked || *stored == *asked) continue;
      std::string text = what;
      const auto before = base::string_at(stored_.content, "context");
      const auto now = base::string_at(asked_.content, "context");
      const bool is_prompt = std::string_view(key) == "prompt_hash";
      if (is_prompt && before && now && *before != *now) text = text_difference("its prompt", *before, *now);
      if (same_inputs_)
        out_.wrong.push_back(std::move(text));
      else
        out_.incomparable = std::move(text);
      return true;
    }
    return false;
  }

  void compare_contents() {
    const bool had_failed = stored_.content.contains("failed");
    if (had_failed != asked_.content.contains("failed")) {
      out_.wrong.push_back(had_failed ? "it could not be asked, by what is stored; now it could"
                                      : "it has an answer, and cannot be asked now");
      return;
    }
    for (const char* key : kLikelihoods) compare_likelihoods(key);
    compare_likelihood();
    for (const char* key : kGreedy) compare_greedy(key);
    compare_answers();
    compare_scores();
    compare_rest();
    const bool has_same_content = is_same_place() || plain_content(stored_) == plain_content(asked_);
    out_.is_same = has_same_content && out_.wrong.empty() && out_.other_scores.empty() && !out_.other_text;
  }

  void compare_numbers(const Json& stored, const Json& asked, const std::string& what) {
    if (!stored.is_number() || !asked.is_number()) {
      if (stored != asked) out_.wrong.push_back(what + " is no number on one side");
      return;
    }
    const double a = stored.get<double>();
    const double b = asked.get<double>();
    const double difference = std::abs(a - b);
    out_.largest_difference = std::max(out_.largest_difference.value_or(0.0), difference);
    // Written so that a NaN is too far.
    if (!(difference <= tolerance(place_, std::max(std::abs(a), std::abs(b)))))
      out_.wrong.push_back(fmt::format("{} is {:.9g}, asked again {:.9g}", what, a, b));
  }

  void compare_likelihoods(const char* key) {
    const Json& stored = base::child_at(stored_.content, key);
    const Json& asked = base::child_at(asked_.content, key);
    if (stored.size() != asked.size()) {
      out_.wrong.push_back(fmt::format("it has {} {}, asked again {}", stored.size(),
                                       base::replace_all(key, "_", " "), asked.size()));
      return;
    }
    const bool is_unconditional = std::string_view(key) == kLikelihoods.back();
    for (std::size_t i = 0; stored.is_array() && asked.is_array() && i < stored.size(); ++i)
      compare_numbers(stored[i], asked[i],
                      fmt::format("the log-likelihood of answer {}{}", i + 1,
                                  is_unconditional ? " without the question" : ""));
  }

  void compare_likelihood() {
    const Json& asked = base::child_at(asked_.content, "log_likelihood");
    if (!asked.is_null())
      compare_numbers(base::child_at(stored_.content, "log_likelihood"), asked, "its log-likelihood");
  }

  // Another place may have another most likely token where two are nearly alike; only the scores tell more.
  void compare_greedy(const char* key) {
    if (!is_same_place() || base::child_at(stored_.content, key) == base::child_at(asked_.content, key))
      return;
    out_.wrong.emplace_back("whether an answer is the most likely text has changed");
  }

  void compare_answers() {
    const Json& asked = base::child_at(asked_.content, "resps");
    const Json& stored = base::child_at(stored_.content, "resps");
    if (!asked.is_array() || asked.empty() || !asked.front().is_string()) return;
    if (!stored.is_array() || stored.empty() || !stored.front().is_string()) {
      out_.wrong.emplace_back("it has no answer, asked again it has one");
      return;
    }
    // Of several answers the first that differs.
    const auto text_at = [](const Json& answers, std::size_t at) {
      return at < answers.size() && answers[at].is_string() ? answers[at].get<std::string>() : std::string();
    };
    const std::size_t count = std::max(stored.size(), asked.size());
    std::size_t at = 0;
    while (at < count && text_at(stored, at) == text_at(asked, at)) ++at;
    if (at == count) return;
    std::string text = text_difference("the answer", text_at(stored, at), text_at(asked, at));
    const auto gap = base::number_at(asked_.content, evaluate::kGap);
    const double surely_apart = place_ == Place::other_kind ? 10.0 * kSurelyApart : kSurelyApart;
    if (!is_same_place() && gap && *gap > surely_apart)
      out_.wrong.push_back(fmt::format("{}, and no other token came near", text));
    else
      note(std::move(text), out_.other_text);
  }

  void compare_scores() {
    for (const auto& [key, value] : asked_.metrics) {
      if (is_of_encoder(key)) continue;
      const auto found = stored_.metrics.find(key);
      if (found == stored_.metrics.end()) {
        if (same_inputs_) out_.wrong.push_back(fmt::format("it has no {}, asked again {:.6g}", key, value));
        continue;
      }
      compare_score(key, found->second, value);
    }
    for (const auto& [key, value] : stored_.metrics) {
      if (is_of_encoder(key) || asked_.metrics.contains(key) || !same_inputs_) continue;
      out_.wrong.push_back(fmt::format("{} is {:.6g}, asked again there is none", key, value));
    }
  }

  // Values that are not 0 or 1 follow from numbers that were compared already.
  void compare_score(const std::string& key, double stored, double asked) {
    if (std::abs(stored - asked) <= kSameScore * std::max(1.0, std::abs(asked))) return;
    const bool is_share = is_right_or_wrong(key);
    if (!is_same_place() && !is_share) return;
    std::string text = fmt::format("{} is {:.6g}, asked again {:.6g}", key, stored, asked);
    if (is_share) (stored > asked ? out_.lost : out_.gained).push_back(key);
    if (is_same_place())
      out_.wrong.push_back(std::move(text));
    else if (!is_near_tie())
      out_.other_scores.push_back(std::move(text));
  }

  // Choices whose log-likelihoods agree, and of which another one is ahead.
  bool is_near_tie() const {
    return base::child_at(stored_.content, kLikelihoods.front()).size() > 1 && out_.wrong.empty();
  }

  // In the same place nothing else may differ.
  void compare_rest() {
    if (!is_same_place() || !out_.wrong.empty()) return;
    const Json stored = plain_content(stored_);
    const Json asked = plain_content(asked_);
    std::vector<std::string> keys;
    for (const Json* side : {&stored, &asked}) {
      for (const auto& [key, value] : side->items()) {
        const bool is_other = base::child_at(stored, key) != base::child_at(asked, key);
        if (is_other && std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
      }
    }
    if (!keys.empty()) out_.wrong.push_back(fmt::format("what differs is its {}", base::join(keys, ", ")));
  }

  const Item& stored_;
  const Item& asked_;
  Place place_;
  bool same_inputs_;
  Comparison out_;
};

}  // namespace

std::string_view name(Place place) {
  switch (place) {
    case Place::same:
      return "same";
    case Place::other:
      return "other";
    case Place::other_kind:
      return "other_kind";
  }
  return {};
}

double tolerance(Place place, double log_likelihood) {
  const double usual = 0.05 + 0.005 * std::abs(log_likelihood);
  switch (place) {
    case Place::same:
      return 0.0;
    case Place::other:
      return usual;
    case Place::other_kind:
      return 10.0 * usual;
  }
  return 0.0;
}

Comparison compare(const Item& stored, const Item& asked, Place place, bool same_inputs) {
  return Comparing(stored, asked, place, same_inputs).run();
}

std::vector<std::string> one_sided(const std::map<std::string, Flips>& by_key) {
  constexpr double kMostP = 0.001;
  std::vector<std::string> found;
  for (const auto& [key, flips] : by_key) {
    if (flips.lost <= flips.gained || stats::mcnemar_exact(flips.lost, flips.gained) >= kMostP) continue;
    found.push_back(fmt::format("{} was better on {} items where it is stored, and worse on {}", key,
                                flips.lost, flips.gained));
  }
  return found;
}

}  // namespace bantam::reask
