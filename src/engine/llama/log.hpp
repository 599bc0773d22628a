#pragma once
// llama.cpp's log, kept in memory instead of being printed: what it said last explains our errors.

#include <deque>
#include <mutex>
#include <string>

namespace bantam::engine {

enum class LogSeverity { debug, note, warning, error };

struct LogLine {
  LogSeverity severity = LogSeverity::debug;
  std::string text;  // without the line end
};

// llama.cpp has one log for the whole program. It goes to the LlamaLog that was made or forgot last; when
// that one ends, nowhere.
class LlamaLog {
 public:
  LlamaLog();
  ~LlamaLog();
  LlamaLog(const LlamaLog&) = delete;
  LlamaLog& operator=(const LlamaLog&) = delete;

  // The error lines among the last kLines lines, joined by "; "; the last warning when there are none; else
  // empty.
  std::string reason() const;
  // From here on reason() speaks of what comes, which goes to this one.
  void forget();
  // For llama.cpp's threads. `text` may be a part of a line or several lines.
  void append(LogSeverity severity, bool continues, const char* text);

 private:
  static constexpr std::size_t kLines = 64;
  static constexpr std::size_t kLongestLine = 400;

  mutable std::mutex mutex_;
  std::deque<LogLine> lines_;
  bool open_line_ = false;
};

}  // namespace bantam::engine
