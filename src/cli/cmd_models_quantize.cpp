// `bantam models quantize`: the files of a model's precisions, made as `bantam run` makes them.

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "engine/cores.hpp"
#include "model/make_artifact.hpp"
#include "plan/options.hpp"
#include "plan/precision.hpp"
#include "report/quantization_page.hpp"
#include "run/make.hpp"
#include "run/prepare.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Status;
using report::QuantizedFile;

struct QuantizeArguments {
  std::string model;
  OptionFlags flags;
  std::string imatrix;
  std::string output;
  std::string output_dir;
  std::string format = "table";
  bool dry_run = false;
  bool quiet = false;
};

const std::vector<std::string>& shared_options() {
  static const std::vector<std::string> kNames{"precisions",
                                               "calibration_dataset",
                                               "num_calibration_samples",
                                               "max_sequence_length",
                                               "threads",
                                               "hang_timeout",
                                               "offline"};
  return kNames;
}

// A matrix takes the place of the text that one would be gathered from.
Status add_imatrix(const std::string& path, plan::OptionValues& values) {
  if (path.empty()) return {};
  if (!base::ascii_lower(path).ends_with(".gguf")) {
    return base::fail(ErrorKind::usage, fmt::format("--imatrix {} is no GGUF file", base::printable(path)),
                      "older matrices become one by: llama-imatrix --in-file FILE -o FILE.gguf");
  }
  for (const auto& [name, texts] : values) {
    if (name != "calibration_dataset") continue;
    return base::fail(ErrorKind::usage, "--imatrix and --calibration-dataset contradict each other",
                      "give one of them");
  }
  values.emplace_back("calibration_dataset", std::vector<std::string>{path});
  return {};
}

Result<plan::Plan> plan_from(const QuantizeArguments& arguments) {
  plan::OptionValues values = arguments.flags.values();
  TRY(add_imatrix(arguments.imatrix, values));
  values.emplace_back("models", std::vector<std::string>{arguments.model});
  values.emplace_back("tasks", std::vector{std::string(record::name(record::CellKind::performance))});
  TRY_ASSIGN(plan::Request request, plan::build_request(values));
  plan::Plan plan = std::move(request.plan);
  if (plan.models.size() != 1) {
    return base::fail(ErrorKind::usage,
                      fmt::format("{} names {} models", arguments.model, plan.models.size()),
                      "give one model");
  }
  if (!arguments.output.empty() && plan.precisions.size() != 1) {
    return base::fail(
        ErrorKind::usage,
        fmt::format("--output is one file, and {} precisions are asked for", plan.precisions.size()),
        "use --output-dir, or one precision");
  }
  plan.lora_mode = plan::kMergeAdapters;  // a file of its own has the adapter in it
  return plan;
}

fs::path copy_path(const QuantizeArguments& arguments, const plan::ModelEntry& model,
                   const std::string& type) {
  if (!arguments.output.empty()) return arguments.output;
  if (arguments.output_dir.empty()) return {};
  return fs::path(arguments.output_dir) / fmt::format("{}-{}.gguf", base::file_name_from(model.name), type);
}

// A copy that is whole or not there. What is there already is never replaced by something else.
Status copy_out(const model::Artifact& artifact, const fs::path& target) {
  std::error_code error;
  if (fs::exists(target, error)) {
    const auto sha256 = cache::cached_sha256(target);
    if (!sha256 && sha256.error().kind == ErrorKind::interrupted) return tl::unexpected(sha256.error());
    if (sha256 && *sha256 == artifact.sha256) return {};
    return base::fail(ErrorKind::usage, fmt::format("{} is there already", base::printable(target.string())),
                      "remove it, or choose another name");
  }
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  TRY(base::check_writable_folder(folder));
  const fs::path part = target.string() + fmt::format(".{}.part", ::getpid());
  if (!fs::copy_file(artifact.path, part, error) || error) {
    std::error_code ignored;
    fs::remove(part, ignored);
    return base::fail(ErrorKind::storage,
                      fmt::format("cannot write {}: {}", base::printable(target.string()), error.message()));
  }
  return base::publish_file(part, target);
}

class Quantization {
 public:
  Quantization(const QuantizeArguments& arguments, const plan::Plan& plan, const model::Source& source,
               job::Interrupts& interrupts)
      : arguments_(arguments),
        plan_(plan),
        source_(source),
        interrupts_(interrupts),
        progress_(stderr_terminal(), arguments.quiet, {}) {}

  // Every precision is tried. An interrupt ends it; `interrupted()` then says so.
  std::vector<QuantizedFile> make_all() {
    std::vector<QuantizedFile> files;
    for (const std::string& name : plan_.precisions) {
      if (interrupted_) break;
      files.push_back(make(name, files.size()));
    }
    progress_.clear();
    return files;
  }
  bool interrupted() const { return interrupted_; }

 private:
  QuantizedFile make(const std::string& name, std::size_t index) {
    QuantizedFile file;
    file.precision = name;
    if (const Status made = try_to_make(file, index); !made) {
      file.state = "failed";
      file.error = made.error();
    }
    return file;
  }

  Status try_to_make(QuantizedFile& file, std::size_t index) {
    TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(file.precision));
    file.artifact.file_type = precision.llama_type;
    TRY_ASSIGN(file.artifact, model::plan_making(source_, precision, plan_.calibration));
    if (file.artifact.ready) {
      file.state = file.artifact.made ? "in the cache" : "the source itself";
    } else if (arguments_.dry_run) {
      file.state = "to be made";
      return {};
    } else {
      TRY(make_now(file, precision, index));
    }
    TRY_ASSIGN(file.info, gguf::inspect(file.artifact.path));
    const fs::path target = copy_path(arguments_, plan_.models.front(), precision.llama_type);
    if (target.empty() || arguments_.dry_run) return {};
    TRY(copy_out(file.artifact, target));
    file.output = target;
    return {};
  }

  Status make_now(QuantizedFile& file, const plan::Precision& precision, std::size_t index) {
    const base::MonotonicClock clock;
    const std::int64_t start_ns = clock.now_ns();
    progress_.on_cell_started(
        {index, plan_.precisions.size(), {plan_.models.front(), file.precision, {}, "file"}});
    const run::Making making{source_, precision, plan_.calibration,
                             plan_.engine.threads.value_or(engine::physical_cores()), plan_.hang_timeout_s};
    const Status made = run::make_file(
        making, &interrupts_, [this](const run::Progress& step) { progress_.on_progress(step); },
        file.artifact);
    interrupted_ = !made && made.error().kind == ErrorKind::interrupted;
    if (interrupted_) return base::fail(ErrorKind::interrupted, "interrupted; what was made is kept");
    TRY(made);
    file.seconds = base::seconds(clock.now_ns() - start_ns);
    file.state = "made";
    return {};
  }

  const QuantizeArguments& arguments_;
  const plan::Plan& plan_;
  const model::Source& source_;
  job::Interrupts& interrupts_;
  ProgressLine progress_;
  bool interrupted_ = false;
};

Result<run::Inputs> find_model(const QuantizeArguments& arguments, const plan::Plan& plan,
                               job::Interrupts& interrupts) {
  TransferLine line(stderr_terminal(), arguments.quiet);
  model::LocateOptions options;
  options.offline = plan.offline;
  options.stopped = [&interrupts] { return interrupts.stopped(); };
  options.on_transfer = [&line](const hub::Transfer& transfer) { line.show(transfer); };
  auto inputs = run::find_inputs(plan, options);
  line.clear();
  return inputs;
}

// The code of the first failure.
int first_failure(const std::vector<QuantizedFile>& files) {
  int code = kOk;
  for (const QuantizedFile& file : files) {
    if (!file.error || file.error->kind == ErrorKind::interrupted) continue;
    const int failure = report_error(*file.error);
    if (code == kOk) code = failure;
  }
  return code;
}

Result<int> quantize_and_print(const QuantizeArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const plan::Plan plan, plan_from(arguments));
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  const HashingLine hashing(stderr_terminal(), arguments.quiet, [&] { return interrupts.stopped(); });
  TRY_ASSIGN(const run::Inputs inputs, find_model(arguments, plan, interrupts));
  Quantization quantization(arguments, plan, inputs.sources.front(), interrupts);
  const auto files = quantization.make_all();
  TRY(print(report::quantization_page(files, format, page_style())));
  const int code = first_failure(files);
  if (!quantization.interrupted()) return code;
  note("bantam: interrupted; files that are whole are kept, run it again for the rest");
  return interrupted_code(interrupts.signal_number());
}

}  // namespace

Command setup_models_quantize(CLI::App& app) {
  CLI::App* command = app.add_subcommand("quantize", "make the files of a model's precisions");
  add_examples(*command, {{"bantam models quantize my-f16.gguf --precisions int8 int4", ""},
                          {"bantam models quantize my-f16.gguf --precisions IQ2_M --calibration-dataset "
                           "embedded --output small.gguf",
                           ""}});
  auto arguments = std::make_shared<QuantizeArguments>();
  command
      ->add_option("REF", arguments->model,
                   "embedded:nano, hf:user/repo, a GGUF file with float weights; +lora: is merged")
      ->required()
      ->type_name("");
  arguments->flags.add_to(*command, shared_options());
  command->add_option("--imatrix", arguments->imatrix, "an importance matrix that was gathered before")
      ->type_name("FILE.gguf");
  auto* output =
      command->add_option("--output", arguments->output, "copy the one file there")->type_name("FILE");
  command->add_option("--output-dir", arguments->output_dir, "copy the files there, as NAME-TYPE.gguf")
      ->type_name("DIR")
      ->excludes(output);
  command->add_flag("--dry-run", arguments->dry_run, "say what would be made, make nothing");
  command->add_flag("-q,--quiet", arguments->quiet, "no progress");
  command->add_option("-o", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(quantize_and_print(*arguments)); }};
}

}  // namespace bantam::cli
