#include "job/job.hpp"

#include "plan/plan.hpp"

namespace bantam::job {
namespace {

using base::Json;

Json json_of(const engine::ModelFile& file) {
  Json json{{"gguf", file.gguf.string()}};
  if (file.adapter) {
    json["adapter"] = {{"path", file.adapter->path.string()}, {"scale", file.adapter->scale}};
  }
  return json;
}

Json json_of(const DoneItems& items) {
  Json json = Json::array();
  for (const auto& [task, doc_id] : items) json.push_back(Json::array({task, doc_id}));
  return json;
}

Json json_of(const SelfTestJob& job) {
  return {{"job", "self_test"}, {"types", job.types}, {"extra_buffers", job.extra_buffers}};
}

Json json_of(const QuantizeJob& job) {
  return {{"job", "quantize"},          {"reference", job.reference},
          {"precision", job.precision}, {"threads", job.threads},
          {"merge", job.merge},         {"calibration", plan::to_json(job.calibration)}};
}

Json json_of(const PerformanceJob& job) {
  return {{"job", "performance"},
          {"model", json_of(job.model)},
          {"engine", plan::to_json(job.engine)},
          {"performance", plan::to_json(job.performance)}};
}

Json json_of(const TemplateJob& job) {
  return {{"job", "template"}, {"gguf", job.gguf.string()}, {"chat_template", job.chat_template}};
}

Json json_of(const AccuracyJob& job) {
  Json json{{"job", "accuracy"},
            {"model", json_of(job.model)},
            {"engine", plan::to_json(job.engine)},
            {"accuracy", plan::to_json(job.accuracy)},
            {"task", job.task},
            {"stage", {{"begin", job.stage.begin}, {"end", job.stage.end}}},
            {"seed", job.seed},
            {"keep_tokens", job.keep_tokens},
            {"include_paths", Json::array()},
            {"done", json_of(job.done)}};
  for (const auto& path : job.accuracy.include_paths) json["include_paths"].push_back(path.string());
  return json;
}

Json json_of(const FidelityJob& job) {
  Json json{{"job", "fidelity"},
            {"model", json_of(job.model)},
            {"engine", plan::to_json(job.engine)},
            {"fidelity", plan::to_json(job.fidelity)},
            {"embedded_model", job.embedded_model},
            {"done", json_of(job.done)}};
  if (job.base) json["base"] = json_of(*job.base);
  return json;
}

Json json_of(const SimilarityJob& job) {
  Json json{{"job", "similarity"},
            {"model", json_of(job.model)},
            {"engine", plan::to_json(job.engine)},
            {"similarity", plan::to_json(job.similarity)},
            {"done", json_of(job.done)}};
  if (job.base) json["base"] = json_of(*job.base);
  if (job.embedding_model) json["embedding_model"] = json_of(*job.embedding_model);
  return json;
}

Json json_of(const CompareJob& job) {
  Json json{{"job", "compare"},
            {"embedding_model", json_of(job.embedding_model)},
            {"engine", plan::to_json(job.engine)},
            {"most_tokens", job.answers.most_tokens},
            {"sets", Json::array()}};
  for (const evaluate::AnswerSet& set : job.answers.sets) json["sets"].push_back(evaluate::to_json(set));
  return json;
}

Json json_of(const EstimateJob& job) {
  Json json{{"job", "estimate"},
            {"shape", job.shape},
            {"llama_type", job.llama_type},
            {"engine", plan::to_json(job.engine)},
            {"performance", plan::to_json(job.performance)},
            {"parts", Json::array()}};
  for (const engine::ModelHead& part : job.parts) {
    json["parts"].push_back({{"path", part.path.string()}, {"file_bytes", part.file_bytes}});
  }
  base::set_if(json, "context", job.context);
  return json;
}

Json json_of(const PeaksJob& job) {
  return {{"job", "peaks"},
          {"wanted", engine::to_json(job.wanted)},
          {"machine", job.machine},
          {"threads", job.threads}};
}

Json json_of(const TokenizeJob& job) {
  return {{"job", "tokenize"}, {"gguf", job.gguf.string()}, {"texts", job.texts}};
}

Json json_of(const EncodeJob& job) {
  Json contexts = Json::array();
  for (const evaluate::Context& context : job.contexts) {
    Json& parts = contexts.emplace_back(Json::array());
    for (const auto& part : context) parts.push_back({{"text", part.text}, {"is_input", part.is_input}});
  }
  return {{"job", "encode"},
          {"gguf", job.gguf.string()},
          {"contexts", std::move(contexts)},
          {"continuations", job.continuations}};
}

std::string text_at(const Json& json, const char* key) {
  return base::string_at(json, key).value_or("");
}

engine::ModelFile model_file_from(const Json& json) {
  engine::ModelFile file(text_at(json, "gguf"));
  if (const Json& adapter = base::child_at(json, "adapter"); adapter.is_object()) {
    file.adapter = engine::Adapter{text_at(adapter, "path"), base::number_at(adapter, "scale").value_or(1.0)};
  }
  return file;
}

DoneItems done_from(const Json& json) {
  DoneItems items;
  for (const Json& item : base::child_at(json, "done")) {
    items.emplace(item.at(0).get<std::string>(), item.at(1).get<std::int64_t>());
  }
  return items;
}

SelfTestJob self_test_from(const Json& json) {
  SelfTestJob job;
  for (const Json& type : base::child_at(json, "types")) job.types.push_back(type.get<std::string>());
  job.extra_buffers = base::bool_at(json, "extra_buffers").value_or(true);
  return job;
}

QuantizeJob quantize_from(const Json& json) {
  return {text_at(json, "reference"), text_at(json, "precision"),
          static_cast<int>(base::integer_at(json, "threads").value_or(1)),
          base::bool_at(json, "merge").value_or(false),
          plan::calibration_settings_from(base::child_at(json, "calibration"))};
}

PerformanceJob performance_from(const Json& json) {
  return {model_file_from(base::child_at(json, "model")),
          plan::engine_settings_from(base::child_at(json, "engine")),
          plan::performance_settings_from(base::child_at(json, "performance"))};
}

AccuracyJob accuracy_from(const Json& json) {
  AccuracyJob job;
  job.model = model_file_from(base::child_at(json, "model"));
  job.engine = plan::engine_settings_from(base::child_at(json, "engine"));
  job.accuracy = plan::accuracy_settings_from(base::child_at(json, "accuracy"));
  for (const Json& path : base::child_at(json, "include_paths")) {
    job.accuracy.include_paths.emplace_back(path.get<std::string>());
  }
  job.task = text_at(json, "task");
  const Json& stage = base::child_at(json, "stage");
  job.stage.begin = base::number_at(stage, "begin").value_or(0.0);
  job.stage.end = base::number_at(stage, "end").value_or(1.0);
  job.seed = static_cast<std::uint64_t>(base::integer_at(json, "seed").value_or(0));
  job.keep_tokens = static_cast<int>(base::integer_at(json, "keep_tokens").value_or(0));
  job.done = done_from(json);
  return job;
}

SimilarityJob similarity_from(const Json& json) {
  SimilarityJob job;
  job.model = model_file_from(base::child_at(json, "model"));
  if (json.contains("base")) job.base = model_file_from(json["base"]);
  job.engine = plan::engine_settings_from(base::child_at(json, "engine"));
  job.similarity = plan::similarity_settings_from(base::child_at(json, "similarity"));
  if (json.contains("embedding_model")) job.embedding_model = model_file_from(json["embedding_model"]);
  job.done = done_from(json);
  return job;
}

CompareJob compare_from(const Json& json) {
  CompareJob job;
  job.embedding_model = model_file_from(base::child_at(json, "embedding_model"));
  job.engine = plan::engine_settings_from(base::child_at(json, "engine"));
  job.answers.most_tokens = base::integer_at(json, "most_tokens").value_or(0);
  for (const Json& set : base::child_at(json, "sets")) {
    job.answers.sets.push_back(evaluate::answer_set_from(set));
  }
  return job;
}

FidelityJob fidelity_from(const Json& json) {
  FidelityJob job;
  job.model = model_file_from(base::child_at(json, "model"));
  if (json.contains("base")) job.base = model_file_from(json["base"]);
  job.engine = plan::engine_settings_from(base::child_at(json, "engine"));
  job.fidelity = plan::fidelity_settings_from(base::child_at(json, "fidelity"));
  job.embedded_model = text_at(json, "embedded_model");
  job.done = done_from(json);
  return job;
}

EstimateJob estimate_from(const Json& json) {
  EstimateJob job;
  for (const Json& part : base::child_at(json, "parts")) {
    job.parts.push_back({text_at(part, "path"), base::integer_at(part, "file_bytes").value_or(0)});
  }
  job.shape = text_at(json, "shape");
  job.llama_type = text_at(json, "llama_type");
  job.engine = plan::engine_settings_from(base::child_at(json, "engine"));
  job.performance = plan::performance_settings_from(base::child_at(json, "performance"));
  job.context = base::integer_at(json, "context");
  return job;
}

base::Result<Job> peaks_from(const Json& json) {
  PeaksJob job;
  TRY_ASSIGN(job.wanted, engine::peaks_from(base::child_at(json, "wanted")));
  job.machine = base::bool_at(json, "machine").value_or(true);
  job.threads = static_cast<int>(base::integer_at(json, "threads").value_or(1));
  return job;
}

TokenizeJob tokenize_from(const Json& json) {
  TokenizeJob job;
  job.gguf = text_at(json, "gguf");
  for (const Json& text : base::child_at(json, "texts")) job.texts.push_back(text.get<std::string>());
  return job;
}

EncodeJob encode_from(const Json& json) {
  EncodeJob job;
  job.gguf = text_at(json, "gguf");
  for (const Json& parts : base::child_at(json, "contexts")) {
    evaluate::Context& context = job.contexts.emplace_back();
    for (const Json& part : parts)
      context.push_back({text_at(part, "text"), base::bool_at(part, "is_input").value_or(true)});
  }
  for (const Json& text : base::child_at(json, "continuations"))
    job.continuations.push_back(text.get<std::string>());
  return job;
}

}  // namespace

Json to_json(const Job& job) {
  return std::visit([](const auto& kind) { return json_of(kind); }, job);
}

base::Result<Job> job_from(const Json& json) {
  const std::string kind = text_at(json, "job");
  if (kind == "self_test") return self_test_from(json);
  if (kind == "quantize") return quantize_from(json);
  if (kind == "performance") return performance_from(json);
  if (kind == "accuracy") return accuracy_from(json);
  if (kind == "fidelity") return fidelity_from(json);
  if (kind == "similarity") return similarity_from(json);
  if (kind == "compare") return compare_from(json);
  if (kind == "estimate") return estimate_from(json);
  if (kind == "peaks") return peaks_from(json);
  if (kind == "tokenize") return tokenize_from(json);
  if (kind == "encode") return encode_from(json);
  if (kind == "template") {
    return TemplateJob{text_at(json, "gguf"), text_at(json, "chat_template")};
  }
  return base::fail(base::ErrorKind::usage, "the worker got no job that it knows",
                    "`bantam worker` is started by `bantam run`, not by hand");
}

}  // namespace bantam::job
