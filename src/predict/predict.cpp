#include "predict/predict.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/address_space.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "device/facts.hpp"
#include "device/file_pieces.hpp"
#include "engine/cores.hpp"
#include "gguf/split.hpp"
#include "job/out_of_memory.hpp"
#include "job/process.hpp"
#include "model/artifact.hpp"
#include "model/llama/quantize.hpp"
#include "plan/precision.hpp"
#include "predict/heads.hpp"
#include "predict/peaks.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::fail;
using base::Json;
using base::Result;
using base::Status;

constexpr const char* kNoAcceleratorModel =
    "part of the model is on an accelerator, whose speed is not modelled";

struct Budget {
  std::int64_t bytes = 0;
  std::string source;
};

Result<Budget> read_budget(const PredictRequest& request) {
  if (request.memory_bytes) return Budget{*request.memory_bytes, "--memory"};
  const device::Facts facts = device::read_facts(".");
  std::optional<Budget> budget;
  const auto keep_least = [&budget](const std::optional<std::int64_t>& bytes, const char* source) {
    if (bytes && (!budget || *bytes < budget->bytes)) budget = {*bytes, source};
  };
  keep_least(facts.memory.available_bytes, "free on this machine now");
  keep_least(facts.limits.memory_bytes, "the limit of this process");
  keep_least(base::address_space_limit(), "the address space of this process, ulimit -v");
  if (budget) return *budget;
  return fail(ErrorKind::environment, "this machine does not tell how much memory is free",
              "give a budget: --memory 8GiB");
}

Result<std::vector<engine::ModelHead>> local_parts(const std::filesystem::path& path) {
  TRY_ASSIGN(const auto paths, gguf::find_parts(path));
  std::vector<engine::ModelHead> parts;
  for (const auto& part : paths) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(part, failed);
    if (failed) return fail(ErrorKind::bad_input, fmt::format("{}: {}", part.string(), failed.message()));
    parts.push_back({part, static_cast<std::int64_t>(bytes)});
  }
  return parts;
}

class Predicting {
 public:
  Predicting(const PredictRequest& request, const std::function<void(const std::string&)>& on_phase)
      : request_(request), on_phase_(on_phase), machine_(run::describe_machine(".")) {}

  Result<Predictions> run() {
    TRY_ASSIGN(const Budget budget, read_budget(request_));
    result_.budget_bytes = budget.bytes;
    result_.budget_source = budget.source;
    choose_threads();
    TRY(run::check_gpu(request_.plan.engine));
    if (auto text = run::no_gpu_for_layers(request_.plan.engine))
      result_.warnings.push_back(*std::move(text));
    TRY_ASSIGN(kernels_, run::probe_kernels(machine_.engine_identity + machine_.cpu_identity));
    for (const plan::ModelEntry& entry : request_.plan.models) TRY(predict_model(entry));
    TRY(predict_speeds());
    return std::move(result_);
  }

 private:
  // More threads than CPUs only wait for each other: a run starts no more, and its rates are those.
  void choose_threads() {
    const int asked = request_.plan.engine.threads.value_or(machine_.physical_cores);
    result_.threads = std::min(asked, engine::allowed_cpus());
    if (result_.threads == asked) return;
    result_.warnings.push_back(run::fewer_threads(asked, result_.threads));
  }

  Status predict_model(const plan::ModelEntry& entry) {
    TRY_ASSIGN(const model::Reference reference, model::parse_reference(entry.reference));
    model::LocateOptions how;
    how.offline = request_.plan.offline;
    how.fetch = false;
    on_phase_("looking for " + entry.name);
    TRY_ASSIGN(const model::Source source, model::locate(reference, how));
    TRY(model::check_architecture(source.info, entry.reference));
    TRY(check_context(entry, source.info));
    HeadFiles heads;
    for (const model::UnfetchedPart& part : source.unfetched) {
      TRY(heads.add(part.head, static_cast<std::int64_t>(part.file_bytes)));
    }
    std::vector<engine::ModelHead> parts = heads.parts();
    if (parts.empty() && !source.shape) {
      TRY_ASSIGN(parts, local_parts(source.path));
    }
    if (source.adapter) {
      result_.warnings.push_back(fmt::format("{}: predicted without its adapter", entry.name));
    }
    std::vector<std::string> precisions = plan::precisions_of(request_.plan, entry);
    if (request_.own_precision && !source.info.float_weights) {
      const auto own = plan::parse_precision(source.info.file_type);
      precisions = {own ? own->name : source.info.file_type};
    }
    for (const std::string& precision : precisions) {
      on_phase_(fmt::format("{} {}", entry.name, precision));
      Prediction row;
      row.model = entry.name;
      row.reference = entry.reference;
      row.precision = precision;
      row.encodes = source.info.is_encoder;
      TRY(estimate_row(row, source, parts));
      result_.rows.push_back(std::move(row));
    }
    return {};
  }

  Status check_context(const plan::ModelEntry& entry, const gguf::ModelInfo& info) const {
    const std::int64_t asked = std::max<std::int64_t>(
        request_.context.value_or(0), plan::engine_of(request_.plan, entry).max_model_len.value_or(0));
    if (!info.context_train || asked <= *info.context_train) return {};
    return fail(
        ErrorKind::usage,
        fmt::format("a context of {} tokens: model {} has {}", asked, entry.name, *info.context_train),
        fmt::format("give at most {}", *info.context_train));
  }

  Status estimate_row(Prediction& row, const model::Source& source,
                      const std::vector<engine::ModelHead>& parts) {
    job::EstimateJob job;
    job.engine = request_.plan.engine;
    job.engine.threads = result_.threads;
    job.name = row.model;
    job.performance = request_.plan.performance_settings;
    job.context = request_.context;
    if (const auto precision = plan::parse_precision(row.precision)) {
      const auto possible = model::check_can_make(source, row.reference, *precision);
      if (!possible) {
        row.skip_reason = possible.error().message;
        return {};
      }
      job.llama_type = precision->llama_type;
    }
    if (source.shape) {
      job.shape = source.shape->name;
    } else {
      job.parts = parts;
      if (job.llama_type == source.info.file_type) job.llama_type.clear();
    }
    TRY_ASSIGN(const auto cache, base::cache_folder());
    job.file_piece_bytes = device::file_piece_bytes(source.path.empty() ? cache : source.path);
    row.download_bytes = static_cast<std::int64_t>(source.fetch_bytes);
    TRY_ASSIGN(row.estimate, estimate(job));
    const auto choice = kernels_.choose(tensor_shares(row.estimate.types));
    if (!choice.usable) {
      row.skip_reason =
          fmt::format("no kernel of the engine works on this CPU: {}", fmt::join(choice.reasons, "; "));
      return {};
    }
    if (!choice.repack && job.engine.repack) {
      job.engine.repack = false;
      TRY_ASSIGN(row.estimate, estimate(job));
    }
    row.margin_bytes = memory_margin(row.estimate.memory);
    row.fits = row.estimate.memory.total() + row.margin_bytes <= result_.budget_bytes;
    if (row.fits || request_.only_kept) return {};
    on_phase_(fmt::format("{} {}: looking for options with which it fits", row.model, row.precision));
    TRY_ASSIGN(row.ways, find_ways(job, row.estimate, result_.budget_bytes, estimate));
    return {};
  }

  static std::vector<gguf::TensorShare> tensor_shares(const std::vector<std::string>& types) {
    std::vector<gguf::TensorShare> shares;
    for (const std::string& type : types) shares.push_back({type, 0, 0, 0});
    return shares;
  }

  static Result<engine::Estimate> estimate(const job::EstimateJob& job) {
    job::WorkerOptions options;
    options.hang_timeout_s = 60.0;
    options.busy_is_alive = true;
    options.kill_on_interrupt = true;
    auto estimate = job::run_worker(job, options, nullptr);
    if (estimate || estimate.error().kind != ErrorKind::worker) return estimate;
    const bool is_memory = job::is_out_of_memory(estimate.error());
    return fail(is_memory ? ErrorKind::environment : ErrorKind::worker,
                fmt::format("{}: {}", job.name, estimate.error().message), estimate.error().hint);
  }

  // One measurement serves all rows.
  Status predict_speeds() {
    PeaksRequest wanted = peaks_request(machine_, result_.threads);
    wanted.again = request_.measure_again;
    bool any = false;
    for (const Prediction& row : result_.rows) {
      if (row.skip_reason || row.estimate.on_accelerator) continue;
      any = true;
      need(wanted, row.estimate);
      for (const Way& way : row.ways.value_or(Ways{}).ways) need(wanted, way.estimate);
    }
    if (any && request_.only_kept) {
      TRY_ASSIGN(result_.peaks, kept_peaks(wanted));
    } else if (any) {
      TRY_ASSIGN(MeasuredPeaks measured,
                 find_peaks(wanted, [this](const std::string& what) { on_phase_("measuring " + what); }));
      result_.peaks = std::move(measured.peaks);
      std::move(measured.warnings.begin(), measured.warnings.end(), std::back_inserter(result_.warnings));
    }
    for (Prediction& row : result_.rows) {
      if (!row.skip_reason) set_speed(row);
    }
    return {};
  }

  static void need(PeaksRequest& request, const engine::Estimate& estimate) {
    need(request, estimate.single);
    if (estimate.batch) need(request, *estimate.batch);
  }

  static void need(PeaksRequest& request, const engine::RequestWork& work) {
    for (const engine::Work& part : work.prefill) {
      merge(request.wanted, rates_for(part, request.span_limit_bytes));
    }
    merge(request.wanted, rates_for(work.decode, request.span_limit_bytes));
  }

  struct Speeds {
    Speed single;
    std::optional<Speed> batch;
  };
  // A text, why there are none, otherwise.
  tl::expected<Speeds, std::string> speeds_of(const engine::Estimate& estimate) const {
    if (estimate.on_accelerator) return tl::unexpected(std::string(kNoAcceleratorModel));
    const auto single = request_speed(estimate.single, result_.peaks);
    if (!single) return tl::unexpected(single.error().message);
    Speeds speeds{*single, {}};
    if (estimate.batch) {
      if (const auto batch = request_speed(*estimate.batch, result_.peaks)) speeds.batch = *batch;
    }
    const double error = std::max(single->time_error, speeds.batch ? speeds.batch->time_error : 0.0);
    if (error > kMostError) return tl::unexpected(too_disturbed(error));
    return speeds;
  }

  static std::string too_disturbed(double error) {
    return fmt::format(
        "the machine was not quiet while its rates were measured: times could be off by {:.0f} %, and more "
        "than "
        "{:.0f} % is not shown; close other programs and predict again",
        std::ceil(100.0 * error - 1e-6), 100.0 * kMostError);
  }

  void set_speed(Prediction& row) const {
    auto speeds = speeds_of(row.estimate);
    if (speeds) {
      row.single = speeds->single;
      row.batch = std::move(speeds->batch);
    } else {
      row.speed_absent = std::move(speeds).error();
    }
    if (!row.ways) return;
    for (Way& way : row.ways->ways) {
      auto faster = speeds_of(way.estimate);
      if (!faster) continue;
      way.single = faster->single;
      way.batch = std::move(faster->batch);
    }
  }

  const PredictRequest& request_;
  const std::function<void(const std::string&)>& on_phase_;
  run::Machine machine_;
  run::KernelVerdicts kernels_;
  Predictions result_;
};

Json to_json(const Speed& speed) {
  return {{"ttft_s", speed.ttft_s},
          {"decode_tokens_per_s", speed.decode_tokens_per_s},
          {"output_tokens_per_s", speed.output_tokens_per_s},
          {"read_bandwidth_share", speed.read_share},
          {"prefill_flops_per_s", speed.prefill_flops_per_s},
          {"time_error", speed.time_error},
          {"decode_step_s",
           {{"matrices", speed.decode.matrices_s},
            {"attention", speed.decode.attention_s},
            {"other", speed.decode.other_s},
            {"operations", speed.decode.operations_s}}}};
}

Json memory_json(const engine::Estimate& estimate, std::int64_t margin_bytes) {
  Json json = engine::to_json(estimate.memory);
  json["total_bytes"] = estimate.memory.total();
  json["private_bytes"] = estimate.memory.private_total();
  // In memory while there is room.
  json["file_evictable_bytes"] = estimate.file_bytes - estimate.memory.file;
  json["reserved_compute_bytes"] = estimate.reserved_compute_bytes;
  json["margin_bytes"] = margin_bytes;
  return json;
}

void add_speeds(Json& json, const std::optional<Speed>& single, const std::optional<Speed>& batch,
                const engine::Estimate& estimate) {
  if (single) json["single_stream"] = to_json(*single);
  if (!batch) return;
  json["batch"] = to_json(*batch);
  json["batch"]["batch_size"] = estimate.batch->streams;
}

void add_ways(Json& json, const Ways& ways) {
  json["fits_with"] = Json::array();
  for (const Way& way : ways.ways) {
    Json& entry = json["fits_with"].emplace_back(Json{{"options", way.options}, {"cost", way.cost}});
    entry["memory"] = memory_json(way.estimate, way.margin_bytes);
    add_speeds(entry, way.single, way.batch, way.estimate);
  }
  base::set_if(json, "fits_with_absent", ways.none);
}

Json to_json(const Prediction& row) {
  Json json{{"model", row.model}, {"reference", row.reference}, {"precision", row.precision}};
  if (row.skip_reason) {
    json["skipped"] = *row.skip_reason;
    return json;
  }
  const engine::Estimate& estimate = row.estimate;
  json["architecture"] = estimate.architecture;
  json["parameters"] = estimate.parameters;
  json["file_bytes"] = estimate.file_bytes;
  json["weight_bytes"] = estimate.weight_bytes;
  json["download_bytes"] = row.download_bytes;
  json["tensor_types"] = estimate.types;
  json["context_train"] = estimate.context_train;
  json["context"] = estimate.context;
  json["prompt_tokens"] = estimate.single.prompt_tokens;
  json["new_tokens"] = estimate.single.new_tokens;
  json["memory"] = memory_json(estimate, row.margin_bytes);
  json["fits"] = row.fits;
  if (row.ways) add_ways(json, *row.ways);
  json["kv_cache_bytes"] = Json::object();
  for (const engine::CacheBytes& cache : estimate.cache) json["kv_cache_bytes"][cache.type] = cache.bytes;
  add_speeds(json, row.single, row.batch, estimate);
  base::set_if(json, "speed_absent", row.speed_absent);
  return json;
}

}  // namespace

Result<Predictions> predict(const PredictRequest& request,
                            const std::function<void(const std::string&)>& on_phase) {
  return Predicting(request, on_phase).run();
}

Result<std::vector<Prediction>> known_speeds(const plan::Plan& plan) {
  const run::Machine machine = run::describe_machine(".");
  TRY_ASSIGN(const engine::Peaks kept,
             kept_peaks(peaks_request(machine, plan.engine.threads.value_or(machine.physical_cores))));
  if (!kept.read_bytes_per_s) return std::vector<Prediction>{};
  PredictRequest request;
  request.plan = plan;
  request.only_kept = true;
  TRY_ASSIGN(Predictions predictions, predict(request, [](const std::string&) {}));
  return std::move(predictions.rows);
}

Json to_json(const Predictions& predictions) {
  Json json{{"budget_bytes", predictions.budget_bytes},
            {"budget_source", predictions.budget_source},
            {"threads", predictions.threads}};
  base::set_if(json, "read_bytes_per_s", predictions.peaks.read_bytes_per_s);
  base::set_if(json, "operation_s", predictions.peaks.operation_s);
  json["warnings"] = predictions.warnings;
  json["predictions"] = Json::array();
  for (const Prediction& row : predictions.rows) json["predictions"].push_back(to_json(row));
  return json;
}

}  // namespace bantam::predict
