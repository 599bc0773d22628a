#include "predict/heads.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <atomic>
#include <filesystem>
#include <system_error>

#include "base/files.hpp"
#include "gguf/split.hpp"

namespace bantam::predict {
namespace {

base::Result<std::vector<engine::ModelHead>> local_parts(const std::filesystem::path& path) {
  TRY_ASSIGN(const auto paths, gguf::find_parts(path));
  std::vector<engine::ModelHead> parts;
  for (const auto& part : paths) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(part, failed);
    if (failed) {
      return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", part.string(), failed.message()));
    }
    parts.push_back({part, static_cast<std::int64_t>(bytes)});
  }
  return parts;
}

// Heads of several models may lie there at once.
int next_number() {
  static std::atomic<int> next{0};
  return next++;
}

}  // namespace

HeadFiles::~HeadFiles() {
  std::error_code ignored;
  for (const engine::ModelHead& part : parts_) std::filesystem::remove(part.path, ignored);
}

base::Status HeadFiles::add(const std::string& head, std::int64_t file_bytes) {
  TRY_ASSIGN(const auto cache, base::cache_folder());
  const auto path = cache / "heads" / fmt::format("{}-{}.gguf", ::getpid(), next_number());
  TRY(base::write_file_atomically(path, head));
  parts_.push_back({path, file_bytes});
  return {};
}

base::Result<std::vector<engine::ModelHead>> parts_of(const model::Source& source, HeadFiles& heads) {
  if (source.shape) return std::vector<engine::ModelHead>{};
  if (source.unfetched.empty()) return local_parts(source.path);
  for (const model::UnfetchedPart& part : source.unfetched)
    TRY(heads.add(part.head, static_cast<std::int64_t>(part.file_bytes)));
  return heads.parts();
}

}  // namespace bantam::predict
