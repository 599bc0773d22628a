#include "run/min_memory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "base/units.hpp"
#include "device/facts.hpp"
#include "gguf/split.hpp"
#include "job/memory_group.hpp"
#include "job/memory_probe.hpp"
#include "job/out_of_memory.hpp"
#include "job/process.hpp"
#include "measure/least_limit.hpp"
#include "measure/memory.hpp"
#include "measure/workload.hpp"
#include "record/min_memory.hpp"
#include "record/sections.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;
using measure::UnderLimit;

constexpr int kTokens = 16;              // of a probe's request, at most
constexpr int kRequests = 3;             // that count, of a probe
constexpr double kLeastSpeed = 0.95;     // of the speed without a limit
constexpr double kSlowest = 4.0;         // a request that takes so many times as long, and
constexpr double kSlowestMore = 5.0;     // so many seconds more, is waiting for the disk
constexpr double kResolution = 0.01;     // of the limit that is found
constexpr double kLeastShare = 0.25;     // of what was used without a limit: no limit below is tried
constexpr double kLongestProbe = 120.0;  // seconds without a token, before a worker under a limit is ended

constexpr const char* kPagesUsed = "pages_used";

// What the engine must hold, as the cell's own requests were.
struct Requests {
  plan::PerformanceSettings settings;
  engine::Capacity capacity;
};

Result<Requests> requests_of(const CellWork& work, const record::Record& record) {
  TRY_ASSIGN(const auto trials, work.context.store.trials(record.cell_key, record.attempt));
  Requests requests{work.context.performance(), {}};
  std::int64_t prompt = 0;
  std::int64_t output = 0;
  for (const record::Trial& trial : trials) {
    if (trial.scenario != record::kSingleStream) continue;
    for (const record::Stream& stream : trial.streams) {
      prompt = std::max(prompt, stream.prompt_tokens);
      output = std::max(output, std::ssize(stream.token_ns));
    }
  }
  if (output == 0) {
    return base::fail(ErrorKind::bad_input,
                      "it is told from requests of the scenario single_stream, and none gave a token");
  }
  requests.settings.max_new_tokens = static_cast<int>(output);
  requests.capacity = measure::capacity_for(requests.settings, static_cast<int>(prompt));
  requests.settings.max_new_tokens = std::min(requests.settings.max_new_tokens, kTokens);
  requests.settings.num_warmup = 1;
  requests.settings.num_runs = kRequests;
  return requests;
}

class Search {
 public:
  explicit Search(const CellWork& work) : work_(work) {}

  // What was found; `absent` says why nothing was. Errors: interrupted, and the store's.
  Result<record::MinMemory> run(const record::Record& record) {
    const Status done = find(record);
    if (done) return std::move(found_);
    if (done.error().kind == ErrorKind::interrupted || done.error().kind == ErrorKind::storage)
      return tl::unexpected(done.error());
    found_.absent = done.error().message;
    return std::move(found_);
  }

  // Why no limit could be set; absent when limits were.
  const std::optional<std::string>& why_no_limit() const { return why_no_limit_; }

 private:
  Status find(const record::Record& record) {
    if (record::engine_facts(record).gpu_layers.value_or(0) > 0) {
      return base::fail(ErrorKind::environment, "part of the model is on an accelerator");
    }
    if (work_.engine.draft)
      return base::fail(ErrorKind::environment, "it is not searched for with speculative decoding");
    TRY_ASSIGN(const Requests requests, requests_of(work_, record));
    TRY(make_job(requests));
    auto owner = job::owned_memory_group();
    found_.method = owner ? owner->method() : kPagesUsed;
    if (!owner) why_no_limit_ = owner.error().message + "; " + owner.error().hint;
    if (owner) owner_ = *std::move(owner);
    TRY_ASSIGN(const auto free, probe_without_limit());
    found_.request_s = free.request_s;
    found_.private_bytes = free.private_bytes;
    found_.file_used_bytes = free.file_used_bytes;
    found_.file_resident_bytes = free.file_resident_bytes;
    found_.program_bytes = free.program_bytes;
    if (free.pages_absent) return base::fail(ErrorKind::environment, *free.pages_absent);
    if (*free.file_used_bytes == 0) {  // not even a row of the embeddings: the kernel does not note reads
      if (!owner_) return base::fail(ErrorKind::environment, "the kernel does not tell which pages are used");
      found_.file_used_bytes.reset();
    }
    job_.longest_request_s = kSlowest * free.request_s + kSlowestMore;
    return owner_
               ? find_limit(*free.private_bytes + found_.file_used_bytes.value_or(*free.file_resident_bytes))
               : Status{};
  }

  Status make_job(const Requests& requests) {
    job_.model = opened_file(work_.context, work_.files.model);
    TRY_ASSIGN(const auto parts, gguf::find_parts(job_.model.gguf));
    for (const auto& part : parts) {
      std::error_code failed;
      auto path = std::filesystem::canonical(part, failed);
      job_.files.push_back(failed ? part : std::move(path));
    }
    job_.engine = work_.engine;
    job_.performance = requests.settings;
    job_.tokens_per_stream = requests.capacity.tokens_per_stream;
    job_.streams = requests.capacity.streams;
    return {};
  }

  Result<job::MemoryProbeAnswer> probe_without_limit() {
    show("without a limit");
    if (!owner_) return probe(nullptr);
    TRY(evict_files());
    TRY_ASSIGN(const auto group, job::MemoryGroup::make(*owner_, std::nullopt));
    return probe(&group);
  }

  Status find_limit(std::int64_t used_bytes) {
    const auto memory = device::read_facts(".").memory.total_bytes;
    const measure::LimitSearch search{
        .first_bytes = used_bytes,
        .least_bytes = static_cast<std::int64_t>(kLeastShare * static_cast<double>(used_bytes)),
        .most_bytes = std::max(used_bytes, memory.value_or(4 * used_bytes)),
        .resolution = kResolution};
    TRY_ASSIGN(const auto limits,
               measure::find_least_limit(search, [this](std::int64_t limit) { return try_limit(limit); }));
    found_.limit_bytes = limits.works_bytes;
    found_.failed_limit_bytes = limits.failed_bytes;
    if (limits.works_bytes) return {};
    return base::fail(ErrorKind::environment,
                      fmt::format("it ran under no limit, up to {}: {}", size(*limits.failed_bytes),
                                  measure::name(limits.tries.back().outcome)));
  }

  Result<UnderLimit> try_limit(std::int64_t limit) {
    show(fmt::format("within {}", size(limit)));
    TRY(evict_files());
    TRY_ASSIGN(const auto group, job::MemoryGroup::make(*owner_, limit));
    const auto answer = probe(&group);
    record::MinMemory::Try& one = found_.tries.emplace_back();
    one.limit_bytes = limit;
    TRY_ASSIGN(const UnderLimit outcome, judge(answer, group));
    one.outcome = measure::name(outcome);
    if (answer) {
      one.request_s = answer->request_s;
      one.major_faults = answer->major_faults;
    }
    // The machine may have become slower meanwhile: the next try is held against both.
    if (outcome == UnderLimit::slow) {
      TRY_ASSIGN(const auto again, probe_without_limit());
      found_.request_s = std::max(*found_.request_s, again.request_s);
    }
    return outcome;
  }

  Result<UnderLimit> judge(const Result<job::MemoryProbeAnswer>& answer,
                           const job::MemoryGroup& group) const {
    if (answer) {
      if (answer->major_faults > 0) return UnderLimit::pages;
      return answer->request_s > *found_.request_s / kLeastSpeed ? UnderLimit::slow : UnderLimit::runs;
    }
    const base::Error& error = answer.error();
    if (group.oom_kills().value_or(0) > 0 || job::is_out_of_memory(error)) return UnderLimit::no_memory;
    if (error.kind == ErrorKind::worker && !error.signal) return UnderLimit::pages;  // it did not get on
    return tl::unexpected(error);
  }

  // A page that is in memory already counts for the group that read it first.
  Status evict_files() const {
    for (const auto& file : job_.files) {
      if (const Status evicted = measure::evict(file); !evicted) {
        return base::fail(ErrorKind::environment, fmt::format("a limit does not count the model's pages: {}",
                                                              evicted.error().message));
      }
    }
    return {};
  }

  Result<job::MemoryProbeAnswer> probe(const job::MemoryGroup* group) {
    job::WorkerOptions options;
    options.hang_timeout_s = std::min(work_.context.plan.hang_timeout_s, kLongestProbe);
    if (group == nullptr) options.hang_timeout_s = work_.context.plan.hang_timeout_s;
    options.kill_on_interrupt = true;
    options.on_tick = [this] { work_.context.observer.on_tick(); };
    return job::run_memory_probe(job_, options, &work_.context.interrupts,
                                 group == nullptr ? -1 : group->entrance());
  }

  void show(const std::string& what) {
    Progress progress;
    progress.phase = "least memory: " + what;
    progress.done = std::ssize(found_.tries);
    progress.unit = "tries";
    work_.context.observer.on_progress(progress);
  }

  static std::string size(std::int64_t bytes) { return base::format_bytes(static_cast<double>(bytes)); }

  const CellWork& work_;
  job::MemoryProbeJob job_;
  std::optional<job::OwnedGroup> owner_;
  std::optional<std::string> why_no_limit_;
  record::MinMemory found_;
};

}  // namespace

Status find_min_memory(const CellWork& work, record::Record& record) {
  if (!work.context.performance().min_memory.value_or(false)) return {};
  Search search(work);
  TRY_ASSIGN(const record::MinMemory found, search.run(record));
  record::set_min_memory(record, found);
  if (const auto& why = search.why_no_limit(); why && !found.absent) {
    record.warnings.push_back(fmt::format(
        "the least memory is told from the pages that requests use, not found under a limit: {}", *why));
  }
  return {};
}

}  // namespace bantam::run
