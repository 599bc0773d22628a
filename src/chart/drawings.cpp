#include "chart/drawings.hpp"

#include <duktape.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "chart/embedded_file.hpp"

namespace bantam::chart {
namespace {

using base::Json;
using base::Result;

// What a browser has and the script asks for while it is loaded. Nothing is ever run later.
constexpr std::string_view kSurroundings =
    "var globalThis = this, self = this, global = this;"
    "function setTimeout() { return 0; } function clearTimeout() {}"
    "function setInterval() { return 0; } function clearInterval() {}";

base::Error failed(const std::string& what) {
  return {.kind = base::ErrorKind::environment,
          .message = "the charts cannot be drawn: " + base::printable(what),
          .hint = "this is a fault of this program; `bantam analyze -o json` has the figures"};
}

}  // namespace

struct Drawings::Interpreter {
  duk_context* context = nullptr;

  Interpreter() : context(duk_create_heap_default()) {}
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter() {
    if (context != nullptr) duk_destroy_heap(context);
  }

  // The result is dropped.
  base::Status run(std::string_view script) {
    const bool is_done = duk_peval_lstring(context, script.data(), script.size()) == 0;
    const std::string text = is_done ? "" : duk_safe_to_string(context, -1);
    duk_pop(context);
    if (!is_done) return tl::unexpected(failed(text));
    return {};
  }

  // bantam_charts[function](arguments...), all texts.
  Result<std::string> call(const char* function, const std::vector<std::string_view>& arguments) {
    duk_get_global_string(context, "bantam_charts");
    if (duk_is_object(context, -1) == 0) {
      duk_pop(context);
      return tl::unexpected(failed("the script has no charts"));
    }
    duk_push_string(context, function);
    for (const std::string_view argument : arguments)
      duk_push_lstring(context, argument.data(), argument.size());
    const auto count = static_cast<duk_idx_t>(arguments.size());
    const bool is_done = duk_pcall_prop(context, -2 - count, count) == DUK_EXEC_SUCCESS;
    duk_size_t size = 0;
    const char* text = duk_safe_to_lstring(context, -1, &size);
    std::string result(text, size);
    duk_pop_2(context);
    if (!is_done) return tl::unexpected(failed(result));
    return result;
  }
};

Drawings::Drawings(std::unique_ptr<Interpreter> interpreter) : interpreter_(std::move(interpreter)) {}
Drawings::Drawings(Drawings&&) noexcept = default;
Drawings& Drawings::operator=(Drawings&&) noexcept = default;
Drawings::~Drawings() = default;

Result<Drawings> Drawings::open(const Json& dataset) {
  auto interpreter = std::make_unique<Interpreter>();
  if (interpreter->context == nullptr) return tl::unexpected(failed("out of memory"));
  TRY_ASSIGN(const std::string_view script, embedded_file("charts.js"));
  TRY(interpreter->run(kSurroundings));
  TRY(interpreter->run(script));
  const std::string text = base::to_text(dataset);
  TRY_ASSIGN(const std::string none, interpreter->call("load", {text}));
  return Drawings(std::move(interpreter));
}

Result<std::vector<std::string>> Drawings::names() {
  TRY_ASSIGN(const std::string text, interpreter_->call("names", {}));
  TRY_ASSIGN(const Json json, base::parse_json(text, "the charts' names"));
  std::vector<std::string> names;
  for (const Json& name : json) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names;
}

Result<Drawing> Drawings::draw(const std::string& name, std::string_view theme) {
  if (std::ranges::find(kThemes, theme) == std::end(kThemes))
    return base::fail(base::ErrorKind::usage, fmt::format("there is no theme '{}'", base::printable(theme)),
                      "name light or dark");
  TRY_ASSIGN(const auto known, names());
  if (std::ranges::find(known, name) == known.end())
    return base::fail(base::ErrorKind::usage, fmt::format("there is no chart '{}'", base::printable(name)),
                      "there are: " + base::join(known, ", "));
  TRY_ASSIGN(const std::string text, interpreter_->call("draw", {name, theme}));
  TRY_ASSIGN(const Json json, base::parse_json(text, "the chart " + name));
  Drawing drawing;
  drawing.svg = base::string_at(json, "svg").value_or("");
  drawing.width = base::number_at(json, "width").value_or(0.0);
  drawing.height = base::number_at(json, "height").value_or(0.0);
  drawing.absent = base::string_at(json, "absent").value_or("");
  if (drawing.svg.empty() && drawing.absent.empty()) return tl::unexpected(failed("no picture of " + name));
  return drawing;
}

}  // namespace bantam::chart
