// `bantam models convert`: a Hugging Face folder becomes a GGUF file.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/command.hpp"
#include "cli/consent.hpp"
#include "cli/terminal.hpp"
#include "hub/hub_cache.hpp"
#include "model/convert.hpp"
#include "model/python_environment.hpp"
#include "model/reference.hpp"
#include "run/questions.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Status;

struct ConvertArguments {
  std::string folder;
  std::string outtype = "auto";
  std::string output;
  std::string python;
  std::string pre_tokenizer;
  bool yes = false;
  bool install_only = false;
};

void say(std::string_view line) {
  note("bantam: " + std::string(line));
}

// A folder as it is, or that of a repository in the hub's cache.
Result<fs::path> model_folder(const std::string& text) {
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(text));
  if (reference.kind == model::ReferenceKind::file) return reference.path;
  if (reference.kind != model::ReferenceKind::hub) {
    return base::fail(ErrorKind::usage, fmt::format("{} is no model folder", text),
                      "give a folder, or hf:user/repo");
  }
  TRY_ASSIGN(const auto repository, hub::parse_repository(hub::RepositoryKind::models, reference.target));
  TRY_ASSIGN(const auto cache, hub::HubCache::shared());
  TRY_ASSIGN(const auto commit,
             cache.known_commit(repository, reference.revision.value_or(hub::kMainRevision)));
  if (commit) {
    fs::path folder = cache.snapshot_path(repository, *commit);
    if (model::is_model_folder(folder)) return folder;
  }
  return base::fail(ErrorKind::environment, fmt::format("{} is not in the hub's cache", text),
                    fmt::format("run: bantam models pull --all {}", text));
}

// What will be installed, and the user's consent where it was not given with --yes.
Status ask_for_installation(const model::InstallationPlan& plan, bool yes) {
  if (plan.nothing()) return {};
  if (plan.needs_source) say("this needs llama.cpp's source with its converter (about 80 MB to fetch)");
  if (plan.needs_environment) {
    say(fmt::format("this needs Python packages: {}", plan.packages));
    say(fmt::format("at most {} to fetch and {} on disk, in {}",
                    base::format_bytes(static_cast<double>(model::kMostDownloadBytes)),
                    base::format_bytes(static_cast<double>(model::kMostDiskBytes)), plan.folder.string()));
  }
  return ask_to_install(yes, "the converter is not installed",
                        "give --yes to install, or --python PATH to use an interpreter that has them");
}

Status install(const ConvertArguments& arguments) {
  TRY_ASSIGN(const auto plan, model::plan_installation(arguments.python));
  TRY(ask_for_installation(plan, arguments.yes));
  return model::install_converter(arguments.python, say);
}

Result<model::Conversion> convert(const ConvertArguments& arguments) {
  TRY_ASSIGN(const fs::path path, model_folder(arguments.folder));
  TRY_ASSIGN(const model::ModelFolder folder, model::inspect_folder(path));
  if (!folder.code.empty()) {
    say(fmt::format("the folder brings code ({}); it is not run", base::join(folder.code, ", ")));
  }
  model::ConvertOptions options;
  options.outtype = arguments.outtype;
  options.output = arguments.output;
  options.python = arguments.python;
  options.pre_tokenizer = arguments.pre_tokenizer;
  options.on_line = say;
  options.tokenize = [](const fs::path& gguf, const std::vector<std::string>& texts) {
    return run::tokens_in_worker(gguf, texts, nullptr);
  };
  if (arguments.output.empty()) {
    TRY_ASSIGN(auto known, model::find_conversion(folder, arguments.outtype));
    if (known) return *std::move(known);
  }
  TRY(install(arguments));
  return model::convert_folder(folder, options);
}

int run_convert(const ConvertArguments& arguments) {
  if (arguments.install_only) {
    const Status done = install(arguments);
    return done ? kOk : report_error(done.error());
  }
  if (arguments.folder.empty()) {
    return report_error({ErrorKind::usage, "no folder to convert", "give a folder, or hf:user/repo"});
  }
  const auto made = convert(arguments);
  if (!made) return report_error(made.error());
  std::error_code ignored;
  const std::string size = base::format_bytes(static_cast<double>(fs::file_size(made->gguf, ignored)));
  say(made->lines_compared
          ? fmt::format("converted: {}, the tokens of {} sample lines are those of the folder's tokenizer",
                        size, *made->lines_compared)
          : fmt::format("converted before: {}", size));
  const auto printed = print(made->gguf.string() + "\n");
  return printed ? kOk : report_error(printed.error());
}

}  // namespace

Command setup_models_convert(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("convert", "make a GGUF file of a Hugging Face folder, with llama.cpp's converter");
  add_examples(*command, {{"bantam models convert my-model-folder --outtype f16", ""},
                          {"bantam models convert my-model-folder --output my-model.gguf --yes", ""}});
  auto arguments = std::make_shared<ConvertArguments>();
  command
      ->add_option("folder", arguments->folder,
                   "a folder with config.json, tokenizer and *.safetensors, or hf:user/repo once pulled")
      ->type_name("FOLDER");
  command
      ->add_option("--outtype", arguments->outtype,
                   "auto (a 16-bit type that fits the weights), f32, f16, bf16")
      ->check(CLI::IsMember(model::conversion_types()))
      ->capture_default_str()
      ->type_name("TYPE");
  command->add_option("--output", arguments->output, "where to write the file [the cache]")
      ->type_name("FILE");
  command
      ->add_option("--python", arguments->python,
                   "an interpreter that has the packages [one of bantam's own]")
      ->type_name("PATH");
  command
      ->add_option("--pre-tokenizer", arguments->pre_tokenizer,
                   "llama.cpp's name of the rule that cuts text before BPE [looked up]")
      ->type_name("NAME");
  command->add_flag("--yes", arguments->yes, "install what is missing without asking");
  command->add_flag("--install-only", arguments->install_only, "install the converter and do nothing else");
  return {command, [arguments] { return run_convert(*arguments); }};
}

}  // namespace bantam::cli
