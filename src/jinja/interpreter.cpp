#include "jinja/interpreter.hpp"

#include "jinja/level.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {

Interpreter::Interpreter(const ParsedTemplate& parsed, Dialect dialect, const Limits& limits)
    : parsed_(parsed), limits_(limits), machine_(dialect, limits) {
  machine_.set_caller(this);
}

void Interpreter::add_variables(const base::Json& values, bool is_input) {
  for (const auto& [name, json] : values.items()) variables_[name] = {&json, is_input, std::nullopt};
}

Result<Text> Interpreter::run() {
  if (variables_.contains("self")) return unsupported("a variable named 'self'");
  Text out;
  TRY(body(parsed_.body, open(parsed_.scope, nullptr), out));
  return out;
}

Status Interpreter::enter() {
  if (depth_ > limits_.depth) {
    return unsupported(
        fmt::format("calls, blocks and expressions nested deeper than {} levels", limits_.depth));
  }
  return machine_.tick();
}

Value Interpreter::value_of(const base::Json& json, bool is_input) {
  const auto text_of = [&](const std::string& utf8_text) {
    Text text = text::to_utf32(utf8_text);
    if (is_input) {
      for (char32_t& c : text) c |= kInputMark;
    }
    return machine_.text(std::move(text));
  };
  if (json.is_boolean()) return Value::boolean(json.get<bool>());
  if (json.is_number_unsigned()) return machine_.integer(Integer::from_unsigned(json.get<std::uint64_t>()));
  if (json.is_number_integer()) return Value::integer(json.get<std::int64_t>());
  if (json.is_number()) return Value::real(json.get<double>());
  if (json.is_string()) return text_of(json.get_ref<const std::string&>());
  if (json.is_array()) {
    std::vector<Value> items;
    for (const base::Json& element : json) items.push_back(value_of(element, is_input));
    return machine_.list(std::move(items));
  }
  if (json.is_object()) {
    DictObject* made = machine_.dict();
    for (const auto& [key, element] : json.items()) {
      static_cast<void>(machine_.set(*made, text_of(key), value_of(element, is_input)));
    }
    return Value::object(Kind::dict, made);
  }
  return Value::none();
}

Value Interpreter::resolve(const std::string& name) {
  const auto found = variables_.find(name);
  if (found != variables_.end()) {
    Variable& variable = found->second;
    if (!variable.value) variable.value = value_of(*variable.json, variable.is_input);
    return *variable.value;
  }
  if (!is_function(name, machine_.is_chat() ? Dialect::chat : Dialect::task)) return {};
  auto* made = machine_.heap().make<FunctionObject>(name.size());
  made->name = name;
  return Value::object(Kind::function, made);
}

Frame* Interpreter::open(const Scope& scope, Frame* parent) {
  auto* frame = machine_.heap().make<Frame>(scope.size() * (sizeof(Value) + sizeof(void*)));
  frame->parent = parent;
  frame->variables.reserve(scope.size());
  for (const Slot& slot : scope) {
    Value value;
    if (slot.load == Load::resolve) value = resolve(slot.name);
    if (slot.load == Load::alias) {
      if (const Value* outer = place(parent, slot.name)) value = *outer;
    }
    frame->variables.emplace_back(&slot.name, value);
  }
  return frame;
}

Value* Interpreter::place(Frame* frame, const std::string& name) {
  for (; frame != nullptr; frame = frame->parent) {
    for (auto& [known, value] : frame->variables) {
      if (*known == name) return &value;
    }
  }
  return nullptr;
}

// Statements.

Result<Interpreter::Flow> Interpreter::body(const Body& body, Frame* frame, Text& out) {
  const Level level(depth_);
  for (const StmtPtr& stmt : body) {
    if (auto entered = enter(); !entered) return at_line(stmt->line, std::move(entered).error());
    auto flow = statement(*stmt, frame, out);
    if (!flow) return at_line(stmt->line, std::move(flow).error());
    if (*flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Result<Interpreter::Flow> Interpreter::statement(const Stmt& stmt, Frame* frame, Text& out) {
  switch (stmt.type) {
    case StmtType::output:
      TRY(output(stmt, frame, out));
      return Flow::normal;
    case StmtType::if_chain:
      return if_chain(stmt, frame, out);
    case StmtType::for_loop: {
      TRY_ASSIGN(const Value iterable, eval(*stmt.value, frame));
      TRY(run_loop(stmt, frame, iterable, 0, out));
      return Flow::normal;
    }
    case StmtType::set:
    case StmtType::set_block:
      return set(stmt, frame, out);
    case StmtType::macro:
      *place(frame, stmt.name) = macro(stmt, frame, stmt.name);
      return Flow::normal;
    case StmtType::call_block:
      TRY(call_block(stmt, frame, out));
      return Flow::normal;
    case StmtType::filter_block:
      return filter_block(stmt, frame, out);
    case StmtType::with:
      return with(stmt, frame, out);
    case StmtType::scope: {
      Frame* inner = open(stmt.scope, frame);
      if (stmt.takes_caller) *place(inner, "caller") = machine_.undefined("No caller defined");
      if (stmt.takes_keywords) *place(inner, "kwargs") = Value::object(Kind::dict, machine_.dict());
      if (stmt.takes_values) *place(inner, "varargs") = machine_.tuple({});
      return body(stmt.body, inner, out);
    }
    case StmtType::break_loop:
      return Flow::leave;
    case StmtType::continue_loop:
      return Flow::go_on;
  }
  return Flow::normal;
}

Status Interpreter::print(Text& out, const Text& text) {
  out += text;
  TRY(machine_.tick(text.size() / 64));
  if (out.size() <= limits_.output_bytes) return {};
  return unsupported(fmt::format("output of more than {} KiB", limits_.output_bytes >> 10));
}

Status Interpreter::output(const Stmt& stmt, Frame* frame, Text& out) {
  for (const ExprPtr& expr : stmt.exprs) {
    TRY_ASSIGN(const Value value, eval(*expr, frame));
    auto text = machine_.str(value);
    if (!text) return at_line(expr->line, std::move(text).error());
    TRY(print(out, *text));
  }
  return {};
}

Result<Interpreter::Flow> Interpreter::if_chain(const Stmt& stmt, Frame* frame, Text& out) {
  for (const auto& [test, branch] : stmt.branches) {
    TRY_ASSIGN(const Value value, eval(*test, frame));
    TRY_ASSIGN(const bool taken, machine_.truth(value));
    if (taken) return body(branch, frame, out);
  }
  return body(stmt.otherwise, frame, out);
}

Result<Interpreter::Flow> Interpreter::set(const Stmt& stmt, Frame* frame, Text&) {
  if (stmt.type == StmtType::set) {
    TRY(check_spaces(*stmt.target, frame));
    TRY_ASSIGN(const Value value, eval(*stmt.value, frame));
    TRY(assign(*stmt.target, value, frame));
    return Flow::normal;
  }
  Frame* inner = open(stmt.scope, frame);
  Text text;
  TRY_ASSIGN(const Flow flow, body(stmt.body, inner, text));
  if (flow != Flow::normal) return flow;
  Value value = machine_.text(std::move(text));
  if (stmt.value) {
    TRY_ASSIGN(value, filtered(*stmt.value, value, inner));
  }
  TRY(assign(*stmt.target, value, frame));
  return Flow::normal;
}

Result<Interpreter::Flow> Interpreter::filter_block(const Stmt& stmt, Frame* frame, Text& out) {
  Frame* inner = open(stmt.scope, frame);
  Text text;
  TRY_ASSIGN(const Flow flow, body(stmt.body, inner, text));
  if (flow != Flow::normal) return flow;
  TRY_ASSIGN(const Value value, filtered(*stmt.value, machine_.text(std::move(text)), inner));
  if (!value.is(Kind::string)) {  // the compiler joins what comes out with the rest of the output as text
    if (value.is(Kind::undefined) || stmt.value == nullptr) return unsupported("a filter block without text");
    return unsupported(fmt::format("a filter block that makes a {}", type_name(value)));
  }
  TRY(print(out, value.text()));
  return Flow::normal;
}

Result<Interpreter::Flow> Interpreter::with(const Stmt& stmt, Frame* frame, Text& out) {
  Frame* inner = open(stmt.scope, frame);
  for (std::size_t i = 0; i < stmt.exprs.size(); ++i) {
    TRY_ASSIGN(const Value value, eval(*stmt.values[i], frame));
    TRY(assign(*stmt.exprs[i], value, inner));
  }
  return body(stmt.body, inner, out);
}

Status Interpreter::check_spaces(const Expr& target, Frame* frame) {
  if (target.type == ExprType::space_attribute) {
    const Value* space = place(frame, target.children.front()->name);
    if (space == nullptr || !space->is(Kind::space))
      return raised("cannot assign attribute on non-namespace object");
    return {};
  }
  if (target.type != ExprType::tuple) return {};
  for (const ExprPtr& part : target.children) TRY(check_spaces(*part, frame));
  return {};
}

Status Interpreter::assign(const Expr& target, const Value& value, Frame* frame) {
  if (target.type == ExprType::name) {
    *place(frame, target.name) = value;
    return {};
  }
  if (target.type == ExprType::space_attribute) {
    TRY(check_spaces(target, frame));
    const Value* space = place(frame, target.children.front()->name);
    return machine_.set(*space->as<SpaceObject>().attributes, machine_.text(target.name), value);
  }
  TRY_ASSIGN(const std::vector<Value> parts, machine_.elements(value));
  if (parts.size() != target.children.size()) {
    return value_error(fmt::format("{} values to unpack (expected {}, got {})",
                                   parts.size() > target.children.size() ? "too many" : "not enough",
                                   target.children.size(), parts.size()));
  }
  for (std::size_t i = 0; i < parts.size(); ++i) TRY(assign(*target.children[i], parts[i], frame));
  return {};
}

}  // namespace bantam::jinja
