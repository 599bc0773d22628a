#include "model/python_environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cache/cache.hpp"
#include "cache/embedded.hpp"
#include "model/python_packages.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::fail;

constexpr const char* kRequirements = "requirements.txt";
// The converter's own list of packages in llama.cpp's tree; of it we take where CPU-only PyTorch is found.
constexpr const char* kListOfSource = "requirements/requirements-convert_hf_to_gguf.txt";
constexpr std::string_view kExtraIndex = "--extra-index-url";
constexpr const char* kImports =
    "import torch, transformers, tokenizers, safetensors, sentencepiece, google.protobuf, numpy, yaml";

base::Result<fs::path> scripts_folder() {
  TRY_ASSIGN(const fs::path files, cache::materialize_embedded());
  return files / "convert";
}

base::Result<std::string> requirements() {
  TRY_ASSIGN(const fs::path scripts, scripts_folder());
  return base::read_file(scripts / kRequirements, 1 << 20);
}

base::Result<fs::path> environment_folder() {
  TRY_ASSIGN(const std::string list, requirements());
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  return cache / "converter" / base::sha256(list).substr(0, 16);
}

// Our cache, and the folder that scripts/setup.sh fetches into.
std::vector<fs::path> source_places() {
  std::vector<fs::path> places;
  if (const auto cache = base::cache_folder()) places.push_back(*cache / "src" / BANTAM_LLAMA_ARCHIVE);
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (xdg && *xdg) {
    places.push_back(fs::path(xdg) / "bantam/src" / BANTAM_LLAMA_ARCHIVE);
  } else if (home && *home) {
    places.push_back(fs::path(home) / ".cache/bantam/src" / BANTAM_LLAMA_ARCHIVE);
  }
  return places;
}

std::optional<fs::path> find_source() {
  for (const fs::path& place : source_places()) {
    if (is_complete(place)) return place / "vendor/llama.cpp";
  }
  return std::nullopt;
}

// Fetches the pinned source archive and unpacks it; it has its final name only when all of it is there.
base::Status fetch_source(const fs::path& python, const Lines& on_line) {
  const std::string archive = BANTAM_LLAMA_ARCHIVE;
  const std::string package = archive.substr(0, archive.rfind('-'));
  const std::string version = archive.substr(archive.rfind('-') + 1);
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  const fs::path target = cache / "src" / archive;
  const fs::path work = cache / "src" / fmt::format(".fetch-{}", ::getpid());
  std::error_code ignored;
  fs::remove_all(work, ignored);
  TRY(base::make_folders(work / "tree"));
  const base::Status done = [&]() -> base::Status {
    TRY(pip(python,
            {"download", "--no-deps", "--no-binary", package, "-d", work.string(), package + "==" + version},
            "llama.cpp's source", on_line));
    fs::path file;
    for (const auto& entry : fs::directory_iterator(work, ignored)) {
      if (entry.path().extension() == ".gz") file = entry.path();
    }
    TRY_ASSIGN(const std::string sha256, base::sha256_of_file(file));
    if (sha256 != BANTAM_LLAMA_ARCHIVE_SHA256) {
      return fail(ErrorKind::integrity,
                  fmt::format("the archive of {} is not the pinned one (sha256 {})", archive, sha256));
    }
    base::Program tar;
    tar.arguments = {"tar", "-xzf", file.string(), "-C", (work / "tree").string(), "--strip-components=1"};
    TRY_ASSIGN(const auto unpacked, base::run_program(tar));
    if (!unpacked.ok()) {
      return fail(ErrorKind::storage,
                  fmt::format("cannot unpack llama.cpp's source: {}", unpacked.last_words()));
    }
    TRY(mark_complete(work / "tree"));
    std::error_code error;
    fs::remove_all(target, error);
    fs::rename(work / "tree", target, error);
    if (error)
      return fail(ErrorKind::storage, fmt::format("cannot make {}: {}", target.string(), error.message()));
    return {};
  }();
  fs::remove_all(work, ignored);
  return done;
}

// PyTorch alone first: only for it a further index is asked, the one that llama.cpp's own list names.
base::Status install_packages(const fs::path& python, const fs::path& source, const Lines& on_line) {
  TRY_ASSIGN(const fs::path scripts, scripts_folder());
  TRY_ASSIGN(const std::string list, requirements());
  std::vector<std::string> torch = {
      "install", "--no-deps", "--retries", "1", "--timeout", "20", pinned_packages(list).front()};
  if (const auto theirs = base::read_file(source / kListOfSource, 1 << 20)) {
    for (const std::string& line : base::split(*theirs, '\n')) {
      if (!line.starts_with(kExtraIndex)) continue;
      torch.emplace_back(kExtraIndex);
      torch.emplace_back(base::trim(std::string_view(line).substr(kExtraIndex.size())));
    }
  }
  TRY(pip(python, std::move(torch), "PyTorch", on_line));
  return pip(python, {"install", "-r", (scripts / kRequirements).string()}, "the Python packages", on_line);
}

base::Status check_imports(const fs::path& python) {
  constexpr const char* kHint =
      "leave --python away for an environment of bantam's own, or install the packages into it";
  const auto end = run_python(python, {"-c", kImports}, {}, kQuickTimeout_s);
  if (!end) return fail(ErrorKind::environment, end.error().message, kHint);
  if (end->ok()) return {};
  return fail(ErrorKind::environment,
              fmt::format("{} cannot run the converter: {}", python.string(), end->last_words()), kHint);
}

}  // namespace

base::Result<std::string> converter_version() {
  TRY_ASSIGN(const std::string list, requirements());
  return fmt::format("{} {} packages {}", BANTAM_LLAMA_ARCHIVE,
                     std::string(BANTAM_LLAMA_ARCHIVE_SHA256).substr(0, 12),
                     base::sha256(list).substr(0, 12));
}

base::Result<InstallationPlan> plan_installation(const fs::path& python) {
  InstallationPlan plan;
  plan.needs_source = !find_source();
  if (!python.empty()) return plan;
  TRY_ASSIGN(plan.folder, environment_folder());
  plan.needs_environment = !is_complete(plan.folder);
  TRY_ASSIGN(const std::string list, requirements());
  std::vector<std::string> pins = pinned_packages(list);
  constexpr std::size_t kNamed = 5;
  const std::size_t others = pins.size() > kNamed ? pins.size() - kNamed : 0;
  pins.resize(std::min(pins.size(), kNamed));
  for (std::string& pin : pins) pin = base::replace_all(std::move(pin), "==", " ");
  plan.packages = fmt::format("{} and {} more", base::join(pins, ", "), others);
  return plan;
}

base::Status install_converter(const fs::path& python, const Lines& on_line) {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  TRY(base::make_folders(cache / "converter"));
  TRY_ASSIGN(const auto lock, cache::FileLock::take(cache / "converter/lock"));
  TRY_ASSIGN(const InstallationPlan plan, plan_installation(python));
  if (!python.empty()) {
    TRY(check_imports(python));
    return plan.needs_source ? fetch_source(python, on_line) : base::Status{};
  }
  if (plan.nothing()) return {};
  const fs::path own = plan.folder / "bin/python";
  if (plan.needs_environment) {
    TRY(check_space(cache / "converter", kMostDiskBytes));
    on_line(fmt::format("making a Python environment in {}", plan.folder.string()));
    TRY(make_venv(plan.folder));
  }
  if (plan.needs_source) {
    on_line("fetching llama.cpp's source");
    TRY(fetch_source(own, on_line));
  }
  if (!plan.needs_environment) return {};
  on_line("installing the packages");
  const auto source = find_source();
  TRY(install_packages(own, source.value_or(fs::path()), on_line));
  TRY(check_imports(own));
  return mark_complete(plan.folder);
}

base::Result<ConverterTools> find_converter(const fs::path& python) {
  TRY_ASSIGN(const InstallationPlan plan, plan_installation(python));
  const auto source = find_source();
  if (!plan.nothing() || !source) {
    return fail(ErrorKind::environment, "the converter is not installed",
                "run: bantam models convert --install-only");
  }
  TRY_ASSIGN(const fs::path scripts, scripts_folder());
  return ConverterTools{python.empty() ? plan.folder / "bin/python" : python, *source, scripts};
}

}  // namespace bantam::model
