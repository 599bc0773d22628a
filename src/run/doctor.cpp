#include "run/doctor.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <utility>

#include "job/jobs.hpp"
#include "job/process.hpp"
#include "model/locate.hpp"
#include "run/cell_kinds.hpp"
#include "run/inputs.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"
#include "run/questions.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::fail;
using base::Json;
using base::Result;
using record::Item;

constexpr int kKeptTokens = 8;

struct Way {
  std::string name;
  bool with_template;
  bool with_system;
};

std::size_t count_flagged(const std::vector<Item>& items, const char* flag) {
  return static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [&](const Item& item) {
    return base::bool_at(item.content, flag).value_or(false);
  }));
}

bool begins_with_two_equal(const Item& item) {
  const Json& tokens = base::child_at(item.content, "first_tokens");
  return tokens.is_array() && tokens.size() > 1 && tokens[0] == tokens[1];
}

// By the last filter; an item without filters is parsed.
bool is_unparsed(const Item& item) {
  const Json& by_filter = base::child_at(item.content, "unparsed");
  return by_filter.is_object() && std::any_of(by_filter.begin(), by_filter.end(), [](const Json& unparsed) {
           return unparsed.is_boolean() && unparsed.get<bool>();
         });
}

// What the model chose or wrote; null where items have no such thing.
Json said(const Item& item) {
  if (item.content.contains("predicted")) return item.content["predicted"];
  return base::child_at(item.content, "resps");
}

class Doctor {
 public:
  Doctor(const DoctorRequest& request, job::Interrupts& interrupts,
         const std::function<void(const std::string&)>& on_phase)
      : plan_(request.plan), interrupts_(interrupts), on_phase_(on_phase) {}

  Result<Diagnosis> run() {
    const plan::ModelEntry& entry = plan_.models.front();
    TRY(find_model(entry));
    model::LocateOptions how;
    how.offline = plan_.offline;
    TRY_ASSIGN(const auto tasks, find_tasks(plan_.accuracy_settings, plan_.seed, how));
    Diagnosis diagnosis;
    diagnosis.model = entry.name;
    TRY_ASSIGN(const auto ways, ways_to_ask(diagnosis));
    for (const std::string& name : plan_.accuracy_settings.tasks) {
      const task::Selection& selection = tasks.at(name).selection;
      DoctorTask task{name, {}};
      for (const Way& way : ways) {
        on_phase_(fmt::format("{}: {}", name, way.name));
        TRY_ASSIGN(DoctorWay asked, ask(selection, way));
        task.ways.push_back(std::move(asked));
      }
      diagnosis.tasks.push_back(std::move(task));
    }
    return diagnosis;
  }

 private:
  base::Status find_model(const plan::ModelEntry& entry) {
    on_phase_("looking for " + entry.name);
    TRY_ASSIGN(const model::Reference reference, model::parse_reference(entry.reference));
    model::LocateOptions how;
    how.offline = plan_.offline;
    TRY_ASSIGN(const model::Source source, model::locate(reference, how));
    if (source.path.empty()) {
      return fail(ErrorKind::usage,
                  fmt::format("'{}' has random weights: there is nothing to diagnose", entry.name),
                  "give a model that was trained");
    }
    file_ = engine::ModelFile(source.path);
    if (source.adapter) file_.adapter = engine::Adapter{source.adapter->path, source.adapter->scale};
    const Machine machine = describe_machine(".");
    TRY_ASSIGN(const KernelVerdicts kernels, probe_kernels(machine.engine_identity + machine.cpu_identity));
    const auto choice = kernels.choose(source.info.tensor_types);
    if (!choice.usable) return fail(ErrorKind::environment, "no kernel of the engine works on this CPU");
    plan_.engine.repack = plan_.engine.repack && choice.repack;
    return {};
  }

  // Without a usable template: raw, with the system prompt as text before it.
  Result<std::vector<Way>> ways_to_ask(Diagnosis& diagnosis) {
    const auto tried = check_chat_template(file_.gguf, plan_.accuracy_settings, &interrupts_);
    if (tried) {
      return std::vector<Way>{{"raw", false, false},
                              {"chat template", true, false},
                              {"chat template + system prompt", true, true}};
    }
    if (tried.error().kind != ErrorKind::bad_input) return tl::unexpected(tried.error());
    diagnosis.warnings.push_back(tried.error().message);
    return std::vector<Way>{{"raw", false, false}, {"raw + system prompt", false, true}};
  }

  Result<DoctorWay> ask(const task::Selection& selection, const Way& way) {
    DoctorWay asked;
    asked.name = way.name;
    plan::AccuracySettings settings = plan_.accuracy_settings;
    settings.apply_chat_template = way.with_template;
    if (!way.with_system) settings.system_instruction.clear();
    job::WorkerOptions options;
    options.hang_timeout_s = plan_.hang_timeout_s;
    options.kill_on_interrupt = true;
    job::AccuracyJob job;
    job.model = file_;
    job.engine = plan_.engine;
    job.accuracy = settings;
    job.tasks = selection.leaves;
    job.seed = plan_.seed;
    job.keep_tokens = kKeptTokens;
    const auto answer =
        job::run_worker(job, options, &interrupts_, [&](const job::Message& message) -> base::Status {
          if (const auto* done = std::get_if<job::ItemsDone>(&message))
            asked.items.insert(asked.items.end(), done->items.begin(), done->items.end());
          return {};
        });
    if (!answer && answer.error().kind == ErrorKind::interrupted) return tl::unexpected(answer.error());
    if (!answer) {
      asked.failure = answer.error();
      asked.items.clear();
      return asked;
    }
    const auto code = run_task_code(selection, asked.items, interrupts_);
    if (!code && code.error().kind == ErrorKind::interrupted) return tl::unexpected(code.error());
    if (!code) {
      asked.failure = code.error();
      return asked;
    }
    evaluate::TaskScores result = evaluate::task_scores(selection, asked.items, *code);
    asked.warnings = complaints_about(asked.items);
    std::move(result.total.warnings.begin(), result.total.warnings.end(), std::back_inserter(asked.warnings));
    asked.scores = std::move(result.total);
    return asked;
  }

  plan::Plan plan_;
  job::Interrupts& interrupts_;
  const std::function<void(const std::string&)>& on_phase_;
  engine::ModelFile file_;
};

Json to_json(const DoctorWay& way) {
  Json json{{"way", way.name}, {"warnings", way.warnings}};
  if (way.failure) {
    json["failure"] = {{"kind", std::string(base::name(way.failure->kind))},
                       {"message", way.failure->message}};
    return json;
  }
  json["metrics"] = Json::object();
  for (const auto& [name, value] : way.scores.metrics) json["metrics"][name] = record::to_json(value);
  json["items"] = Json::array();
  for (const Item& item : way.items) json["items"].push_back(record::to_json(item));
  return json;
}

}  // namespace

std::vector<std::string> complaints_about(const std::vector<Item>& items) {
  std::vector<std::string> complaints;
  if (items.empty()) return complaints;
  const std::size_t all = items.size();
  const auto doubled = std::count_if(items.begin(), items.end(), begins_with_two_equal);
  if (doubled > 0)
    complaints.push_back(
        fmt::format("{} of {} prompts begin with the same token twice (double BOS)", doubled, all));
  if (count_flagged(items, "truncated") == all)
    complaints.emplace_back("every prompt lost its start: the context is too short");
  const auto unparsed = static_cast<std::size_t>(std::count_if(items.begin(), items.end(), is_unparsed));
  if (unparsed > 0)
    complaints.push_back(fmt::format("a filter found nothing in {} of {} answers", unparsed, all));
  std::set<std::string> different;
  for (const Item& item : items) different.insert(base::to_text(said(item)));
  if (all > 1 && different.size() == 1 && !said(items.front()).is_null()) {
    complaints.push_back(fmt::format("no variance: all {} answers are the same", all));
  }
  return complaints;
}

Result<Diagnosis> diagnose(const DoctorRequest& request, job::Interrupts& interrupts,
                           const std::function<void(const std::string&)>& on_phase) {
  return Doctor(request, interrupts, on_phase).run();
}

Json to_json(const Diagnosis& diagnosis) {
  Json json{{"model", diagnosis.model}, {"warnings", diagnosis.warnings}, {"tasks", Json::array()}};
  for (const DoctorTask& task : diagnosis.tasks) {
    Json ways = Json::array();
    for (const DoctorWay& way : task.ways) ways.push_back(to_json(way));
    json["tasks"].push_back({{"task", task.name}, {"ways", std::move(ways)}});
  }
  return json;
}

}  // namespace bantam::run
