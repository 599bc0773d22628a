#pragma once
// The lines of a text from a stranger, one by one, as JSON.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::bundle {

struct Line {
  std::int64_t number = 0;  // from 1
  std::size_t begin = 0;    // bytes before it
  std::string_view text;    // without its line break
  bool is_ended = true;     // by a line break
};

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  // Absent at the end.
  std::optional<Line> next();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t number_ = 0;
};

// bad_input, naming the line, when it is too long, no JSON, or more costly to read than lines of bundles are;
// when it is not written as a bundle's lines are, with other blanks, numbers or a key that stands twice.
base::Result<base::Json> json_of(const Line& line);

}  // namespace bantam::bundle
