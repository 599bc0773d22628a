#include "job/jobs.hpp"

#include "job/fields.hpp"
#include "job/memory_probe.hpp"

namespace bantam::job {

using base::Json;
using base::Result;

template <>
struct FieldForm<engine::ModelFile> {
  static Json write(const engine::ModelFile& file) {
    Json json{{"gguf", base::path_to_json(file.gguf)}};
    if (file.adapter)
      json["adapter"] = {{"path", base::path_to_json(file.adapter->path)}, {"scale", file.adapter->scale}};
    if (file.program)
      json["program"] = {{"command", file.program->command},
                         {"precision", file.program->precision},
                         {"merges", file.program->merges}};
    if (file.server) json["server"] = written(*file.server);
    return json;
  }
  static void read(const Json& json, engine::ModelFile& file) {
    file = engine::ModelFile(base::path_from_json(base::child_at(json, "gguf")).value_or(""));
    if (const Json& adapter = base::child_at(json, "adapter"); adapter.is_object()) {
      file.adapter = engine::Adapter{base::path_from_json(base::child_at(adapter, "path")).value_or(""),
                                     base::number_at(adapter, "scale").value_or(1.0)};
    }
    if (const Json& server = base::child_at(json, "server"); server.is_object()) file.server = read(server);
    const Json& program = base::child_at(json, "program");
    if (!program.is_object() || !json.contains("program")) return;
    file.program.emplace();
    for (const Json& word : base::child_at(program, "command")) {
      if (word.is_string()) file.program->command.push_back(word.get<std::string>());
    }
    file.program->precision = base::string_at(program, "precision").value_or("");
    file.program->merges = base::bool_at(program, "merges").value_or(false);
  }

 private:
  static Json written(const engine::ServedModel& server) {
    Json json{{"address", server.address},
              {"name", server.name},
              {"kind", server.server_kind},
              {"is_chat", server.is_chat},
              {"chat_template_kwargs", server.chat_template_kwargs},
              {"patience_s", server.patience_s}};
    base::set_if(json, "api_key", server.api_key);
    base::set_if(json, "build", server.build);
    return json;
  }
  static engine::ServedModel read(const Json& json) {
    engine::ServedModel server;
    server.address = base::string_at(json, "address").value_or("");
    server.name = base::string_at(json, "name").value_or("");
    server.api_key = base::string_at(json, "api_key");
    server.server_kind = base::string_at(json, "kind").value_or("");
    server.build = base::string_at(json, "build");
    server.is_chat = base::bool_at(json, "is_chat").value_or(false);
    server.chat_template_kwargs = base::string_at(json, "chat_template_kwargs").value_or("");
    server.patience_s = base::number_at(json, "patience_s").value_or(server.patience_s);
    return server;
  }
};

template <>
struct FieldForm<record::DoneItems> {
  static Json write(const record::DoneItems& items) {
    Json json = Json::array();
    for (const auto& [task, doc_id] : items) json.push_back(Json::array({task, doc_id}));
    return json;
  }
  static void read(const Json& json, record::DoneItems& items) {
    for (const Json& item : json)
      items.emplace(item.at(0).get<std::string>(), item.at(1).get<std::int64_t>());
  }
};

template <>
struct FieldForm<plan::EngineSettings> : ReadBy<plan::engine_settings_from> {};
template <>
struct FieldForm<plan::PerformanceSettings> : ReadBy<plan::performance_settings_from> {};
template <>
struct FieldForm<plan::AccuracySettings> : ReadBy<plan::accuracy_settings_from> {};
template <>
struct FieldForm<plan::FidelitySettings> : ReadBy<plan::fidelity_settings_from> {};
template <>
struct FieldForm<plan::SimilaritySettings> : ReadBy<plan::similarity_settings_from> {};
template <>
struct FieldForm<plan::CalibrationSettings> : ReadBy<plan::calibration_settings_from> {};
template <>
struct FieldForm<record::Scoring> : ReadBy<record::scoring_from> {};
template <>
struct FieldForm<evaluate::AnswerSet> : ReadBy<evaluate::answer_set_from> {};
template <>
struct FieldForm<engine::Peaks> : ReadBy<engine::peaks_from> {};
template <>
struct FieldForm<task::Task> : ReadBy<task::task_from> {};

template <>
struct FieldForm<task::Stage> {
  static Json write(const task::Stage& stage) { return {{"begin", stage.begin}, {"end", stage.end}}; }
  static void read(const Json& json, task::Stage& stage) {
    stage.begin = base::number_at(json, "begin").value_or(0.0);
    stage.end = base::number_at(json, "end").value_or(1.0);
  }
};

template <>
struct FieldForm<evaluate::Context> {
  static Json write(const evaluate::Context& context) {
    Json json = Json::array();
    for (const auto& part : context) json.push_back({{"text", part.text}, {"is_input", part.is_input}});
    return json;
  }
  static void read(const Json& json, evaluate::Context& context) {
    for (const Json& part : json) {
      context.push_back(
          {base::string_at(part, "text").value_or(""), base::bool_at(part, "is_input").value_or(false)});
    }
  }
};

template <>
struct FieldForm<engine::ModelHead> {
  static Json write(const engine::ModelHead& head) {
    return {{"path", base::path_to_json(head.path)}, {"file_bytes", head.file_bytes}};
  }
  static void read(const Json& json, engine::ModelHead& head) {
    head = {base::path_from_json(base::child_at(json, "path")).value_or(""),
            base::integer_at(json, "file_bytes").value_or(0)};
  }
};

template <>
struct FieldForm<CacheTold> {
  static Json write(const CacheTold& cache) {
    Json json = Json::object();
    base::set_if(json, "why_not", cache.why_not);
    if (!cache.size) return json;
    json["token_bytes"] = cache.size->token_bytes;
    json["request_bytes"] = cache.size->request_bytes;
    return json;
  }
  static void read(const Json& json, CacheTold& cache) {
    cache.why_not = base::string_at(json, "why_not");
    const auto token = base::integer_at(json, "token_bytes");
    const auto request = base::integer_at(json, "request_bytes");
    if (token && request) cache.size = engine::CacheSize{*token, *request};
  }
};

template <>
struct FieldForm<engine::MemoryUse> {
  template <typename Visit, typename Memory>
  static void members(Visit visit, Memory& memory) {
    visit("weights_bytes", memory.weights_bytes);
    visit("kv_bytes", memory.kv_bytes);
    visit("compute_bytes", memory.compute_bytes);
    visit("device_bytes", memory.device_bytes);
  }
  static Json write(const engine::MemoryUse& memory) {
    Json json = Json::object();
    members(FieldWriter(json), memory);
    return json;
  }
  static base::Status read(const Json& json, engine::MemoryUse& memory) {
    base::Status status;
    members(FieldReader(json, status), memory);
    return status;
  }
};

namespace {

// The members of each job and answer, in both directions.

template <typename Visit, Is<SelfTestJob> Object>
void members(Visit visit, Object& o) {
  visit("types", o.types);
  visit("extra_buffers", o.extra_buffers);
}

template <typename Visit, Is<QuantizeJob> Object>
void members(Visit visit, Object& o) {
  visit("reference", o.reference);
  visit("precision", o.precision);
  visit("threads", o.threads);
  visit("merge", o.merge);
  visit("calibration", o.calibration);
}

template <typename Visit, Is<MadeFile> Object>
void members(Visit visit, Object& o) {
  visit("sha256", o.sha256);
  visit("identity", o.identity);
  visit("importance", o.importance);
}

template <typename Visit, Is<PerformanceJob> Object>
void members(Visit visit, Object& o) {
  visit("model", o.model);
  visit("engine", o.engine);
  visit("performance", o.performance);
  visit("cold_load", o.cold_load);
  visit("warm_load", o.warm_load);
  visit("count_resources", o.count_resources);
  visit("round", o.round);
  visit("draft_model", o.draft_model);
}

template <typename Visit, Is<ServedPerformanceJob> Object>
void members(Visit visit, Object& o) {
  visit("address", o.address);
  visit("model", o.model);
  visit("api", o.api);
  visit("api_key", o.api_key);
  visit("server_kind", o.server.kind);
  visit("server_build", o.server.build);
  visit("patience_s", o.patience_s);
  visit("performance", o.performance);
  visit("round", o.round);
}

template <typename Visit, Is<PerformanceAnswer> Object>
void members(Visit visit, Object& o) {
  visit("encoder", o.encoder);
  visit("memory", o.memory);
  visit("weights_resident_bytes", o.weights_resident_bytes);
  visit("absent", o.absent);
  visit("origin_ns", o.origin_ns);
}

template <typename Visit, Is<MemoryProbeJob> Object>
void members(Visit visit, Object& o) {
  visit("model", o.model);
  visit("files", o.files);
  visit("engine", o.engine);
  visit("performance", o.performance);
  visit("tokens_per_stream", o.tokens_per_stream);
  visit("streams", o.streams);
  visit("longest_request_s", o.longest_request_s);
}

template <typename Visit, Is<MemoryProbeAnswer> Object>
void members(Visit visit, Object& o) {
  visit("request_s", o.request_s);
  visit("major_faults", o.major_faults);
  visit("private_bytes", o.private_bytes);
  visit("file_used_bytes", o.file_used_bytes);
  visit("file_resident_bytes", o.file_resident_bytes);
  visit("program_bytes", o.program_bytes);
  visit("pages_absent", o.pages_absent);
}

template <typename Visit, Is<AccuracyJob> Object>
void members(Visit visit, Object& o) {
  visit("model", o.model);
  visit("engine", o.engine);
  visit("accuracy", o.accuracy);
  visit("tasks", o.tasks);
  visit("seed", o.seed);
  visit("done", o.done);
  visit("keep_tokens", o.keep_tokens);
  visit("stage", o.stage);
  visit("keep_gaps", o.keep_gaps);
}

template <typename Visit, Is<FidelityJob> Object>
void members(Visit visit, Object& o) {
  visit("model", o.model);
  visit("baseline", o.baseline);
  visit("engine", o.engine);
  visit("fidelity", o.fidelity);
  visit("embedded_model", o.embedded_model);
  visit("done", o.done);
  visit("baseline_engine", o.baseline_engine);
}

template <typename Visit, Is<SimilarityJob> Object>
void members(Visit visit, Object& o) {
  visit("model", o.model);
  visit("baseline", o.baseline);
  visit("engine", o.engine);
  visit("similarity", o.similarity);
  visit("embedding_model", o.embedding_model);
  visit("done", o.done);
  visit("baseline_engine", o.baseline_engine);
}

template <typename Visit, Is<ItemsAnswer> Object>
void members(Visit visit, Object& o) {
  visit("scoring", o.scoring);
}

template <typename Visit, Is<CompareJob> Object>
void members(Visit visit, Object& o) {
  visit("embedding_model", o.embedding_model);
  visit("engine", o.engine);
  visit("most_tokens", o.answers.most_tokens);
  visit("sets", o.answers.sets);
}

template <typename Visit, Is<EstimateJob> Object>
void members(Visit visit, Object& o) {
  visit("parts", o.parts);
  visit("name", o.name);
  visit("shape", o.shape);
  visit("llama_type", o.llama_type);
  visit("engine", o.engine);
  visit("performance", o.performance);
  visit("context", o.context);
  visit("file_piece_bytes", o.file_piece_bytes);
  visit("is_beside", o.is_beside);
}

template <typename Visit, Is<CacheJob> Object>
void members(Visit visit, Object& o) {
  visit("head", o.head);
  visit("shape", o.shape);
  visit("settings", o.settings);
}

template <typename Visit, Is<CachesTold> Object>
void members(Visit visit, Object& o) {
  visit("caches", o.caches);
}

template <typename Visit, Is<PeaksJob> Object>
void members(Visit visit, Object& o) {
  visit("wanted", o.wanted);
  visit("machine", o.machine);
  visit("threads", o.threads);
}

template <typename Visit, Is<TokenizeJob> Object>
void members(Visit visit, Object& o) {
  visit("gguf", o.gguf);
  visit("texts", o.texts);
}

template <typename Visit, Is<TokenizedTexts> Object>
void members(Visit visit, Object& o) {
  visit("tokens", o.tokens);
}

template <typename Visit, Is<EncodeJob> Object>
void members(Visit visit, Object& o) {
  visit("gguf", o.gguf);
  visit("contexts", o.contexts);
  visit("continuations", o.continuations);
}

template <typename Visit, Is<EncodedItem> Object>
void members(Visit visit, Object& o) {
  visit("contexts", o.contexts);
  visit("continuations", o.continuations);
}

template <typename Visit, Is<TemplateJob> Object>
void members(Visit visit, Object& o) {
  visit("gguf", o.gguf);
  visit("chat_template", o.chat_template);
  visit("chat_template_kwargs", o.chat_template_kwargs);
}

template <typename Visit, Is<AuditJob> Object>
void members(Visit visit, Object& o) {
  visit("model", o.model);
  visit("engine", o.engine);
  visit("clock", o.clock);
  visit("own_cost", o.own_cost);
  visit("outputs", o.outputs);
  visit("repeats", o.repeats);
  visit("prompts", o.prompts);
  visit("new_tokens", o.new_tokens);
  visit("repeat_s", o.repeat_s);
}

template <typename Visit, Is<Nothing> Object>
void members(Visit, Object&) {}

template <typename T>
Result<T> read_members(const Json& json) {
  T object;
  base::Status status;
  members(FieldReader(json, status), object);
  TRY(status);
  return object;
}

}  // namespace

template <typename Job>
Json to_json(const Job& job) {
  Json json{{"job", Job::kName}};
  members(FieldWriter(json), job);
  return json;
}

template <typename Job>
Result<Job> job_from(const Json& json) {
  return read_members<Job>(json);
}

template <typename Answer>
Json answer_json(const Answer& answer) {
  Json json = Json::object();
  members(FieldWriter(json), answer);
  return json;
}

template <typename Answer>
Result<Answer> answer_from(const Json& json) {
  return read_members<Answer>(json);
}

template <>
Json answer_json(const engine::Estimate& estimate) {
  return engine::to_json(estimate);
}
template <>
Result<engine::Estimate> answer_from(const Json& json) {
  return engine::estimate_from(json);
}

template <>
Json answer_json(const AuditFacts& facts) {
  return to_json(facts);
}
template <>
Result<AuditFacts> answer_from(const Json& json) {
  return audit_facts_from(json);
}

std::string job_name(const Json& json) {
  return base::string_at(json, "job").value_or("");
}

#define BANTAM_JOB(Job)              \
  template Json to_json(const Job&); \
  template Result<Job> job_from(const Json&);
#define BANTAM_ANSWER(Answer)               \
  template Json answer_json(const Answer&); \
  template Result<Answer> answer_from(const Json&);
BANTAM_JOB(SelfTestJob)
BANTAM_JOB(QuantizeJob)
BANTAM_JOB(PerformanceJob)
BANTAM_JOB(ServedPerformanceJob)
BANTAM_JOB(MemoryProbeJob)
BANTAM_JOB(AccuracyJob)
BANTAM_JOB(FidelityJob)
BANTAM_JOB(SimilarityJob)
BANTAM_JOB(CompareJob)
BANTAM_JOB(EstimateJob)
BANTAM_JOB(CacheJob)
BANTAM_JOB(PeaksJob)
BANTAM_JOB(TokenizeJob)
BANTAM_JOB(EncodeJob)
BANTAM_JOB(TemplateJob)
BANTAM_JOB(AuditJob)
BANTAM_ANSWER(Nothing)
BANTAM_ANSWER(MadeFile)
BANTAM_ANSWER(PerformanceAnswer)
BANTAM_ANSWER(MemoryProbeAnswer)
BANTAM_ANSWER(ItemsAnswer)
BANTAM_ANSWER(CachesTold)
BANTAM_ANSWER(TokenizedTexts)
BANTAM_ANSWER(EncodedItem)

}  // namespace bantam::job
