#include "prompt/llama/jinja.hpp"

#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>

#include <fmt/format.h>

#include <exception>

#include "base/text.hpp"
#include "prompt/llama/jinja_python.hpp"
#include "prompt/llama/jinja_values.hpp"

namespace bantam::prompt {
namespace {

using base::ErrorKind;

constexpr std::size_t kMaxSourceBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxOutputBytes = std::size_t{1} << 20;
constexpr std::int64_t kMaxRange = 100'000;
constexpr int kMaxDepth = 200;  // the engine's parser and interpreter recurse

// The engine's message without its excerpt of the source, on one line.
std::string reason_text(const std::exception& exception) {
  std::string_view text = exception.what();
  if (const auto at = text.rfind("Error: "); at != std::string_view::npos) text.remove_prefix(at + 7);
  return base::printable(base::trim(text.substr(0, text.find('\n', 1))));
}

int nesting_depth(std::string_view source) {
  int depth = 0;
  int deepest = 0;
  for (const char c : source) {
    if (c == '(' || c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ')' || c == ']' || c == '}') --depth;
  }
  return deepest;
}

// range() that does not fill the memory.
jinja::value bounded_range(const jinja::func_args& args) {
  for (const jinja::value& bound : args.get_args()) {
    if (jinja::is_val<jinja::value_int>(bound) && std::abs(bound->as_int()) > kMaxRange) {
      throw jinja::rethrown_exception(fmt::format("range() of more than {} values", kMaxRange));
    }
  }
  return jinja::global_builtins().at("range")(args);
}

void set_values(jinja::context& context, const base::Json& values, bool is_input) {
  for (const auto& [name, value] : values.items()) context.set_val(name, value_from(value, is_input));
}

}  // namespace

struct Template::Program {
  std::string source;
  Dialect dialect = Dialect::chat;
  jinja::program program;
};

Template::Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

base::Result<Template> Template::compile(std::string_view source, Dialect dialect) {
  if (source.size() > kMaxSourceBytes || nesting_depth(source) > kMaxDepth) {
    return base::fail(ErrorKind::bad_input, "template is too long or too deeply nested");
  }
  try {
    auto made = std::make_shared<Program>();
    made->dialect = dialect;
    made->source = dialect == Dialect::python ? with_kept_white_space(source) : std::string(source);
    jinja::lexer lexer;
    made->program = jinja::parse_from_tokens(lexer.tokenize(made->source));
    if (dialect == Dialect::python) speak_python(made->program);
    return Template(std::move(made));
  } catch (const std::exception& exception) {
    return base::fail(ErrorKind::bad_input, fmt::format("template '{}' is not valid Jinja: {}",
                                                        base::ellipsize(source, 60), reason_text(exception)));
  }
}

base::Result<std::vector<TextPart>> Template::render_parts(const base::Json& inputs,
                                                           const base::Json& trusted) const {
  try {
    jinja::context context(program_->source);
    context.set_val("range", jinja::mk_val<jinja::value_func>("range", bounded_range));
    set_values(context, inputs, true);
    set_values(context, trusted, false);
    jinja::runtime runtime(context);
    const auto printed = jinja::runtime::gather_string_parts(runtime.execute(program_->program));
    std::vector<TextPart> parts;
    std::size_t bytes = 0;
    for (const jinja::string_part& part : printed->val_str.parts) {
      bytes += part.val.size();
      parts.push_back({part.val, part.is_input});
    }
    if (bytes > kMaxOutputBytes)
      return base::fail(ErrorKind::bad_input, "template output is longer than 1 MiB");
    return parts;
  } catch (const std::exception& exception) {
    return base::fail(ErrorKind::bad_input, "template cannot be rendered: " + reason_text(exception));
  }
}

base::Result<std::string> Template::render(const base::Json& values) const {
  TRY_ASSIGN(const std::vector<TextPart> parts, render_parts(values, base::Json::object()));
  std::string text;
  for (const TextPart& part : parts) text += part.text;
  return text;
}

}  // namespace bantam::prompt
