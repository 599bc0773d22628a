#include "run/served.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "job/jobs.hpp"
#include "measure/block.hpp"
#include "measure/served_workload.hpp"
#include "plan/served.hpp"
#include "served/client.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr std::size_t kMostNamed = 10;
constexpr const char* kNoFile = "the file behind a server is not known";

std::optional<std::string> key_of(const plan::Plan& plan) {
  return plan.api_key_env.empty() ? std::nullopt : base::secret_variable(plan.api_key_env);
}

// As the server has it.
std::string name_of(const plan::ModelEntry& model) {
  return model.reference.substr(std::string_view(plan::kServedScheme).size());
}

std::string api_of(const plan::EngineSettings& engine) {
  return engine.server_api.value_or(plan::kCompletions);
}

// A server may answer to any name, and a figure would stand under that of a model which it has not.
Status check_has(const served::ServerFacts& facts, const plan::ModelEntry& model,
                 const std::string& address) {
  const std::string name = name_of(model);
  if (facts.models.empty() || std::ranges::find(facts.models, name) != facts.models.end()) return {};
  std::vector<std::string> shown;
  for (const std::string& one : facts.models) {
    if (shown.size() < kMostNamed) shown.push_back(base::ellipsize(base::printable(one), 80));
  }
  const auto more = facts.models.size() - shown.size();
  return base::fail(ErrorKind::usage,
                    fmt::format("{} has no model '{}'", base::printable(address), base::printable(name)),
                    fmt::format("it has {}{}; give --models NAME, or --models SHORT=NAME",
                                base::join(shown, ", "), more > 0 ? fmt::format(" and {} more", more) : ""));
}

measure::ServedModel model_of(const served::Server& server, const served::ServerFacts& facts,
                              const plan::Plan& plan, const plan::ModelEntry& model) {
  return {server, facts.kind, name_of(model), api_of(plan::engine_of(plan, model)) == plan::kChat};
}

}  // namespace

Result<served::ServerFacts> find_server(const plan::Plan& plan) {
  served::Server server;
  server.address = plan.engine.server.value_or("");
  server.api_key = key_of(plan);
  server.patience.stall_s = std::min(server.patience.stall_s, plan.hang_timeout_s);
  TRY_ASSIGN(served::Client client, served::Client::make(server));
  auto facts = served::find_facts(client);
  if (!facts && facts.error().kind == ErrorKind::environment)
    facts.error().hint = "is the server running, and is this its address? --base-url names it";
  if (!facts) return facts;
  for (const plan::ModelEntry& model : plan.models) TRY(check_has(*facts, model, server.address));
  return facts;
}

bool is_served(const model::Source& source) {
  return source.reference.kind == model::ReferenceKind::served;
}

model::Artifact served_artifact(const plan::Cell& cell, const plan::Plan& plan, const Inputs& inputs) {
  const plan::EngineSettings engine = plan::engine_of(plan, cell);
  const std::string address = engine.server.value_or("");
  const served::ServerFacts& facts = *inputs.server;
  Json parts{{"server", address},
             {"api", api_of(engine)},
             {"model", name_of(cell.model)},
             {"kind", served::name(facts.kind)}};
  base::set_if(parts, "build", facts.build);
  base::set_if(parts, "context", facts.context);
  base::set_if(parts, "slots", facts.slots);
  model::Artifact artifact;
  artifact.identity = base::sha256(base::to_text(parts));
  artifact.file_type = plan::kServedPrecision;
  artifact.ready = true;
  return artifact;
}

Json served_engine(const served::ServerFacts& facts) {
  Json json{{"name", plan::kServedEngine}, {"server", served::name(facts.kind)}};
  base::set_if(json, "version", facts.build);
  return json;
}

Json served_model(const plan::Cell& cell) {
  return {{"served_name", name_of(cell.model)}};
}

void add_server(const CellContext& context, record::Record& record) {
  const served::ServerFacts& facts = *context.inputs.server;
  Json json{{"kind", served::name(facts.kind)}, {"model", name_of(context.cell.cell.model)}};
  base::set_if(json, "build", facts.build);
  base::set_if(json, "context", facts.context);
  base::set_if(json, "slots", facts.slots);
  record.task_info["server"] = std::move(json);
  if (!record::row(context.cell.cell.kind).runs_requests) return;
  for (const char* metric : {"parameters", "bits_per_weight", "file_bytes", "weight_bytes"})
    record.absent[metric] = kNoFile;
}

Json served_job(const CellWork& work, const Part& part) {
  const CellContext& context = work.context;
  const served::ServerFacts& facts = *context.inputs.server;
  const plan::EngineSettings engine = context.engine();
  job::ServedPerformanceJob job;
  job.address = engine.server.value_or("");
  job.model = name_of(context.cell.cell.model);
  job.api = api_of(engine);
  job.api_key = key_of(context.plan);
  job.server = {std::string(served::name(facts.kind)), facts.build};
  job.patience_s = context.plan.hang_timeout_s;
  job.round = part.round.value_or(0);
  job.performance = measure::block_settings(context.performance(), job.round, part.rounds_sharing);
  return to_json(job);
}

engine::ModelFile served_file(const CellContext& context) {
  const served::ServerFacts& facts = *context.inputs.server;
  const plan::EngineSettings engine = context.engine();
  engine::ModelFile file;
  engine::ServedModel& model = file.server.emplace();
  model.address = engine.server.value_or("");
  model.name = name_of(context.cell.cell.model);
  model.api_key = key_of(context.plan);
  model.server_kind = std::string(served::name(facts.kind));
  model.build = facts.build;
  model.is_chat = api_of(engine) == plan::kChat;
  model.chat_template_kwargs = context.plan.accuracy_settings.chat_template_kwargs;
  model.patience_s = context.plan.hang_timeout_s;
  return file;
}

namespace {

std::optional<std::string> cannot_draw(const task::Task& task, served::ServerKind kind) {
  const auto& sampling = task.generation.sampling;
  if (!sampling || served::takes_more(kind) || (sampling->top_k == 0 && sampling->min_p == 0.0))
    return std::nullopt;
  return fmt::format("the task's answers are drawn with {}, which this server is not known to take",
                     sampling->top_k > 0 ? "top_k" : "min_p");
}

}  // namespace

std::optional<std::string> served_obstacle(const plan::Plan& plan, const plan::Cell& cell,
                                           const Inputs& inputs) {
  const bool is_chat = api_of(plan::engine_of(plan, cell.model)) == plan::kChat;
  const served::ServerKind kind = inputs.server->kind;
  if (!record::row(cell.kind).scores_tasks) return std::nullopt;
  if (is_chat != plan.accuracy_settings.apply_chat_template)
    return is_chat ? "conversations are sent (--api chat), and prompts are none: add --apply-chat-template"
                   : "the server has the model's chat template: add --api chat, or leave "
                     "--apply-chat-template out";
  for (const task::Task& leaf : inputs.tasks.at(cell.task).selection.leaves) {
    if (leaf.output_type == task::OutputType::generate_until) {
      if (auto reason = cannot_draw(leaf, kind)) return reason;
      continue;
    }
    if (is_chat) return "a server gives no log-likelihoods of a conversation: leave --api chat out";
    if (kind == served::ServerKind::llama_server || kind == served::ServerKind::ollama)
      return fmt::format(
          "{} gives no log-likelihoods of prompts, which the task needs: use vLLM, or a file of "
          "the model",
          served::name(kind));
  }
  return std::nullopt;
}

std::string asked_of_server(const plan::Plan& plan, const Inputs& inputs, const plan::Cell& cell) {
  if (!record::row(cell.kind).runs_requests) return {};
  const served::Server server{.address = plan::engine_of(plan, cell).server.value_or("")};
  const measure::ServedModel model = model_of(server, *inputs.server, plan, cell.model);
  const auto request = measure::served_request(model, plan::performance_of(plan, cell), "a text of its own");
  if (!request) return request.error().message;
  std::string address = server.address;
  while (address.ends_with('/')) address.pop_back();
  if (address.ends_with("/v1")) address.resize(address.size() - 3);
  return fmt::format("POST {}{} {}", base::printable(address), request->path,
                     base::printable(base::to_text(request->body)));
}

}  // namespace bantam::run
