#include "engine/stop_strings.hpp"

#include <algorithm>

namespace bantam::engine {

StopStrings::StopStrings(const GenerateOptions& options, bool in_thought)
    : options_(&options), in_thought_(in_thought), settled_(options.think_close.empty()) {
  for (const std::string& stop : options.stop) longest_ = std::max(longest_, stop.size());
}

std::size_t StopStrings::answer_begin(std::string_view text) {
  if (settled_) return answer_begin_;
  if (!in_thought_) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return begin;
    const std::string_view rest = text.substr(begin);
    const std::string_view open = options_->think_open;
    if (!open.empty() && rest.size() < open.size() && open.starts_with(rest)) return std::string_view::npos;
    in_thought_ = !open.empty() && rest.starts_with(open);
    if (!in_thought_) {
      settled_ = true;
      return answer_begin_;
    }
  }
  const std::size_t close = text.find(options_->think_close);
  if (close == std::string_view::npos) return close;
  settled_ = true;
  seen_ = answer_begin_ = close + options_->think_close.size();
  return answer_begin_;
}

bool StopStrings::found_in(std::string_view text) {
  if (longest_ == 0) return false;
  const std::size_t begin = answer_begin(text);
  if (begin == std::string_view::npos) return false;
  const std::size_t from = std::max(begin, seen_ - std::min(seen_, longest_ - 1));
  seen_ = text.size();
  return std::any_of(options_->stop.begin(), options_->stop.end(), [&](const std::string& stop) {
    return !stop.empty() && text.find(stop, from) != std::string_view::npos;
  });
}

}  // namespace bantam::engine
