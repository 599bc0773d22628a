#pragma once
// lm-eval's filters: from a model's responses to the answer that is scored. A pipeline is made from the task
// file's list of steps and then applied to the responses of one document.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::score {

// For the filter `regex_pos`: the tags of a list of Python pairs, "('Mia', 'NOUN'), ('runs', 'VERB')":
// "NOUN", "VERB". Pairs in other quotes are passed over, as there.
std::vector<std::string> tags_of_pairs(std::string_view text);

// For the filter `format_span`: "Person: Mia, Tom $$ Location: Oslo" as "per: mia $ per: tom $ loc: oslo":
// lower case, one label per entity, the labels per, loc, org and date also where the model used one of the
// words that stand for them; entities called "none" are left out. Absent when no label stands in the text.
std::optional<std::string> formatted_spans(std::string_view text);

struct Filtered {
  std::vector<std::string> answers;  // the first one is scored
  std::vector<bool> missed = {};  // for each: a step found nothing and gave its fallback, or ran out of time
  bool unparsed = false;          // the first one is missed
  bool gave_up = false;           // a pattern ran out of time or memory (score/pattern.hpp)
};

class FilterStep {
 public:
  virtual ~FilterStep() = default;
  // `row`: the document's own columns; may be null.
  virtual void apply(Filtered& responses, const base::Json& row) const = 0;
};

// Known steps: regex, regex_pos, multi_choice_regex, format_span, take_first, take_first_k, majority_vote,
// remove_whitespace, lowercase, uppercase, map.
class FilterPipeline {
 public:
  // `steps`: the list behind `filter:` in a task file. bad_input, naming the step, when one is unknown or
  // incomplete.
  static base::Result<FilterPipeline> make(const base::Json& steps);

  // `row` holds the column `choices` that multi_choice_regex looks at.
  Filtered apply(std::vector<std::string> responses, const base::Json& row = {}) const;

 private:
  std::vector<std::unique_ptr<FilterStep>> steps_;
};

}  // namespace bantam::score
