#include "predict/heads.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <filesystem>
#include <system_error>

#include "base/files.hpp"

namespace bantam::predict {

HeadFiles::~HeadFiles() {
  std::error_code ignored;
  for (const engine::ModelHead& part : parts_) std::filesystem::remove(part.path, ignored);
}

base::Status HeadFiles::add(const std::string& head, std::int64_t file_bytes) {
  TRY_ASSIGN(const auto cache, base::cache_folder());
  const auto path = cache / "heads" / fmt::format("{}-{}.gguf", ::getpid(), parts_.size());
  TRY(base::write_file_atomically(path, head));
  parts_.push_back({path, file_bytes});
  return {};
}

}  // namespace bantam::predict
