#include "engine/llama/log.hpp"

#include <algorithm>
#include <string_view>

#include "llama.h"

namespace bantam::engine {
namespace {

LogSeverity severity_for(ggml_log_level level) {
  switch (level) {
    case GGML_LOG_LEVEL_ERROR:
      return LogSeverity::error;
    case GGML_LOG_LEVEL_WARN:
      return LogSeverity::warning;
    case GGML_LOG_LEVEL_INFO:
      return LogSeverity::note;
    default:
      return LogSeverity::debug;
  }
}

void keep(ggml_log_level level, const char* text, void* log) {
  static_cast<LlamaLog*>(log)->append(severity_for(level), level == GGML_LOG_LEVEL_CONT, text);
}

void drop(ggml_log_level, const char*, void*) {}

}  // namespace

LlamaLog::LlamaLog() {
  llama_log_set(keep, this);
}

LlamaLog::~LlamaLog() {
  ggml_log_callback callback = nullptr;
  void* owner = nullptr;
  llama_log_get(&callback, &owner);
  if (owner == this) llama_log_set(drop, nullptr);
}

void LlamaLog::append(LogSeverity severity, bool continues, const char* text) {
  const std::lock_guard lock(mutex_);
  std::string_view rest = text == nullptr ? "" : text;
  bool joins = open_line_ && continues;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view part = rest.substr(0, end);
    if (!joins) lines_.push_back({severity, {}});
    std::string& line = lines_.back().text;
    line += part.substr(0, kLongestLine - std::min(kLongestLine, line.size()));
    open_line_ = end == std::string_view::npos;
    joins = false;
    rest = open_line_ ? std::string_view{} : rest.substr(end + 1);
  }
  while (lines_.size() > kLines) lines_.pop_front();
}

std::string LlamaLog::reason() const {
  const std::lock_guard lock(mutex_);
  std::string errors;
  std::string warning;
  for (const LogLine& line : lines_) {
    if (line.severity == LogSeverity::warning) warning = line.text;
    if (line.severity != LogSeverity::error || line.text.empty()) continue;
    if (!errors.empty()) errors += "; ";
    errors += line.text;
  }
  return errors.empty() ? warning : errors;
}

void LlamaLog::forget() {
  llama_log_set(keep, this);
  const std::lock_guard lock(mutex_);
  lines_.clear();
  open_line_ = false;
}

}  // namespace bantam::engine
