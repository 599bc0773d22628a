#include "evaluate/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "evaluate/prompts.hpp"
#include "hub/rows.hpp"
#include "prompt/python_literal.hpp"
#include "task/code_rows.hpp"
#include "task/documents.hpp"
#include "task/library.hpp"
#include "task/task_data.hpp"

namespace bantam::evaluate {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::Result;

constexpr std::size_t kMostItems = 20;

// "FILE: line N" of every row of the evaluated split; empty where the rows cannot be placed.
std::vector<std::string> data_places(const task::Task& task) {
  std::vector<std::string> places;
  const auto files = task::files_of_split(task, task.test_split);
  if (!files) return places;
  for (const std::filesystem::path& file : *files) {
    const auto rows = hub::read_placed_rows(file, task.data.format);
    if (!rows || rows->lines.size() != rows->rows.size()) return {};
    for (const std::size_t line : rows->lines)
      places.push_back(fmt::format("{}: line {}", file.string(), line));
  }
  return places;
}

// Numbers of the first items, for a message: "3, 7, 12, ...".
std::string listed(const std::vector<std::int64_t>& items) {
  std::vector<std::string> texts;
  for (const std::int64_t item : items) {
    if (texts.size() == 5) {
      texts.emplace_back("...");
      break;
    }
    texts.push_back(std::to_string(item));
  }
  return base::join(texts, ", ");
}

bool has_equal_choices(const Prompt& prompt) {
  return std::set<std::string>(prompt.choices.begin(), prompt.choices.end()).size() < prompt.choices.size();
}

// All that is asked, without examples.
std::string asked_text(const Prompt& prompt) {
  std::string asked = prompt.text;
  for (const Context& context : prompt.contexts) asked += joined_text(context) + '\0';
  for (const std::string& continuation : prompt.continuations) asked += continuation + '\0';
  return asked;
}

// A column's name in single braces in a template, which is plain text there; absent when there is none.
std::optional<std::string> single_braces(const base::Json& source, const base::Json& row) {
  if (!source.is_string()) return std::nullopt;
  const auto& text = source.get_ref<const std::string&>();
  for (const auto& [column, value] : row.items()) {
    const std::string braced = "{" + column + "}";
    const std::size_t at = text.find(braced);
    if (at == std::string::npos || (at > 0 && text[at - 1] == '{')) continue;
    return braced;
  }
  return std::nullopt;
}

class ItemCheck {
 public:
  ItemCheck(const task::Task& task, DataFindings& findings) : task_(task), findings_(findings) {}

  void check(const Prompter& prompter) {
    findings_.items = prompter.docs();
    for (std::size_t doc = 0; doc < prompter.docs(); ++doc) {
      const auto doc_id = static_cast<std::int64_t>(doc);
      auto prompt = prompter.prompt(doc_id);
      if (!prompt) {
        add_problem(doc_id, prompt.error());
        continue;
      }
      if (task_.output_type != task::OutputType::multiple_choice) continue;
      if (prompt->choices.size() == 1) single_.push_back(doc_id);
      if (has_equal_choices(*prompt)) equal_.push_back(doc_id);
    }
    if (all_alike()) return tell_once();
    if (faulty_ > kMostItems)
      findings_.problems.push_back(
          {fmt::format("task '{}': {} more items", task_.name, faulty_ - kMostItems), ""});
    warn(single_, "have one choice only, which is always right");
    warn(equal_, "have equal choices; on a tie the first one counts as the answer");
  }

  // `prompter` gives no examples, which differ from item to item.
  void check_prompts_differ(const Prompter& prompter) {
    std::optional<std::string> first;
    for (std::size_t doc = 0; doc < prompter.docs(); ++doc) {
      const auto prompt = prompter.prompt(static_cast<std::int64_t>(doc));
      if (!prompt) return;
      const std::string asked = asked_text(*prompt);
      if (first && asked != *first) return;
      first = asked;
    }
    if (prompter.docs() < 2 || !first) return;
    findings_.problems.push_back(
        {fmt::format("task '{}': the prompts of all {} items are equal: {}", task_.name, prompter.docs(),
                     prompt::python_repr(base::ellipsize(first->substr(0, first->find('\0')), 80))),
         "doc_to_text writes a column as {{COLUMN}}, in double braces"});
  }

  void check_braces(const task::TaskRows& rows) {
    if (rows.docs.empty()) return;
    const std::pair<const char*, const base::Json*> texts[] = {{"doc_to_text", &task_.doc_to_text},
                                                               {"doc_to_target", &task_.doc_to_target},
                                                               {"doc_to_choice", &task_.doc_to_choice}};
    for (const auto& [key, source] : texts) {
      const auto braced = single_braces(*source, rows.docs.front());
      if (!braced) continue;
      findings_.warnings.push_back(
          {fmt::format("task '{}': {} holds {}, which stays as it stands: a column is written {{{}}}",
                       task_.name, key, *braced, *braced),
           ""});
    }
  }

  void check_leaks(const task::TaskRows& rows) {
    if (task_.fewshot.leaves_item_out) return;
    std::set<std::string> examples;
    for (const Json& row : rows.fewshot) examples.insert(base::to_text(row));
    std::vector<std::int64_t> leaked;
    for (std::size_t doc = 0; doc < rows.docs.size(); ++doc) {
      if (examples.contains(base::to_text(rows.docs[doc]))) leaked.push_back(static_cast<std::int64_t>(doc));
    }
    warn(leaked,
         "stand among the rows that examples are drawn from, as in lm-eval; their answers may leak "
         "(--fewshot-without-leaks leaves them out)");
  }

 private:
  void add_problem(std::int64_t doc_id, const base::Error& error) {
    if (++faulty_ > kMostItems) {
      same_reason_ = same_reason_ && reason_of(error) == first_.message;
      return;
    }
    if (faulty_ == 1)
      first_ = {reason_of(error), error.hint};
    else
      same_reason_ = same_reason_ && reason_of(error) == first_.message;
    if (!places_) places_ = data_places(task_);
    const auto at = static_cast<std::size_t>(doc_id);
    const std::string place = at < places_->size() ? (*places_)[at] + ": " : "";
    findings_.problems.push_back({place + error.message, error.hint});
  }

  // What is wrong, without task, item and place.
  static std::string reason_of(const base::Error& error) {
    const auto at = error.message.find("): ");
    return at == std::string::npos ? error.message : error.message.substr(at + 3);
  }

  // Every item fails for one reason, as when a column is missing.
  bool all_alike() const { return faulty_ > 1 && faulty_ == findings_.items && same_reason_; }

  void tell_once() {
    findings_.problems.resize(findings_.problems.size() - std::min(faulty_, kMostItems));
    findings_.problems.push_back(
        {fmt::format("task '{}': each of {} items: {}", task_.name, faulty_, first_.message), first_.hint});
  }

  void warn(const std::vector<std::int64_t>& items, const std::string& what) {
    if (items.empty()) return;
    findings_.warnings.push_back(
        {fmt::format("task '{}': {} items {} (items {})", task_.name, items.size(), what, listed(items)),
         ""});
  }

  const task::Task& task_;
  DataFindings& findings_;
  std::optional<std::vector<std::string>> places_;
  std::vector<std::int64_t> single_;
  std::vector<std::int64_t> equal_;
  std::size_t faulty_ = 0;
  Finding first_;
  bool same_reason_ = true;
};

}  // namespace

DataFindings check_data(const task::Task& task) {
  DataFindings findings;
  const bool with_examples = task.num_fewshot.value_or(0) > 0;
  const auto rows = task::load_rows(task, with_examples);
  if (!rows) {
    // Data that has to be fetched first is no fault of the task.
    const bool not_here = rows.error().kind == base::ErrorKind::environment;
    (not_here ? findings.warnings : findings.problems).push_back({rows.error().message, rows.error().hint});
    return findings;
  }
  ItemCheck check(task, findings);
  if (with_examples) check.check_leaks(*rows);
  check.check_braces(*rows);
  const auto prompter = Prompter::make(task, {});
  if (!prompter) {
    findings.problems.push_back({prompter.error().message, prompter.error().hint});
  } else {
    check.check(*prompter);
    task::Settings without_examples;
    without_examples.num_fewshot = 0;
    const auto plain = Prompter::make(task, without_examples);
    if (plain) check.check_prompts_differ(*plain);
  }
  return findings;
}

namespace {

void add_once(std::vector<Finding>& findings, Finding finding) {
  const bool known = std::any_of(findings.begin(), findings.end(),
                                 [&](const Finding& other) { return other.message == finding.message; });
  if (!known) findings.push_back(std::move(finding));
}

// Makes the rows of a task that needs code for them. False, and a finding, when there are none.
bool try_code(task::Task& task, std::optional<taskcode::Runner>& runner, Validation& validation) {
  if (!task.code) return true;
  const bool with_examples = task.num_fewshot.value_or(0) > 0;
  const auto find = [&](const base::Error& error, bool is_problem) {
    add_once(is_problem ? validation.problems : validation.warnings, {error.message, error.hint});
    return false;
  };
  for (const std::string& split : task::needed_splits(task, with_examples)) {
    const auto files = task::files_of_split(task, split);
    // Data that has to be fetched first is no fault of the task.
    if (!files) return find(files.error(), files.error().kind != base::ErrorKind::environment);
  }
  if (!runner) {
    auto started = taskcode::Runner::start();
    if (!started) return find(started.error(), true);
    runner.emplace(*std::move(started));
  }
  const auto run = task::run_code_of_rows(task, with_examples, *runner);
  if (!run) runner.reset();  // what comes next shall not suffer for it
  return run ? true : find(run.error(), true);
}

void check_name(const task::TaskLibrary& library, const std::string& name, Validation& validation) {
  const auto problems = library.check(name);
  if (!problems) return add_once(validation.problems, {problems.error().message, problems.error().hint});
  for (const task::Problem& problem : *problems) {
    const base::Error error = problem.error();
    add_once(validation.problems, {error.message, error.hint});
  }
  if (!problems->empty()) return;
  const auto selection = library.find(name);
  if (!selection) return;
  std::optional<taskcode::Runner> runner;
  for (task::Task task : selection->leaves) {
    ++validation.tasks;
    for (const std::string& warning : task.warnings) add_once(validation.warnings, {warning, ""});
    if (!try_code(task, runner, validation)) continue;
    DataFindings data = check_data(task);
    validation.items += data.items;
    for (Finding& problem : data.problems) add_once(validation.problems, std::move(problem));
    for (Finding& warning : data.warnings) add_once(validation.warnings, std::move(warning));
  }
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const std::string outer = fs::weakly_canonical(folder, error).string();
  return fs::weakly_canonical(file, error).string().starts_with(outer == "/" ? outer : outer + "/");
}

// A file, or all files of a folder: what they define is checked, with the folder's other files at hand.
Result<Validation> check_path(const fs::path& path, bool is_folder, std::vector<fs::path> include_paths,
                              bool allow_code) {
  Validation validation;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  include_paths.insert(include_paths.begin(), is_folder ? path : parent);
  TRY_ASSIGN(const auto library, task::open_library(include_paths, allow_code));
  const auto is_meant = [&](const fs::path& file) {
    std::error_code error;
    return is_folder ? is_inside(file, path) : fs::equivalent(file, path, error);
  };
  std::size_t known = 0;
  if (!is_folder) {
    // Also files that are no *.yaml, and what keeps a file from being read.
    const auto read = task::read_task_file(path);
    if (!read) {
      validation.problems.push_back({read.error().message, read.error().hint});
      return validation;
    }
  } else {
    for (const auto& [file, error] : library.unreadable()) {
      if (is_inside(file, path)) add_once(validation.problems, {error.message, error.hint});
    }
  }
  for (const task::Entry& entry : library.entries()) {
    if (entry.file.empty() || !is_meant(entry.file)) continue;
    ++known;
    check_name(library, entry.name, validation);
  }
  if (known == 0 && validation.problems.empty()) {
    validation.problems.push_back(
        {fmt::format("{}: defines no task", path.string()),
         "a task file gives its name behind task:, a group behind group: with a list of tasks"});
  }
  return validation;
}

}  // namespace

Result<Validation> validate(const std::string& what, const std::vector<fs::path>& include_paths,
                            bool allow_code) {
  std::error_code error;
  if (fs::is_directory(what, error)) return check_path(what, true, include_paths, allow_code);
  if (fs::is_regular_file(what, error)) return check_path(what, false, include_paths, allow_code);
  TRY_ASSIGN(const auto library, task::open_library(include_paths, allow_code));
  TRY(library.check(what));
  Validation validation;
  check_name(library, what, validation);
  return validation;
}

}  // namespace bantam::evaluate
