#pragma once
// Jinja templates, run by llama.cpp's own engine (the only file that knows it). Two dialects: `chat` is what
// chat templates expect; `python` is what lm-evaluation-harness's task files expect. Nothing of a template's
// output is longer than 1 MiB.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::prompt {

enum class Dialect {
  chat,    // trim_blocks, lstrip_blocks; a variable that is not there prints nothing
  python,  // white space is kept, a final line break too; a variable that is not there is an error that names
           // it; values print as Python's str() prints them; strings count in code points
};

// A piece of the output; `is_input`: all of it came from marked values, none from the template.
struct TextPart {
  std::string text;
  bool is_input = false;
};

class Template {
 public:
  // bad_input, with the engine's reason, for a template that does not parse.
  static base::Result<Template> compile(std::string_view source, Dialect dialect);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // `values`: a JSON object, one member per variable. bad_input when rendering fails or the output is too
  // long.
  base::Result<std::string> render(const base::Json& values) const;
  // `inputs` are marked, so that their text is told from the template's; `trusted` are not.
  base::Result<std::vector<TextPart>> render_parts(const base::Json& inputs, const base::Json& trusted) const;

 private:
  struct Program;
  explicit Template(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace bantam::prompt
