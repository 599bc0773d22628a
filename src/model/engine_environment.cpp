#include "model/engine_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/environment.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"
#include "cache/embedded.hpp"
#include "plan/program.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::array kKnown{
    KnownEngine{plan::kTransformersEngine, "Hugging Face Transformers: folders with safetensors",
                7'500'000'000},
    KnownEngine{plan::kOnnxEngine, "ONNX Runtime: folders with model.onnx and tokenizer.json", 500'000'000}};

Result<fs::path> scripts_folder() {
  TRY_ASSIGN(const fs::path files, cache::materialize_embedded());
  return files / "engines";
}

Result<fs::path> requirements_file(std::string_view name) {
  TRY_ASSIGN(const fs::path scripts, scripts_folder());
  return scripts / "requirements" / fmt::format("{}.txt", name);
}

// Those of the user are none of its business; a variable of Python's does not change what it computes.
std::vector<std::string> started(const fs::path& python, const fs::path& script) {
  return {python.string(), "-E", "-s", "-B", script.string()};
}

}  // namespace

std::span<const KnownEngine> known_engines() {
  return kKnown;
}

Result<EngineInstallation> engine_installation(std::string_view name) {
  if (std::ranges::find(kKnown, name, &KnownEngine::name) == kKnown.end())
    return base::fail(ErrorKind::usage,
                      fmt::format("no engine '{}' comes with bantam", base::printable(name)),
                      "`bantam engines list` names those that do");
  TRY_ASSIGN(const fs::path file, requirements_file(name));
  TRY_ASSIGN(const std::string list, base::read_file(file, 1 << 20));
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  EngineInstallation installation;
  installation.folder = cache / "engines" / fmt::format("{}-{}", name, base::sha256(list).substr(0, 16));
  installation.packages = pinned_packages(list);
  installation.is_there = is_complete(installation.folder);
  return installation;
}

Status install_engine(std::string_view name, const Lines& on_line) {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  TRY(base::make_folders(cache / "engines"));
  TRY_ASSIGN(const auto lock, cache::FileLock::take(cache / "engines/lock"));
  TRY_ASSIGN(const EngineInstallation planned, engine_installation(name));
  const auto known = std::ranges::find(kKnown, name, &KnownEngine::name);
  TRY(check_space(cache / "engines", known->most_disk_bytes));
  on_line(fmt::format("making a Python environment in {}", planned.folder.string()));
  TRY(make_venv(planned.folder));
  TRY_ASSIGN(const fs::path file, requirements_file(name));
  TRY(pip(planned.folder / "bin/python", {"install", "-r", file.string()}, "the Python packages", on_line));
  return mark_complete(planned.folder);
}

Result<std::vector<std::string>> engine_command(std::string_view program) {
  if (!plan::is_known_program(program)) return plan::words_of_command(program);
  TRY_ASSIGN(const fs::path scripts, scripts_folder());
  const fs::path script = scripts / fmt::format("{}_engine.py", program);
  if (const std::string own = base::environment_text(kEnginePythonVariable); !own.empty())
    return started(own, script);
  TRY_ASSIGN(const EngineInstallation installation, engine_installation(program));
  if (!installation.is_there)
    return base::fail(ErrorKind::environment,
                      fmt::format("the Python environment of the engine {} is not there", program),
                      fmt::format("make it, once: bantam engines setup {}", program));
  return started(installation.folder / "bin/python", script);
}

Result<std::vector<std::string>> conformance_command() {
  TRY_ASSIGN(const fs::path scripts, scripts_folder());
  return started("python3", scripts / "conformance.py");
}

}  // namespace bantam::model
