#include "record/sections.hpp"

namespace bantam::record {
namespace {

using base::Json;

constexpr const char* kAdaptive = "adaptive";
constexpr const char* kScoring = "scoring";
constexpr const char* kImported = "imported";
constexpr const char* kPredicted = "predicted";
constexpr const char* kTasks = "tasks";
constexpr const char* kGroups = "groups";
constexpr const char* kEmbeddingModel = "embedding_model";
constexpr const char* kKernelFallback = "kernel_fallback";
constexpr const char* kSpecialTokens = "special_tokens";
constexpr const char* kChatTemplate = "chat_template";

std::string text_at(const Json& json, std::string_view key) {
  return base::string_at(json, key).value_or("");
}

std::vector<std::string> texts_at(const Json& json, std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& text : base::child_at(json, key)) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::optional<Json> member_at(const Json& json, std::string_view key) {
  const Json& member = base::child_at(json, key);
  return member.is_null() ? std::nullopt : std::optional(member);
}

std::optional<Interval> interval_at(const Json& json, std::string_view key) {
  const Json& interval = base::child_at(json, key);
  const auto low = base::number_at(interval, "low");
  const auto high = base::number_at(interval, "high");
  const auto confidence = base::number_at(interval, "confidence");
  if (!low || !high || !confidence) return std::nullopt;
  return Interval{*low, *high, *confidence, text_at(interval, "method")};
}

Json to_json(const LookSeen& look) {
  Json json{{"items", look.items}, {"standing", look.standing}};
  if (!look.seen) return json;
  json["difference"] = look.seen->difference;
  json["interval"] = to_json(look.seen->interval);
  json["lost"] = look.seen->lost;
  json["gained"] = look.seen->gained;
  return json;
}

LookSeen look_from(const Json& json) {
  LookSeen look{base::integer_at(json, "items").value_or(0), text_at(json, "standing"), {}};
  const auto difference = base::number_at(json, "difference");
  const auto interval = interval_at(json, "interval");
  if (difference && interval) {
    look.seen = {*difference, *interval, base::integer_at(json, "lost").value_or(0),
                 base::integer_at(json, "gained").value_or(0)};
  }
  return look;
}

}  // namespace

Json to_json(const Adaptive& adaptive) {
  Json json{{"width", adaptive.width}, {"metric", adaptive.metric}};
  if (adaptive.is_base) {
    json["is_base"] = true;
    base::set_if(json, "n_used", adaptive.n_used);
    json["n_total"] = adaptive.n_total;
    json["stopped_because"] = adaptive.stopped_because;
    return json;
  }
  json["n_total"] = adaptive.n_total;
  base::set_if(json, "verdict", adaptive.verdict);
  json["stopped_because"] = adaptive.stopped_because;
  json["looks"] = Json::array();
  for (const LookSeen& look : adaptive.looks) json["looks"].push_back(to_json(look));
  base::set_if(json, "n_used", adaptive.n_used);
  base::set_if(json, "difference", adaptive.difference);
  if (adaptive.interval) json["interval"] = to_json(*adaptive.interval);
  return json;
}

std::optional<Adaptive> adaptive_from(const Json& json) {
  const auto total = base::integer_at(json, "n_total");
  if (!total) return std::nullopt;
  Adaptive adaptive;
  adaptive.width = base::number_at(json, "width").value_or(0.0);
  adaptive.metric = text_at(json, "metric");
  adaptive.is_base = base::bool_at(json, "is_base").value_or(false);
  adaptive.n_used = base::integer_at(json, "n_used");
  adaptive.n_total = *total;
  adaptive.stopped_because = text_at(json, "stopped_because");
  adaptive.verdict = base::string_at(json, "verdict");
  for (const Json& look : base::child_at(json, "looks")) adaptive.looks.push_back(look_from(look));
  adaptive.difference = base::number_at(json, "difference");
  adaptive.interval = interval_at(json, "interval");
  return adaptive;
}

std::optional<Adaptive> adaptive(const Record& record) {
  return adaptive_from(base::child_at(record.task_info, kAdaptive));
}

void set_adaptive(Record& record, const Adaptive& adaptive) {
  record.task_info[kAdaptive] = to_json(adaptive);
}

Json to_json(const Scoring& scoring) {
  Json json{{"shared_prefixes", scoring.shared_prefixes}, {"computed_tokens", scoring.computed_tokens},
            {"distinct_tokens", scoring.distinct_tokens}, {"check_tokens", scoring.check_tokens},
            {"output_rows", scoring.output_rows},         {"seconds", scoring.seconds}};
  base::set_if(json, "largest_sharing_difference", scoring.largest_sharing_difference);
  json["own_kernels"] = scoring.own_kernels;
  base::set_if(json, "largest_kernel_difference", scoring.largest_kernel_difference);
  base::set_if(json, "why_engine_kernels", scoring.why_engine_kernels);
  base::set_if(json, "why_unshared", scoring.why_unshared);
  return json;
}

std::optional<Scoring> scoring_from(const Json& json) {
  if (!json.is_object() || json.empty()) return std::nullopt;
  Scoring scoring;
  scoring.shared_prefixes = base::bool_at(json, "shared_prefixes").value_or(false);
  scoring.computed_tokens = base::integer_at(json, "computed_tokens").value_or(0);
  scoring.distinct_tokens = base::integer_at(json, "distinct_tokens").value_or(0);
  scoring.check_tokens = base::integer_at(json, "check_tokens").value_or(0);
  scoring.output_rows = base::integer_at(json, "output_rows").value_or(0);
  scoring.seconds = base::number_at(json, "seconds").value_or(0.0);
  scoring.largest_sharing_difference = base::number_at(json, "largest_sharing_difference");
  scoring.own_kernels = text_at(json, "own_kernels");
  scoring.largest_kernel_difference = base::number_at(json, "largest_kernel_difference");
  scoring.why_engine_kernels = base::string_at(json, "why_engine_kernels");
  scoring.why_unshared = base::string_at(json, "why_unshared");
  return scoring;
}

std::optional<Scoring> scoring(const Record& record) {
  return scoring_from(base::child_at(record.engine, kScoring));
}

void add_scoring(Record& record, const Scoring& part) {
  Scoring all = part;
  if (const auto before = scoring(record)) {
    all.computed_tokens += before->computed_tokens;
    all.distinct_tokens += before->distinct_tokens;
    all.check_tokens += before->check_tokens;
    all.output_rows += before->output_rows;
    all.seconds += before->seconds;
  }
  record.engine[kScoring] = to_json(all);
}

Json to_json(const TaskFacts& task) {
  Json json{{"name", task.name}, {"output_type", task.output_type}, {"num_fewshot", task.num_fewshot}};
  base::set_if(json, "version", task.version);
  json["data"] = task.data;
  json["config"] = task.config;
  if (!task.filters.empty()) json["filters"] = task.filters;
  if (!task.metrics.empty()) json["metrics"] = task.metrics;
  base::set_if(json, "generation_kwargs", task.generation);
  json["items"] = task.items;
  base::set_if(json, "chance", task.chance);
  base::set_if(json, "rows", task.rows);
  return json;
}

TaskFacts task_facts_from(const Json& json) {
  TaskFacts task;
  task.name = text_at(json, "name");
  task.output_type = text_at(json, "output_type");
  task.num_fewshot = base::integer_at(json, "num_fewshot").value_or(0);
  task.version = member_at(json, "version");
  task.data = text_at(json, "data");
  task.config = base::child_at(json, "config");
  task.filters = texts_at(json, "filters");
  task.metrics = texts_at(json, "metrics");
  task.generation = member_at(json, "generation_kwargs");
  task.items = base::integer_at(json, "items").value_or(0);
  task.chance = base::number_at(json, "chance");
  task.rows = base::integer_at(json, "rows");
  return task;
}

std::vector<TaskFacts> tasks(const Record& record) {
  std::vector<TaskFacts> all;
  for (const Json& task : base::child_at(record.task_info, kTasks)) all.push_back(task_facts_from(task));
  return all;
}

bool has_tasks(const Record& record) {
  const Json& tasks = base::child_at(record.task_info, kTasks);
  return tasks.is_array() && !tasks.empty();
}

void set_tasks(Record& record, const std::vector<TaskFacts>& tasks) {
  Json& list = record.task_info[kTasks] = Json::array();
  for (const TaskFacts& task : tasks) list.push_back(to_json(task));
}

Json to_json(const GroupFacts& group) {
  Json json{{"name", group.name}, {"alias", group.alias}, {"parts", group.parts}};
  base::set_if(json, "version", group.version);
  json["metrics"] = Json::object();
  for (const auto& [key, value] : group.metrics) json["metrics"][key] = to_json(value);
  return json;
}

GroupFacts group_facts_from(const Json& json) {
  GroupFacts group;
  group.name = text_at(json, "name");
  group.alias = base::string_at(json, "alias").value_or(group.name);
  group.parts = texts_at(json, "parts");
  group.version = base::string_at(json, "version");
  for (const auto& [key, entry] : base::child_at(json, "metrics").items()) {
    if (const auto value = base::number_at(entry, "value")) {
      group.metrics[key] = {*value, interval_at(entry, "interval"), base::number_at(entry, "stderr"),
                            base::integer_at(entry, "n")};
    }
  }
  return group;
}

std::vector<GroupFacts> groups(const Record& record) {
  std::vector<GroupFacts> all;
  for (const Json& group : base::child_at(record.task_info, kGroups)) all.push_back(group_facts_from(group));
  return all;
}

void set_groups(Record& record, const std::vector<GroupFacts>& groups) {
  if (groups.empty()) return;
  Json& list = record.task_info[kGroups] = Json::array();
  for (const GroupFacts& group : groups) list.push_back(to_json(group));
}

void set_items(Record& record, std::int64_t items) {
  record.task_info["items"] = items;
}

void add_scenario(Record& record, const std::string& sentence) {
  record.task_info["scenarios"].push_back(sentence);
}

void set_base_model(Record& record, const std::string& precision, const std::string& sha256, bool untuned) {
  record.task_info["base"] = {{"precision", precision}, {"sha256", sha256}};
  if (untuned) record.task_info["base"]["untuned"] = true;
}

std::optional<std::string> untuned_base(const Record& record) {
  const Json& base = base::child_at(record.task_info, "base");
  if (!base::bool_at(base, "untuned").value_or(false)) return std::nullopt;
  return base::string_at(base, "precision");
}

std::optional<std::string> named_base(const Record& record) {
  return base::string_at(base::child_at(record.settings, "similarity"), "base");
}

Json to_json(const EmbeddingModelFacts& facts) {
  Json json{{"reference", facts.reference}, {"sha256", facts.sha256}};
  base::set_if(json, "name", facts.name);
  for (const auto& how : facts.bertscore) {
    json["bertscore"][how.task] = {{"name", how.name},
                                   {"layer", how.layer},
                                   {"layers", how.layers},
                                   {"idf", how.idf},
                                   {"rescaled", how.rescaled}};
  }
  return json;
}

EmbeddingModelFacts embedding_model_from(const Json& json) {
  EmbeddingModelFacts facts{
      text_at(json, "reference"), text_at(json, "sha256"), base::string_at(json, "name"), {}};
  for (const auto& [task, how] : base::child_at(json, "bertscore").items()) {
    facts.bertscore.push_back({task, text_at(how, "name"), base::integer_at(how, "layer").value_or(0),
                               base::integer_at(how, "layers").value_or(0),
                               base::bool_at(how, "idf").value_or(false),
                               base::bool_at(how, "rescaled").value_or(false)});
  }
  return facts;
}

std::optional<EmbeddingModelFacts> embedding_model(const Record& record) {
  const Json& json = base::child_at(record.task_info, kEmbeddingModel);
  if (!json.is_object()) return std::nullopt;
  return embedding_model_from(json);
}

void set_embedding_model(Record& record, const EmbeddingModelFacts& facts) {
  record.task_info[kEmbeddingModel] = to_json(facts);
}

Json to_json(const SpecialTokens& tokens) {
  Json json = Json::object();
  const auto add = [&json](const char* key, const std::optional<SpecialToken>& token) {
    if (token) json[key] = {{"id", token->id}, {"text", token->text}};
  };
  add("bos", tokens.bos);
  add("eos", tokens.eos);
  add("pad", tokens.pad);
  return json;
}

SpecialTokens special_tokens_from(const Json& json) {
  const auto token_at = [&json](const char* key) -> std::optional<SpecialToken> {
    const Json& token = base::child_at(json, key);
    const auto id = base::integer_at(token, "id");
    if (!id) return std::nullopt;
    return SpecialToken{*id, text_at(token, "text")};
  };
  return {token_at("bos"), token_at("eos"), token_at("pad")};
}

EngineFacts engine_facts(const Record& record) {
  const Json& json = record.engine;
  EngineFacts facts;
  facts.identity = base::string_at(json, "identity");
  facts.version = base::string_at(json, "version");
  facts.commit = base::string_at(json, "ggml_commit");
  facts.threads = base::integer_at(json, "threads");
  facts.load_mode = base::string_at(json, "load_mode");
  for (const Json& device : base::child_at(json, "devices"))
    facts.devices.push_back(
        {text_at(device, "name"), text_at(device, "kind"), text_at(device, "description")});
  facts.gpu_layers = base::integer_at(json, "gpu_layers");
  if (const auto tokens = member_at(json, kSpecialTokens))
    facts.special_tokens = special_tokens_from(*tokens);
  facts.chat_template = base::string_at(json, kChatTemplate);
  if (member_at(json, kKernelFallback)) facts.kernel_fallback = texts_at(json, kKernelFallback);
  return facts;
}

void set_kernel_fallback(Record& record, const std::vector<std::string>& reasons) {
  record.engine[kKernelFallback] = reasons;
}

void set_special_tokens(Json& engine, const SpecialTokens& tokens) {
  engine[kSpecialTokens] = to_json(tokens);
}

void set_chat_template(Json& engine, const std::string& source) {
  engine[kChatTemplate] = source;
}

ModelFacts model_facts(const Record& record) {
  const Json& json = record.model_info;
  return {base::string_at(json, "sha256"), base::string_at(json, "architecture"),
          base::string_at(json, "file_type"), base::integer_at(json, "parameters"),
          base::integer_at(json, "context_train")};
}

std::optional<double> model_figure(const Record& record, std::string_view metric) {
  return base::number_at(record.model_info, metric);
}

Json to_json(const Imported& imported) {
  return {{"tool", imported.tool},
          {"file", imported.file},
          {"sha256", imported.sha256},
          {"caveats", imported.caveats},
          {"content", imported.content}};
}

Imported imported_from(const Json& json) {
  Imported imported;
  imported.tool = text_at(json, "tool");
  imported.file = text_at(json, "file");
  imported.sha256 = text_at(json, "sha256");
  imported.content = base::child_at(json, "content");
  for (const auto& [metric, caveat] : base::child_at(json, "caveats").items()) {
    if (caveat.is_string()) imported.caveats[metric] = caveat.get<std::string>();
  }
  return imported;
}

std::optional<Imported> imported(const Record& record) {
  if (!is_imported(record)) return std::nullopt;
  return imported_from(base::child_at(record.task_info, kImported));
}

bool is_imported(const Record& record) {
  return base::child_at(record.task_info, kImported).is_object();
}

void set_imported(Record& record, const Imported& imported) {
  record.task_info[kImported] = to_json(imported);
}

Json to_json(const Predicted& predicted) {
  Json json{{"prompt_tokens", predicted.prompt_tokens},
            {"new_tokens", predicted.new_tokens},
            {"memory_error", predicted.memory_error}};
  base::set_if(json, "time_error", predicted.time_error);
  return json;
}

std::optional<Predicted> predicted(const Record& record) {
  if (!is_predicted(record)) return std::nullopt;
  const Json& json = base::child_at(record.task_info, kPredicted);
  return Predicted{base::integer_at(json, "prompt_tokens").value_or(0),
                   base::integer_at(json, "new_tokens").value_or(0),
                   base::number_at(json, "memory_error").value_or(0.0), base::number_at(json, "time_error")};
}

bool is_predicted(const Record& record) {
  return base::child_at(record.task_info, kPredicted).is_object();
}

void set_predicted(Record& record, const Predicted& predicted) {
  record.task_info[kPredicted] = to_json(predicted);
}

std::string_view name(Evidence evidence) {
  switch (evidence) {
    case Evidence::measured:
      return "measured";
    case Evidence::imported:
      return "imported";
    case Evidence::predicted:
      return "predicted";
  }
  return {};
}

Evidence evidence_of(const Record& record) {
  if (is_predicted(record)) return Evidence::predicted;
  return is_imported(record) ? Evidence::imported : Evidence::measured;
}

MachineFacts machine_facts(const Record& record) {
  const Json& system = base::child_at(record.device, "system");
  return {base::string_at(record.device, "identity"),
          base::string_at(base::child_at(record.device, "cpu"), "model"), base::string_at(system, "os"),
          base::string_at(system, "kernel"), base::string_at(system, "libc")};
}

}  // namespace bantam::record
