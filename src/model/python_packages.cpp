#include "model/python_packages.hpp"

#include <fmt/format.h>

#include <iterator>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::fail;

constexpr const char* kComplete = ".complete";

}  // namespace

base::Program python_program(const fs::path& python) {
  base::Program program;
  program.arguments = {python.string()};
  program.environment = {{"PYTHONNOUSERSITE", "1"},     {"PYTHONDONTWRITEBYTECODE", "1"},
                         {"PYTHONUTF8", "1"},           {"HF_HUB_OFFLINE", "1"},
                         {"TRANSFORMERS_OFFLINE", "1"}, {"TOKENIZERS_PARALLELISM", "false"},
                         {"CUDA_VISIBLE_DEVICES", ""}};
  program.unset = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"};
  return program;
}

base::Result<base::ProgramEnd> run_python(const fs::path& python, std::vector<std::string> arguments,
                                          const Lines& on_line, std::optional<double> timeout_s) {
  base::Program program = python_program(python);
  std::move(arguments.begin(), arguments.end(), std::back_inserter(program.arguments));
  program.on_line = on_line;
  program.timeout_s = timeout_s;
  return base::run_program(program);
}

base::Status make_venv(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  TRY(base::make_folders(folder.parent_path()));
  constexpr const char* kHint = "install python3 (3.10 or newer) with its venv module, or give --python PATH";
  const auto made = run_python("python3", {"-m", "venv", folder.string()}, {}, kQuickTimeout_s);
  if (!made) return fail(ErrorKind::environment, made.error().message, kHint);
  if (made->ok()) return {};
  return fail(ErrorKind::environment, fmt::format("cannot make a Python environment: {}", made->last_words()),
              kHint);
}

base::Status pip(const fs::path& python, std::vector<std::string> arguments, std::string_view what,
                 const Lines& on_line) {
  std::vector<std::string> all = {"-m", "pip"};
  std::move(arguments.begin(), arguments.end(), std::back_inserter(all));
  for (const char* option : {"--disable-pip-version-check", "--no-input", "--progress-bar", "off"}) {
    all.emplace_back(option);
  }
  TRY_ASSIGN(const auto end, run_python(python, std::move(all), on_line));
  if (end.ok()) return {};
  if (end.errors.find("No space left") != std::string::npos) {
    return fail(ErrorKind::storage, fmt::format("cannot fetch {}: no space left", what),
                "free some space, or set BANTAM_CACHE to a larger disk");
  }
  return fail(ErrorKind::environment, fmt::format("cannot fetch {}: {}", what, end.last_words()),
              "check the network (pip's own settings for proxies and indexes hold), or give --python PATH");
}

base::Status check_space(const fs::path& folder, std::uint64_t bytes) {
  TRY(base::make_folders(folder));
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (error || space.available >= bytes) return {};
  return fail(ErrorKind::storage,
              fmt::format("{} are free in {}, and the Python environment can take {}",
                          base::format_bytes(static_cast<double>(space.available)), folder.string(),
                          base::format_bytes(static_cast<double>(bytes))),
              "free some space, set BANTAM_CACHE to a larger disk, or give --python PATH");
}

bool is_complete(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kComplete, ignored);
}

base::Status mark_complete(const fs::path& folder) {
  return base::write_file_atomically(folder / kComplete, "");
}

std::vector<std::string> pinned_packages(const std::string& requirements) {
  std::vector<std::string> pins;
  for (const std::string& line : base::split(requirements, '\n')) {
    if (line.find("==") != std::string::npos && !line.starts_with('#')) pins.emplace_back(base::trim(line));
  }
  return pins;
}

}  // namespace bantam::model
