// The engine opened large enough for the task, and its items sent batch by batch.
#include <algorithm>
#include <utility>

#include "engine/llama/encoder.hpp"
#include "engine/llama/engine.hpp"
#include "engine/program_engine.hpp"
#include "engine/served_engine.hpp"
#include "evaluate/ask.hpp"
#include "evaluate/classify.hpp"
#include "gguf/model_info.hpp"
#include "gguf/split.hpp"
#include "record/sections.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Result;

constexpr std::int64_t kFewestTokens = 256;
// The most tokens of a text that a classifier gets, where it was trained for more.
constexpr int kLongestText = 512;

engine::Capacity capacity_for(const evaluate::Requirement& required, const plan::AccuracySettings& accuracy,
                              std::optional<int> context_train) {
  const std::int64_t wanted = std::max(kFewestTokens, required.input_tokens + required.new_tokens + 1);
  const std::int64_t tokens = context_train ? std::min<std::int64_t>(wanted, *context_train) : wanted;
  const std::int64_t streams = std::clamp<std::int64_t>(accuracy.kv_cells / tokens, 1, accuracy.batch_size);
  return {static_cast<int>(tokens), static_cast<int>(streams), accuracy.kv_cells};
}

task::Settings evaluation_settings(const job::AccuracyJob& job) {
  task::Settings settings;
  settings.limit = job.accuracy.limit;
  settings.stage = job.stage;
  settings.num_fewshot = job.accuracy.num_fewshot;
  settings.fewshot_without_leaks = job.accuracy.fewshot_without_leaks;
  settings.batch_size = job.accuracy.batch_size;
  settings.own_kernels = job.accuracy.own_kernels;
  settings.seed = job.seed;
  settings.apply_chat_template = job.accuracy.apply_chat_template;
  settings.chat_template = job.accuracy.chat_template;
  settings.chat_template_kwargs = job.accuracy.chat_template_kwargs;
  settings.fewshot_as_multiturn = job.accuracy.fewshot_as_multiturn;
  settings.system_instruction = job.accuracy.system_instruction;
  settings.think_end_token = job.accuracy.think_end_token;
  settings.max_length = job.engine.max_model_len;
  settings.keep_tokens = job.keep_tokens;
  settings.keep_gaps = job.keep_gaps;
  return settings;
}

// What the engine is, with the form of the head that gives the labels.
base::Status tell_classifier(const job::AccuracyJob& job, const engine::Properties& properties,
                             const Desk& desk) {
  TRY_ASSIGN(const gguf::GgufContent content, gguf::read_model(job.model.gguf));
  job::EngineOpened opened = job::engine_opened(properties);
  opened.facts["head"] = std::string(gguf::classifier_head(content, properties.architecture));
  TRY(desk.channel.send(std::move(opened)));
  if (!gguf::lacks_pooler(content, properties.architecture)) return {};
  return desk.channel.send(
      job::Warning{"the file has no layer between the encoder and its labels, which llama.cpp's converter "
                   "leaves out of BERT: the labels may not be those of the model it was made from"});
}

// Texts one at a time, cut to what the model takes.
Result<job::ItemsAnswer> classify(const job::AccuracyJob& job, const task::Settings& settings,
                                  const Desk& desk) {
  TRY_ASSIGN(const auto classifier,
             engine::open_llama_classifier(job.model, job.engine, {kLongestText, 1}, desk.heartbeat));
  TRY(tell_classifier(job, classifier->properties(), desk));
  SendItems sink(desk.channel, job.done);
  TRY(evaluate::classify(*classifier, job.tasks, settings, job.done, sink));
  return sink.answer();
}

// One load serves all: a program makes its cache as it goes.
Result<job::ItemsAnswer> ask_program(const job::AccuracyJob& job, task::Settings settings, const Desk& desk) {
  const engine::Capacity capacity{0, std::max(1, job.accuracy.batch_size)};
  TRY_ASSIGN(engine::LoadedProgram program,
             engine::LoadedProgram::open(job.model, job.engine, capacity, desk.heartbeat));
  TRY(desk.channel.send(job::ProgramStarted{program.pid()}));
  job::EngineOpened opened = job::engine_opened(program.properties());
  SendItems sink(desk.channel, job.done);
  // A model that does both is asked as the tasks are written.
  if (program.can(engine::kClassifies) && !program.can(engine::kScores)) {
    TRY(desk.channel.send(opened));
    TRY_ASSIGN(const auto classifier, engine::program_classifier(std::move(program)));
    TRY(evaluate::classify(*classifier, job.tasks, settings, job.done, sink));
    return sink.answer();
  }
  TRY_ASSIGN(const std::string chat_template, evaluate::chosen_chat_template(program.properties(), settings));
  TRY_ASSIGN(const auto engine, engine::program_engine(std::move(program), capacity, desk.heartbeat));
  if (settings.apply_chat_template) record::set_chat_template(opened.facts, chat_template);
  TRY(desk.channel.send(opened));
  TRY_ASSIGN(auto prompters, evaluate::make_prompters(job.tasks, settings));
  TRY(evaluate::evaluate(*engine, std::move(prompters), settings, job.done, sink));
  return sink.answer();
}

Result<job::ItemsAnswer> ask_server(const job::AccuracyJob& job, const task::Settings& settings,
                                    const Desk& desk) {
  const auto at_once = static_cast<std::size_t>(std::max(1, job.accuracy.batch_size));
  TRY_ASSIGN(const auto engine, engine::open_served(*job.model.server, at_once, desk.heartbeat));
  TRY_ASSIGN(auto prompters, evaluate::make_prompters(job.tasks, settings));
  SendItems sink(desk.channel, job.done);
  TRY(evaluate::evaluate(*engine, std::move(prompters), settings, job.done, sink));
  TRY(engine->check_is_same());
  for (const std::string& warning : engine->warnings()) TRY(desk.channel.send(job::Warning{warning}));
  return sink.answer();
}

}  // namespace

Result<job::ItemsAnswer> work_on(const job::AccuracyJob& job, const Desk& desk) {
  task::Settings settings = evaluation_settings(job);
  if (job.model.server) return ask_server(job, settings, desk);
  if (job.model.program) return ask_program(job, std::move(settings), desk);
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(job.model.gguf));
  if (!info.labels.empty()) return classify(job, settings, desk);
  std::string chat_template;
  std::optional<int> context_train;
  {
    // Opened small first, to ask the model for its context length and template.
    TRY_ASSIGN(const auto probe,
               engine::open_llama(job.model, job.engine, kSmallestCapacity, desk.heartbeat));
    context_train = probe->properties().context_train;
    TRY_ASSIGN(chat_template, evaluate::chosen_chat_template(probe->properties(), settings));
  }
  TRY_ASSIGN(auto prompters, evaluate::make_prompters(job.tasks, settings));
  TRY_ASSIGN(const auto required, evaluate::required_tokens(prompters, settings, chat_template));
  const engine::Capacity capacity = capacity_for(required, job.accuracy, context_train);
  settings.batch_size = capacity.streams;
  TRY(check_cache_fits(job.model, job.engine, capacity));
  TRY_ASSIGN(const auto engine, engine::open_llama(job.model, job.engine, capacity, desk.heartbeat));
  job::EngineOpened opened = job::engine_opened(engine->properties());
  if (settings.apply_chat_template) record::set_chat_template(opened.facts, chat_template);
  TRY(desk.channel.send(opened));
  drill("accuracy");
  SendItems sink(desk.channel, job.done);
  TRY(evaluate::evaluate(*engine, std::move(prompters), settings, job.done, sink));
  return sink.answer();
}

}  // namespace bantam::worker
