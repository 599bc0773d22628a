#pragma once
// Which model at which precision a results file of lm-evaluation-harness is of. Nothing is guessed: what the
// file does not tell is absent, with the reason. Pure functions; know nothing of files.

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/json.hpp"

namespace bantam::exchange {

struct SaidModel {
  std::optional<std::string> model;
  std::string reference;  // the name as the file has it, with its owner or path; empty without a model
  std::string full_name;  // the model's name with its path: tells models apart whose paths end alike
  std::string why_no_model;
  std::optional<std::string> precision;  // a canonical name (plan/precision.hpp)
  std::string why_no_precision;
  std::string basis;  // the member that tells the precision: "model_dtype", "load_in_4bit", ...
};

// By the names that bantam's own exports have (MODEL/PRECISION), else by model_args and model_dtype. A path
// gives its last part.
SaidModel said_model(const base::Json& results);

// The same of another tool's record of such a run: a name, model_args in any form (null: none), and a type
// (empty: none).
SaidModel said_model(const std::string& name, const base::Json& model_args, const std::string& dtype);

// Names for models whose paths end alike, by full name: of each path the shortest end that no other one of
// them has, "a/ckpt", never a path from the root. Where no end tells a path apart, a part of its hash does.
std::map<std::string, std::string> told_apart(const std::set<std::string>& full_names);

// What a note or a caveat says of the basis, behind "precision"; for an empty one that the user has said it.
std::string basis_text(const std::string& basis);

}  // namespace bantam::exchange
