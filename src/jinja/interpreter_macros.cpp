// Macros of a running template, and the blocks that call them.

#include <algorithm>

#include "jinja/interpreter.hpp"
#include "jinja/level.hpp"

namespace bantam::jinja {

Value Interpreter::macro(const Stmt& stmt, Frame* frame, std::string name) {
  auto* made = machine_.heap().make<MacroObject>(name.size());
  made->stmt = &stmt;
  made->frame = frame;
  made->name = std::move(name);
  return Value::object(Kind::macro, made);
}

Status Interpreter::call_block(const Stmt& stmt, Frame* frame, Text& out) {
  TRY_ASSIGN(const Value callee, eval(*stmt.value->children.front(), frame));
  TRY_ASSIGN(Arguments given, arguments(*stmt.value, frame));
  given.keywords.emplace_back("caller", macro(stmt, frame, "caller"));
  TRY_ASSIGN(const Value result, machine_.call(callee, std::move(given)));
  TRY_ASSIGN(const Text text, machine_.str(result));
  return print(out, text);
}

Status Interpreter::bind_macro(const MacroObject& macro, Arguments& given, Frame* frame) {
  const Stmt& stmt = *macro.stmt;
  const std::size_t count = stmt.exprs.size();
  const auto take = [&](std::string_view name) -> Value {
    for (auto it = given.keywords.begin(); it != given.keywords.end(); ++it) {
      if (it->first != name) continue;
      const Value value = it->second;
      given.keywords.erase(it);
      return value;
    }
    return {};
  };
  const auto is_caller = [](const ExprPtr& parameter) { return parameter->name == "caller"; };
  bool found_caller = std::any_of(stmt.exprs.begin(), stmt.exprs.end(), is_caller);
  if (given.values.size() < count) {
    const auto rest = stmt.exprs.begin() + static_cast<std::ptrdiff_t>(given.values.size());
    found_caller = std::any_of(rest, stmt.exprs.end(), is_caller);
  }
  std::vector<Value> bound;
  for (std::size_t i = 0; i < count; ++i) {
    bound.push_back(i < given.values.size() ? given.values[i] : take(stmt.exprs[i]->name));
  }
  if (stmt.takes_caller && !found_caller) {
    Value caller = take("caller");
    if (caller.is(Kind::missing) || caller.is(Kind::none)) caller = machine_.undefined("No caller defined");
    if (Value* at = place(frame, "caller")) *at = caller;
  }
  if (stmt.takes_keywords) {
    DictObject* rest = machine_.dict();
    for (const auto& [name, value] : given.keywords) TRY(machine_.set(*rest, machine_.text(name), value));
    *place(frame, "kwargs") = Value::object(Kind::dict, rest);
  } else if (!given.keywords.empty()) {
    return type_error(
        fmt::format("macro '{}' takes no keyword argument '{}'", macro.name, given.keywords.front().first));
  }
  if (stmt.takes_values) {
    const auto from =
        given.values.begin() + static_cast<std::ptrdiff_t>(std::min(count, given.values.size()));
    *place(frame, "varargs") = machine_.tuple(std::vector<Value>(from, given.values.end()));
  } else if (given.values.size() > count) {
    return type_error(fmt::format("macro '{}' takes not more than {} argument(s)", macro.name, count));
  }
  for (std::size_t i = 0; i < count; ++i) *place(frame, stmt.exprs[i]->name) = bound[i];
  for (std::size_t i = 0; i < count; ++i) {
    Value* at = place(frame, stmt.exprs[i]->name);
    if (!at->is(Kind::missing)) continue;
    if (count - i > stmt.values.size()) {
      *at = machine_.undefined(fmt::format("parameter '{}' was not provided", stmt.exprs[i]->name));
    } else {
      TRY_ASSIGN(*at, eval(*stmt.values[stmt.values.size() - (count - i)], frame));
    }
  }
  return {};
}

Result<Value> Interpreter::call_macro(const Value& called, Arguments given) {
  const Level level(depth_);
  TRY(enter());
  const auto& macro = called.as<MacroObject>();
  Frame* frame = open(macro.stmt->scope, macro.frame);
  TRY(bind_macro(macro, given, frame));
  Text text;
  TRY(body(macro.stmt->body, frame, text));
  return machine_.text(std::move(text));
}

}  // namespace bantam::jinja
