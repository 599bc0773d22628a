#pragma once
// Where a generated text ends: at a stop string, wherever tokens cut it. Inside a block of thought no stop
// string counts. Knows nothing of tokens and engines.

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace bantam::engine {

// Follows one growing text. The options must outlive it.
class StopStrings {
 public:
  // `in_thought`: the prompt has opened the block already.
  StopStrings(const GenerateOptions& options, bool in_thought);

  // Whether the text now holds a stop string; `text` is that of the call before with more behind it.
  bool found_in(std::string_view text);

 private:
  // Where the text behind the thought begins; npos while the thought goes on or may still begin.
  std::size_t answer_begin(std::string_view text);

  const GenerateOptions* options_;
  std::size_t longest_ = 0;
  std::size_t seen_ = 0;          // bytes looked at
  bool in_thought_ = false;       // the block is open
  bool settled_ = false;          // there is no block, or it has ended
  std::size_t answer_begin_ = 0;  // once settled
};

}  // namespace bantam::engine
