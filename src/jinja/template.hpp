#pragma once
// Jinja templates, with the meaning that Jinja2 3.1 gives them: byte for byte the same text, or an error.
// What is not supported is refused by name ("not supported: ..."). Two dialects: `task` is how
// lm-evaluation-harness calls Jinja2 on its task files, `chat` how Transformers calls it on chat templates.
// No template, whoever wrote it, takes more than the limits.

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::jinja {

enum class Dialect {
  task,  // a final line break is kept; printing or testing a variable that is not there is an error that
         // names it; the filter regex_replace
  chat,  // trim_blocks, lstrip_blocks; a variable that is not there prints nothing; values cannot be changed;
         // break and continue, generation, raise_exception, strftime_now, json.dumps as tojson
};

// In the message of an error that a chat template has raised itself, by raise_exception().
inline constexpr std::string_view kRefusal = "raise_exception: ";

// A piece of the output; `is_input`: all of it came from marked values, none from the template.
struct TextPart {
  std::string text;
  bool is_input = false;
};

struct Limits {
  std::size_t source_bytes = std::size_t{256} << 10;
  int nesting = 150;                // of expressions and blocks
  int depth = 500;                  // of what runs inside of what: calls, blocks, expressions
  std::int64_t steps = 20'000'000;  // evaluated expressions and visited elements, characters / 8
  std::size_t output_bytes = std::size_t{16} << 20;
  std::size_t value_bytes = std::size_t{256} << 20;  // of all values that were made
  std::function<bool()> interrupted;                 // asked now and then; true ends the rendering
  std::optional<std::time_t> now;                    // what strftime_now tells; absent: the clock's time
};

class Template {
 public:
  // bad_input, with line and reason, for a template that does not parse or asks for what is not supported.
  static base::Result<Template> compile(std::string_view source, Dialect dialect, Limits limits = {});

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // `values`: a JSON object, one member per variable. bad_input, with the line, when Jinja2 would raise, when
  // something is not supported, or when a limit is passed; interrupted when the limits' check says so.
  base::Result<std::string> render(const base::Json& values) const;
  // `inputs` are marked, so that their text is told from the template's; `trusted` are not.
  base::Result<std::vector<TextPart>> render_parts(const base::Json& inputs, const base::Json& trusted) const;

 private:
  struct Program;
  explicit Template(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace bantam::jinja
