#include "run/worker_fidelity.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "engine/llama_engine.hpp"
#include "evaluate/fidelity.hpp"
#include "hub/embedded.hpp"
#include "run/engine_message.hpp"
#include "run/send_items.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;

constexpr std::string_view kEmbeddedText = "texts/fidelity.txt";
constexpr std::size_t kLargestText = std::size_t{256} << 20;

std::optional<std::string_view> embedded(std::string_view name) {
  for (const hub::EmbeddedFile& file : hub::embedded_files()) {
    if (file.name == name) return file.content();
  }
  return std::nullopt;
}

// The "text" of every row, with an empty line between them.
Result<std::string> joined_texts(std::string_view rows) {
  std::string all;
  for (const std::string& line : base::split(rows, '\n')) {
    if (line.empty()) continue;
    TRY_ASSIGN(const Json row, base::parse_json(line, "the embedded text"));
    all += base::string_at(row, "text").value_or("") + "\n\n";
  }
  return all;
}

}  // namespace

Result<std::string> fidelity_text(const plan::FidelitySettings& settings, const std::string& embedded_model) {
  if (!settings.text.empty()) return base::read_file(settings.text, kLargestText);
  if (const auto own = embedded(fmt::format("{0}/tasks/{0}_text.jsonl", embedded_model))) {
    return joined_texts(*own);
  }
  if (const auto text = embedded(kEmbeddedText)) return std::string(*text);
  return base::fail(base::ErrorKind::environment, "this build has no embedded text",
                    "give a text: --fidelity-text FILE");
}

Result<Json> work_on_fidelity(const FidelityJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  TRY_ASSIGN(std::string content, fidelity_text(job.fidelity, job.embedded_model));
  const evaluate::FidelityText text{std::move(content), job.fidelity.context, job.fidelity.chunks};
  const engine::Capacity capacity{job.fidelity.context, 1};
  TRY_ASSIGN(const auto model, engine::open_llama(job.model, job.engine, capacity, heartbeat));
  std::unique_ptr<engine::Engine> base;
  if (job.base) {
    TRY_ASSIGN(base, engine::open_llama(*job.base, job.engine, capacity, heartbeat));
  }
  TRY(channel.send(engine_message(model->properties())));
  SendItems sink(channel, job.done);
  TRY(evaluate::measure_fidelity(base.get(), *model, text, job.done, sink));
  return Json::object();
}

}  // namespace bantam::run
