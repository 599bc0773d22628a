#include "jinja/template.hpp"

#include "base/text.hpp"
#include "jinja/interpreter.hpp"
#include "jinja/parser.hpp"

namespace bantam::jinja {

struct Template::Program {
  std::unique_ptr<ParsedTemplate> parsed;
  Dialect dialect = Dialect::task;
  Limits limits;
};

Template::Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

base::Result<Template> Template::compile(std::string_view source, Dialect dialect, Limits limits) {
  auto parsed = parse(source, dialect, limits);
  if (!parsed) {
    base::Error error = std::move(parsed).error();
    const bool refused = error.message.find("not supported: ") != std::string::npos;
    error.message = fmt::format("template '{}'{}: {}", base::ellipsize(base::printable(source), 60),
                                refused ? "" : " is not valid Jinja", base::printable(error.message));
    return tl::unexpected<base::Error>(std::move(error));
  }
  auto made = std::make_shared<Program>();
  made->parsed = *std::move(parsed);
  made->dialect = dialect;
  made->limits = std::move(limits);
  return Template(std::move(made));
}

base::Result<std::vector<TextPart>> Template::render_parts(const base::Json& inputs,
                                                           const base::Json& trusted) const {
  Interpreter interpreter(*program_->parsed, program_->dialect, program_->limits);
  interpreter.add_variables(inputs, true);
  interpreter.add_variables(trusted, false);
  auto text = interpreter.run();
  if (!text) {
    base::Error error = std::move(text).error();
    error.message = "template cannot be rendered: " + base::printable(error.message);
    return tl::unexpected<base::Error>(std::move(error));
  }
  std::vector<TextPart> parts;
  std::size_t bytes = 0;
  for (std::size_t start = 0; start < text->size();) {
    const char32_t mark = (*text)[start] & kInputMark;
    std::size_t end = start;
    while (end < text->size() && ((*text)[end] & kInputMark) == mark) ++end;
    parts.push_back({utf8(TextView(*text).substr(start, end - start)), mark != 0});
    bytes += parts.back().text.size();
    start = end;
  }
  if (bytes > program_->limits.output_bytes) {
    return unsupported(fmt::format("output of more than {} KiB", program_->limits.output_bytes >> 10));
  }
  return parts;
}

base::Result<std::string> Template::render(const base::Json& values) const {
  TRY_ASSIGN(const std::vector<TextPart> parts, render_parts(base::Json::object(), values));
  std::string text;
  for (const TextPart& part : parts) text += part.text;
  return text;
}

}  // namespace bantam::jinja
