#include "worker/bodies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/address_space.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "device/facts.hpp"
#include "engine/llama/cache.hpp"
#include "engine/llama/facts.hpp"
#include "gguf/model_info.hpp"
#include "measure/counters.hpp"

namespace bantam::worker {
using base::Status;

namespace {

std::optional<std::int64_t> free_bytes() {
  const device::Facts facts = device::read_facts(".");
  const auto& available = facts.memory.available_bytes;
  const auto& limit = facts.limits.memory_bytes;
  std::optional<std::int64_t> least = available && limit ? std::min(*available, *limit)
                                      : available        ? available
                                                         : limit;
  if (const auto most = base::address_space_limit()) least = std::min(least.value_or(*most), *most);
  return least;
}

bool has_accelerator() {
  const std::vector<engine::Device> devices = engine::devices();
  return std::ranges::any_of(
      devices, [](const engine::Device& device) { return device.kind != engine::DeviceKind::cpu; });
}

std::string shown(std::int64_t bytes) {
  return base::format_bytes(static_cast<double>(bytes));
}

constexpr std::array<std::pair<std::string_view, int>, 5> kSignals{{{"SIGILL", SIGILL},
                                                                    {"SIGSEGV", SIGSEGV},
                                                                    {"SIGKILL", SIGKILL},
                                                                    {"SIGABRT", SIGABRT},
                                                                    {"SIGBUS", SIGBUS}}};

}  // namespace

base::Status check_cache_fits(const engine::ModelFile& file, const plan::EngineSettings& settings,
                              engine::Capacity capacity) {
  if (settings.rpc || file.program) return {};  // it lies elsewhere
  const std::filesystem::path& model = file.gguf;
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(model));
  TRY_ASSIGN(const engine::CacheSize cache, engine::cache_size(model, settings));
  const std::int64_t tokens =
      std::min<std::int64_t>({capacity.tokens_per_stream, info.context_train.value_or(INT32_MAX),
                              settings.max_model_len.value_or(INT32_MAX)});
  const std::int64_t needed = cache.bytes(tokens, capacity.streams);
  const auto there = free_bytes();
  if (!there || needed <= *there || has_accelerator()) return {};
  return base::fail(
      base::ErrorKind::environment,
      fmt::format("{}: does not fit in memory: the KV cache of {} requests of {} tokens takes {}, "
                  "{} are free",
                  base::printable(model.string()), capacity.streams, tokens, shown(needed), shown(*there)),
      "ask for fewer or shorter requests (--batch-size, --max-new-tokens), or for a smaller cache "
      "(--cache-type-k q8_0); `bantam predict` tells what fits");
}

namespace {

// What BANTAM_DRILL says of `place`, as "PLACE=WORD", several between commas.
std::optional<std::string_view> drilled(std::string_view place) {
  const char* const text = std::getenv("BANTAM_DRILL");
  std::string_view left(text == nullptr ? "" : text);
  while (!left.empty()) {
    const std::string_view asked = left.substr(0, left.find(','));
    const auto equals = asked.rfind('=');
    if (equals != std::string_view::npos && asked.substr(0, equals) == place) return asked.substr(equals + 1);
    left.remove_prefix(std::min(left.size(), asked.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

void drill(std::string_view place) {
  const auto word = drilled(place);
  if (!word) return;
  for (const auto& [name, number] : kSignals) {
    if (name == *word) std::raise(number);
  }
}

std::optional<double> drilled_number(std::string_view figure) {
  const auto word = drilled(figure);
  return word ? base::parse_number(std::string(*word)) : std::nullopt;
}

Status watch_program(const engine::Engine& engine, const Desk& desk) {
  const auto pid = engine.other_process();
  measure::count_program(pid);
  return pid ? desk.channel.send(job::ProgramStarted{*pid}) : Status{};
}

Status SendItems::on_plan(const std::string& task, std::int64_t items) {
  return channel_.send(job::TaskBegun{task, items});
}

Status SendItems::on_items(std::vector<record::Item> items) {
  const auto fresh = std::ranges::count_if(items, [this](const record::Item& item) {
    return !done_.contains({item.task, item.doc_id});
  });
  return channel_.send_and_wait(job::ItemsDone{std::move(items), fresh});
}

job::ItemsAnswer SendItems::answer() const {
  job::ItemsAnswer answer;
  if (!scoring_) return answer;
  record::Scoring& scoring = answer.scoring.emplace();
  scoring.shared_prefixes = scoring_->shared;
  scoring.computed_tokens = scoring_->work.computed_tokens;
  scoring.distinct_tokens = scoring_->distinct_tokens;
  scoring.check_tokens = scoring_->check_tokens;
  scoring.output_rows = scoring_->work.output_rows;
  scoring.seconds = scoring_->seconds;
  scoring.largest_sharing_difference = scoring_->largest_difference;
  scoring.own_kernels = scoring_->own_kernels;
  scoring.largest_kernel_difference = scoring_->largest_kernel_difference;
  if (!scoring_->why_engine_kernels.empty()) scoring.why_engine_kernels = scoring_->why_engine_kernels;
  if (!scoring_->shared) scoring.why_unshared = scoring_->why_unshared;
  return answer;
}

}  // namespace bantam::worker
