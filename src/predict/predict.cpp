#include "predict/predict.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "device/file_pieces.hpp"
#include "engine/cores.hpp"
#include "job/out_of_memory.hpp"
#include "job/process.hpp"
#include "model/artifact.hpp"
#include "model/llama/quantize.hpp"
#include "plan/precision.hpp"
#include "predict/budget.hpp"
#include "predict/draft.hpp"
#include "predict/heads.hpp"
#include "predict/other_machine.hpp"
#include "predict/peaks.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;

constexpr const char* kNoAcceleratorModel =
    "part of the model is on an accelerator, whose speed is not modelled";

constexpr const char* kSpeedsWithoutDraft =
    "speeds are those without a draft: how many of its tokens are right is seen in a run only";
constexpr const char* kNoWayWithDraft =
    "no option, and no pair of options, saves enough, and neither does --draft off: it needs a smaller "
    "precision or a smaller model";

class Predicting {
 public:
  Predicting(const PredictRequest& request, const std::function<void(const std::string&)>& on_phase)
      : request_(request), on_phase_(on_phase), machine_(run::describe_machine(".")) {}

  Result<Predictions> run() {
    TRY_ASSIGN(const Budget budget, read_budget(request_));
    result_.budget_bytes = budget.bytes;
    result_.budget_source = budget.source;
    if (request_.device)
      TRY(prepare_other(*request_.device));
    else
      TRY(prepare_this());
    TRY(find_draft());
    for (const plan::ModelEntry& entry : request_.plan.models) TRY(predict_model(entry));
    TRY(predict_speeds());
    return std::move(result_);
  }

 private:
  Status prepare_this() {
    choose_threads();
    TRY(run::check_gpu(request_.plan.engine));
    if (auto text = run::no_gpu_for_layers(request_.plan.engine))
      result_.warnings.push_back(*std::move(text));
    TRY_ASSIGN(kernels_, run::probe_kernels(machine_.engine_identity + machine_.cpu_identity));
    return {};
  }

  // Which kernels work here says nothing of that machine.
  Status prepare_other(const FoundDevice& device) {
    const plan::EngineSettings& engine = request_.plan.engine;
    if (request_.measure_again)
      return fail(ErrorKind::usage, "--measure-again measures this machine, --device predicts another one",
                  "leave one of them out");
    if (engine.gpu_index || engine.n_gpu_layers.value_or(0) != 0)
      return fail(ErrorKind::usage, "--n-gpu-layers and --gpu-index say nothing of another machine",
                  "leave them out with --device");
    result_.threads = device.rates.rate_threads();
    if (engine.threads && *engine.threads != result_.threads)
      return fail(ErrorKind::usage,
                  fmt::format("--threads {}: the rates of {} are with {} threads", *engine.threads,
                              base::printable(device.from), result_.threads),
                  "leave --threads out with --device");
    result_.machine = OtherMachine{device.rates, device.from, device.shipped, {}};
    return {};
  }

  // More threads than CPUs only wait for each other: a run starts no more, and its rates are those.
  void choose_threads() {
    const int asked = request_.plan.engine.threads.value_or(machine_.physical_cores);
    result_.threads = std::min(asked, engine::allowed_cpus());
    if (result_.threads == asked) return;
    result_.warnings.push_back(run::fewer_threads(asked, result_.threads));
  }

  model::LocateOptions how_to_locate() const {
    model::LocateOptions how;
    how.offline = request_.plan.offline;
    how.fetch = false;
    return how;
  }

  // Rates that are only looked up tell of no draft.
  Status find_draft() {
    const auto& draft = request_.plan.engine.draft;
    if (!draft || request_.only_kept) return {};
    result_.warnings.emplace_back(kSpeedsWithoutDraft);
    if (*draft == plan::kPromptLookup) return {};
    on_phase_("looking for " + *draft);
    TRY_ASSIGN(draft_, Draft::find(*draft, how_to_locate()));
    return {};
  }

  Status predict_model(const plan::ModelEntry& entry) {
    TRY_ASSIGN(const model::Reference reference, model::parse_reference(entry.reference));
    on_phase_("looking for " + entry.name);
    TRY_ASSIGN(const model::Source source, model::locate(reference, how_to_locate()));
    TRY(model::check_architecture(source.info, entry.reference));
    TRY(check_context(entry, source.info));
    if (draft_) TRY(draft_->check_tokens(source.info, entry.name));
    HeadFiles heads;
    TRY_ASSIGN(const auto parts, parts_of(source, heads));
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
    if (request_.device) job.engine.n_gpu_layers = 0;
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
    TRY(choose_kernels(row, job));
    if (row.skip_reason) return {};
    if (draft_) {
      TRY_ASSIGN(engine::Estimate beside, draft_->beside(job, row.estimate, estimate));
      row.draft = DraftPart{draft_->reference(), draft_->download_bytes(), std::move(beside)};
    }
    row.margin_bytes = memory_margin(row.memory());
    row.fits = row.memory().total() + row.margin_bytes <= result_.budget_bytes;
    if (row.fits || request_.only_kept) return {};
    on_phase_(fmt::format("{} {}: looking for options with which it fits", row.model, row.precision));
    const std::int64_t alone_bytes = row.estimate.memory.total() + memory_margin(row.estimate.memory);
    const std::int64_t beside_bytes = row.memory().total() + row.margin_bytes - alone_bytes;
    TRY_ASSIGN(row.ways, find_ways(job, row.estimate, result_.budget_bytes - beside_bytes, estimate));
    if (row.draft) add_draft(row, alone_bytes, beside_bytes);
    return {};
  }

  // Those that work on this CPU; none are left out for another machine.
  Status choose_kernels(Prediction& row, job::EstimateJob& job) const {
    const auto choice = kernels_.choose(tensor_shares(row.estimate.types));
    if (!choice.usable) {
      row.skip_reason =
          fmt::format("no kernel of the engine works on this CPU: {}", fmt::join(choice.reasons, "; "));
    } else if (!choice.repack && job.engine.repack) {
      job.engine.repack = false;
      TRY_ASSIGN(row.estimate, estimate(job));
    }
    return {};
  }

  // The ways keep the draft model; one more leaves it out.
  void add_draft(Prediction& row, std::int64_t alone_bytes, std::int64_t beside_bytes) const {
    for (Way& way : row.ways->ways) {
      way.with_draft = true;
      way.margin_bytes += beside_bytes - row.draft_bytes();
    }
    if (alone_bytes <= result_.budget_bytes) {
      Way without{.options = "--draft off",
                  .cost = "requests are decoded without proposals",
                  .estimate = row.estimate,
                  .margin_bytes = memory_margin(row.estimate.memory),
                  .single = {},
                  .batch = {}};
      row.ways->ways.insert(row.ways->ways.begin(), std::move(without));
      row.ways->none.reset();
    } else if (row.ways->none) {
      row.ways->none = kNoWayWithDraft;
    }
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
    if (request_.device) {
      for (Prediction& row : result_.rows) {
        if (!row.skip_reason) set_speed_there(row, request_.device->rates);
      }
      return {};
    }
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
    const double error = std::max(single->time_error.value_or(0.0),
                                  speeds.batch ? speeds.batch->time_error.value_or(0.0) : 0.0);
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

  void set_speed_there(Prediction& row, const DeviceRates& device) {
    const bool repack = request_.plan.engine.repack;
    SpeedThere there = speed_there(device, row.estimate, repack);
    row.single = there.single;
    row.batch = there.batch;
    row.speed_absent = there.speed_absent;
    auto& rules = result_.machine->rules;
    for (std::string& rule : there.rules) {
      if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(std::move(rule));
    }
    if (!row.ways) return;
    for (Way& way : row.ways->ways) {
      const bool repacks = repack && way.options.find("--no-repack") == std::string::npos;
      SpeedThere faster = speed_there(device, way.estimate, repacks);
      way.single = faster.single;
      way.batch = faster.batch;
    }
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
  std::unique_ptr<Draft> draft_;  // null: none, or prompt lookup
  Predictions result_;
};

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

}  // namespace bantam::predict
