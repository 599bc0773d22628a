#pragma once
// Regular expressions as Python's `re` writes them, run by ICU within a time limit. Differences of the two
// dialects that matter in task files are translated; what cannot be is refused when the pattern is made.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::score {

class Pattern {
 public:
  // bad_input, naming the pattern, when it is not a valid expression.
  static base::Result<Pattern> compile(std::string_view python_pattern);

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // re.findall: for each match its groups, or the whole match when the pattern has none. bad_input when
  // matching takes longer than a second or needs too deep a stack.
  base::Result<std::vector<std::vector<std::string>>> find_all(std::string_view text) const;

  // re.sub; the replacement is written in ICU's way: $1 is the first group. The same errors.
  base::Result<std::string> replace_all(std::string_view text, std::string_view replacement) const;

 private:
  struct Compiled;
  explicit Pattern(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

// The same expression in ICU's dialect.
std::string icu_dialect(std::string_view python_pattern);

}  // namespace bantam::score
