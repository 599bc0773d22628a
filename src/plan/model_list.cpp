#include "plan/model_list.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t kLargestList = 1 << 20;
constexpr const char* kHint = "one model a line: embedded:nano, hf:user/repo, PATH or NAME=REFERENCE";

bool is_list(const std::string& text) {
  return base::ascii_lower(text).ends_with(".txt");
}

}  // namespace

ModelEntry model_entry_from(const std::string& text) {
  const auto equals = text.find('=');
  const auto slash = text.find_first_of("/:");
  if (equals == std::string::npos || equals == 0 || slash < equals) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::vector<ModelEntry>> read_model_list(const std::filesystem::path& path) {
  const std::string shown = base::printable(path.string());
  const auto text = base::read_file(path, kLargestList);
  if (!text) return base::fail(ErrorKind::usage, text.error().message, kHint);
  std::vector<ModelEntry> models;
  std::size_t number = 0;
  for (const std::string& raw : base::split(*text, '\n')) {
    ++number;
    const std::string line(base::trim(raw));
    if (line.empty() || line.front() == '#') continue;
    if (line.find('\0') != std::string::npos || is_list(line)) {
      return base::fail(ErrorKind::usage,
                        fmt::format("{}:{}: '{}' names no model", shown, number,
                                    base::ellipsize(base::printable(line), 80)),
                        kHint);
    }
    models.push_back(model_entry_from(line));
  }
  if (models.empty()) return base::fail(ErrorKind::usage, fmt::format("{}: names no model", shown), kHint);
  return models;
}

Result<std::vector<ModelEntry>> models_from(const std::vector<std::string>& texts) {
  std::vector<ModelEntry> models;
  for (const std::string& text : texts) {
    if (!is_list(text)) {
      models.push_back(model_entry_from(text));
      continue;
    }
    TRY_ASSIGN(auto listed, read_model_list(text));
    models.insert(models.end(), listed.begin(), listed.end());
  }
  return models;
}

}  // namespace bantam::plan
