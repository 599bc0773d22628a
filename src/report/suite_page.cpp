#include "report/suite_page.hpp"

#include <fmt/format.h>
#include <map>

#include "base/text.hpp"
#include "table/render.hpp"

namespace bantam::report {
namespace {

using base::Json;
using base::Result;

constexpr std::string_view kOpening = R"(# The suite

Tasks that come with the binary, written in lm-evaluation-harness's YAML dialect ([tasks.md](tasks.md)). They hold no data:
it is fetched when a task first runs, or ahead with [`bantam tasks pull`](commands/tasks-pull.md), and then needs no network.

    bantam run --models embedded:nano --accuracy-tasks mmlu gsm8k hellaswag
    bantam run --models my.gguf --accuracy-tasks classification --accuracy-limit 200

`suite` stands for all of them but MMLU; `classification`, `ner`, `qa`, `summarization`, `dialogue`, `perplexity`,
`multiple_choice` and `generation` for those of a kind.

- **Prompts.** Where lm-eval has the task (MMLU, GSM8K, HellaSwag, ARC, WinoGrande, PIQA, BoolQ, OpenBookQA, TruthfulQA,
  LAMBADA, SST-2, TriviaQA, NaturalQuestions, SQuAD 2.0, CNN/DailyMail, IFEval, WikiText, Pile), name and prompt are the same
  character by character; a test compares those of which a frozen run of lm-eval is at hand. The other prompts are ours.
- **Shots** are the task's own; `--num-fewshot` changes them, except where a benchmark fixes them at 0. MMLU has its usual 5;
  lm-eval gives it 0 unless told.
- **MMLU** has `acc_micro` over all items, with the subjects as clusters, and `acc_macro`, the mean of the subjects. These are
  57 tasks, such as `mmlu_anatomy`, in four groups: `mmlu_stem`, `mmlu_humanities`, `mmlu_social_sciences` and `mmlu_other`.
- **SQuAD 2.0**: an answer counts as "no answer" when the model writes "unanswerable".
- **Named entities** are asked for as one tag per word and scored by whole entities.
- **Licences** are those of the data as its publishers state them; it is up to you to heed them.
- **Another source.** Data sets move. A copy of a task file in a folder of your own, with another `dataset_path` or with local
  files, takes the place of the shipped one: `--include-path DIR`.

)";

constexpr std::string_view kClosing = R"(
The page is rendered by `bantam docs suite`; a test keeps it equal to the task files.
)";

std::string score_names(const task::Task& task) {
  std::vector<std::string> names;
  for (const task::MetricSpec& metric : task.metrics) names.push_back(metric.name());
  std::string text = base::join(names, ", ");
  if (task.filters.size() < 2) return text;
  std::vector<std::string> filters;
  for (const task::FilterSpec& filter : task.filters) filters.push_back(filter.name);
  return fmt::format("{} ({})", text, base::join(filters, ", "));
}

// The data set's name; for files, that of their repository.
std::string data_name(const task::Task& task, bool is_group) {
  if (!task.data.dataset.empty()) return is_group ? task.data.dataset : task.data.text();
  const std::string place = task.data.text();
  if (!task::is_hub_file(place)) return place;
  const auto file = task::parse_hub_file(place);
  return file ? file->repository.name : place;
}

std::vector<std::string> row(const task::Selection& selection, const Json& metadata) {
  const task::Task& task = selection.leaves.front();
  const bool is_group = selection.group.has_value();
  return {fmt::format("`{}`", selection.name),
          base::string_at(metadata, "kind").value_or(""),
          data_name(task, is_group),
          task.test_split,
          fmt::format("{}", base::integer_at(metadata, "items").value_or(0)),
          fmt::format("{}", task.num_fewshot.value_or(0)),
          score_names(task),
          base::string_at(metadata, "licence").value_or("")};
}

}  // namespace

Result<std::string> suite_page(const task::TaskLibrary& library) {
  std::map<std::string, std::vector<std::string>> rows;  // by kind and name
  for (const task::Entry& entry : library.entries()) {
    if (entry.kind == "tag") continue;
    TRY_ASSIGN(const task::TaskFile file, task::read_task_file(entry.file));
    const Json& metadata = base::child_at(file.config, "metadata");
    if (!base::integer_at(metadata, "items")) continue;
    TRY_ASSIGN(const task::Selection selection, library.find(entry.name));
    rows[base::string_at(metadata, "kind").value_or("") + "/" + entry.name] = row(selection, metadata);
  }
  table::Table table(
      "", 8, {"task", "what it is", "data set", "split", "items", "shots", "scores", "licence of the data"});
  for (auto& [name, texts] : rows) table.add_row(std::move(texts));
  return std::string(kOpening) + markdown_rows(table) + std::string(kClosing);
}

}  // namespace bantam::report
