#pragma once
// A first look at a model on tasks before a long run: a few items each, asked in several ways, with what the
// model saw and said, and what looks wrong. Stores nothing.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "evaluate/task_scores.hpp"
#include "job/interrupts.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"

namespace bantam::run {

struct DoctorRequest {
  plan::Plan plan;  // the first model, as its file is; tasks, their limit, engine; system_instruction: of the
                    // third way of asking
};

// One way of asking: "raw", "chat template" or "chat template + system prompt".
struct DoctorWay {
  std::string name;
  std::optional<base::Error> failure;  // it could not be asked in this way; then nothing else is here
  std::vector<record::Item> items;     // with `first_tokens` (id, text)
  evaluate::Scores scores;
  std::vector<std::string> warnings;
};

struct DoctorTask {
  std::string name;
  std::vector<DoctorWay> ways;
};

struct Diagnosis {
  std::string model;
  std::vector<std::string> warnings;  // of the model
  std::vector<DoctorTask> tasks;
};

// The errors of finding model and tasks. A way of asking that fails is part of the answer.
base::Result<Diagnosis> diagnose(const DoctorRequest& request, job::Interrupts& interrupts,
                                 const std::function<void(const std::string&)>& on_phase);

// What looks wrong with the items of one way beyond what their scores say. Pure.
std::vector<std::string> complaints_about(const std::vector<record::Item>& items);

base::Json to_json(const Diagnosis& diagnosis);

}  // namespace bantam::run
