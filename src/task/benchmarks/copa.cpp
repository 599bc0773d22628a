// COPA: a premise, "because" or "therefore", and two clauses.

#include <fmt/format.h>

#include "score/python_text.hpp"
#include "task/benchmarks/all.hpp"
#include "task/benchmarks/columns.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;

// super_glue/copa/utils.py: the choice as a subordinate clause.
Result<std::string> clause(const Json& row, const char* column) {
  TRY_ASSIGN(const std::string choice, text_column(row, column));
  if (choice.empty()) return missing(column, "a clause");
  std::size_t first = 0;
  static_cast<void>(score::next_code_point(choice, first));
  return fmt::format(" {}{}", score::lower(choice.substr(0, first)), choice.substr(first));
}

Result<Json> premise(const Json& row) {
  TRY_ASSIGN(const std::string question, text_column(row, "question"));
  TRY_ASSIGN(const std::string premise, text_column(row, "premise"));
  if (question != "cause" && question != "effect") return missing("question", "'cause' or 'effect'");
  const std::string stripped(score::strip(premise));
  std::size_t last = 0;  // begin of the last letter, the full stop
  for (std::size_t at = 0; at < stripped.size(); static_cast<void>(score::next_code_point(stripped, at)))
    last = at;
  const std::string stem = stripped.substr(0, last);
  return Json(stem + (question == "cause" ? " because" : " therefore"));
}

Result<Json> clauses(const Json& row) {
  TRY_ASSIGN(std::string first, clause(row, "choice1"));
  TRY_ASSIGN(std::string second, clause(row, "choice2"));
  return Json::array({first, second});
}

Result<Json> right_clause(const Json& row) {
  const Json& label = base::child_at(row, "label");
  const bool is_first = label == 0 || label == false;  // as Python's ==
  TRY_ASSIGN(std::string right, clause(row, is_first ? "choice1" : "choice2"));
  return Json(std::move(right));
}

constexpr FieldFunction kFields[] = {
    {{"copa.doc_to_text", {"10329f30e5f0b6bb600ec75141db20118e09b47edc8a67235e2b507c0cfb39ff"}}, premise},
    {{"copa.doc_to_target", {"826f912d62fef927d61168b2360fe4e0355b67f881bf550fa3fedbdf80c129a2"}},
     right_clause},
    {{"copa.doc_to_choice", {"95468e2d141bda19d7d133cb9306cf4eebcf8c10e935b0c25b7c1cb146043520"}}, clauses}};

}  // namespace

constinit const Benchmark copa{.fields = kFields};

}  // namespace bantam::task
