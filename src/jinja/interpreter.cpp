#include "jinja/interpreter.hpp"

#include <algorithm>

#include "jinja/filters.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

// Counts what runs inside of what.
struct Level {
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --depth_; }
  int& depth_;
};

}  // namespace

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

// Only the elements that a loop's test lets through.
Result<Value> Interpreter::tested(const Stmt& stmt, Frame* frame, const Value& iterable) {
  TRY_ASSIGN(IteratorObject * all, machine_.iterate(iterable));
  return machine_.generator([this, &stmt, frame, all](Machine& machine) -> Result<std::optional<Value>> {
    while (true) {
      TRY_ASSIGN(const auto element, machine.next(all));
      if (!element) return std::optional<Value>();
      Frame* inner = open(stmt.test_scope, frame);
      TRY(assign(*stmt.target, *element, inner));
      TRY_ASSIGN(const Value value, eval(*stmt.test, inner));
      TRY_ASSIGN(const bool passes, machine.truth(value));
      if (passes) return element;
    }
  });
}

Status Interpreter::run_loop(const Stmt& stmt, Frame* frame, const Value& iterable, std::int64_t depth0,
                             Text& out) {
  Value source = iterable;
  if (stmt.test) {
    TRY_ASSIGN(source, tested(stmt, frame, iterable));
  }
  auto* loop = machine_.heap().make<LoopObject>();
  loop->iterable = source;
  TRY_ASSIGN(loop->iterator, machine_.iterate(source));
  loop->stmt = &stmt;
  loop->frame = frame;
  loop->depth0 = depth0;
  bool ended_a_round = false;  // what decides about else: not whether there were elements
  while (true) {
    TRY_ASSIGN(const auto element, advance(*loop));
    if (!element) break;
    Frame* inner = open(stmt.scope, frame);
    if (stmt.has_loop) *place(inner, "loop") = Value::object(Kind::loop, loop);
    TRY(assign(*stmt.target, *element, inner));
    TRY_ASSIGN(const Flow flow, body(stmt.body, inner, out));
    if (flow == Flow::leave) break;
    if (flow == Flow::normal) ended_a_round = true;
  }
  if (ended_a_round || stmt.otherwise.empty()) return {};
  TRY(body(stmt.otherwise, open(stmt.else_scope, frame), out));
  return {};
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

// Macros.

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

// The variable `loop`.

Result<std::optional<Value>> Interpreter::advance(LoopObject& loop) {
  std::optional<Value> element;
  if (loop.peeked) {
    element = loop.after;
    loop.peeked = false;
  } else {
    TRY_ASSIGN(element, machine_.next(loop.iterator));
  }
  if (!element) return element;
  ++loop.index0;
  loop.before = loop.current;
  loop.current = *element;
  return element;
}

// Whether there is a next element.
Result<bool> Interpreter::peek(LoopObject& loop) {
  if (!loop.peeked) {
    TRY_ASSIGN(loop.after, machine_.next(loop.iterator));
    loop.peeked = true;
  }
  return loop.after.has_value();
}

Result<std::int64_t> Interpreter::loop_length(LoopObject& loop) {
  if (loop.length) return *loop.length;
  if (Machine::has_length(loop.iterable)) {
    TRY_ASSIGN(loop.length, machine_.length(loop.iterable));
    return *loop.length;
  }
  TRY_ASSIGN(std::vector<Value> rest, machine_.elements(Value::object(Kind::iterator, loop.iterator)));
  loop.length =
      static_cast<std::int64_t>(rest.size()) + loop.index0 + 1 + (loop.peeked && loop.after ? 1 : 0);
  TRY_ASSIGN(loop.iterator, machine_.iterate(machine_.list(std::move(rest))));
  return *loop.length;
}

Result<Value> Interpreter::loop_attribute(const Value& value, std::string_view name) {
  auto& loop = value.as<LoopObject>();
  if (name == "index") return Value::integer(loop.index0 + 1);
  if (name == "index0") return Value::integer(loop.index0);
  if (name == "first") return Value::boolean(loop.index0 == 0);
  if (name == "depth") return Value::integer(loop.depth0 + 1);
  if (name == "depth0") return Value::integer(loop.depth0);
  if (name == "last") {
    TRY_ASSIGN(const bool more, peek(loop));
    return Value::boolean(!more);
  }
  if (name == "length" || name == "revindex" || name == "revindex0") {
    TRY_ASSIGN(const std::int64_t length, loop_length(loop));
    if (name == "length") return Value::integer(length);
    return Value::integer(length - loop.index0 - (name == "revindex" ? 0 : 1));
  }
  if (name == "previtem") {
    return loop.index0 == 0 ? machine_.undefined("there is no previous item") : loop.before;
  }
  if (name == "nextitem") {
    TRY_ASSIGN(const bool more, peek(loop));
    return more ? *loop.after : machine_.undefined("there is no next item");
  }
  if (name == "cycle" || name == "changed") {
    auto* method = machine_.heap().make<MethodObject>();
    method->self = value;
    method->name = name;
    return Value::object(Kind::method, method);
  }
  if (name.starts_with('_')) return unsupported(fmt::format("attribute '{}' of loop", name));
  return machine_.undefined(fmt::format("'jinja2.runtime.LoopContext object' has no attribute '{}'", name));
}

Result<Value> Interpreter::call_loop_method(const Value& value, std::string_view name, Arguments given) {
  auto& loop = value.as<LoopObject>();
  if (!given.keywords.empty()) return type_error(fmt::format("{}() takes no keyword arguments", name));
  if (name == "cycle") {
    if (given.values.empty()) return type_error("no items for cycling given");
    return given.values[static_cast<std::size_t>(loop.index0) % given.values.size()];
  }
  const Value now = machine_.tuple(std::move(given.values));
  bool changed = loop.last_changed.is(Kind::missing);
  if (!changed) {
    TRY_ASSIGN(const bool same, machine_.equal(loop.last_changed, now));
    changed = !same;
  }
  if (changed) loop.last_changed = now;
  return Value::boolean(changed);
}

Result<Value> Interpreter::call_loop(const Value& value, Arguments given) {
  const Level level(depth_);
  TRY(enter());
  const auto& loop = value.as<LoopObject>();
  TRY_ASSIGN(const auto bound, bind("loop", given, {"iterable"}, 1));
  if (!loop.stmt->recursive) {
    return type_error("The loop must have the 'recursive' marker to be called recursively.");
  }
  Text text;
  TRY(run_loop(*loop.stmt, loop.frame, *bound[0], loop.depth0 + 1, text));
  return machine_.text(std::move(text));
}

Result<std::string> Interpreter::loop_text(const Value& value) {
  auto& loop = value.as<LoopObject>();
  TRY_ASSIGN(const std::int64_t length, loop_length(loop));
  return fmt::format("<LoopContext {}/{}>", loop.index0 + 1, length);
}

// Expressions.

Result<Value> Interpreter::eval(const Expr& expr, Frame* frame) {
  if (expr.type == ExprType::constant) return expr.constant;
  const Level level(depth_);
  if (auto entered = enter(); !entered) return at_line(expr.line, std::move(entered).error());
  auto value = eval_inner(expr, frame);
  if (!value) return at_line(expr.line, std::move(value).error());
  return value;
}

Result<Value> Interpreter::optional(const ExprPtr& expr, Frame* frame) {
  return expr ? eval(*expr, frame) : Result<Value>(Value());
}

Result<Value> Interpreter::eval_inner(const Expr& expr, Frame* frame) {
  switch (expr.type) {
    case ExprType::constant:
      return expr.constant;
    case ExprType::name:
      return name(expr.name, frame);
    case ExprType::list:
    case ExprType::tuple: {
      TRY_ASSIGN(std::vector<Value> items, values(expr.children, frame));
      return expr.type == ExprType::list ? machine_.list(std::move(items)) : machine_.tuple(std::move(items));
    }
    case ExprType::dict:
      return dict(expr, frame);
    case ExprType::compare:
      return comparison(expr, frame);
    case ExprType::concat:
      return concat(expr, frame);
    case ExprType::condition:
      return condition(expr, frame);
    case ExprType::call: {
      TRY_ASSIGN(const Value callee, eval(*expr.children.front(), frame));
      TRY_ASSIGN(Arguments given, arguments(expr, frame));
      return machine_.call(callee, std::move(given));
    }
    case ExprType::slice: {
      TRY_ASSIGN(const Value object, eval(*expr.children[0], frame));
      TRY_ASSIGN(const Value start, optional(expr.children[1], frame));
      TRY_ASSIGN(const Value stop, optional(expr.children[2], frame));
      TRY_ASSIGN(const Value step, optional(expr.children[3], frame));
      return machine_.slice(object, start, stop, step);
    }
    case ExprType::space_attribute:
      return raised("an attribute of a namespace is no value here");
    default:
      break;
  }
  TRY_ASSIGN(const Value first, eval(*expr.children.front(), frame));
  switch (expr.type) {
    case ExprType::attribute:
      return machine_.attribute(first, expr.name);
    case ExprType::filter:
    case ExprType::test: {
      TRY_ASSIGN(Arguments given, arguments(expr, frame));
      if (expr.type == ExprType::filter) return apply_filter(machine_, expr.name, first, std::move(given));
      TRY_ASSIGN(const bool passes, apply_test(machine_, expr.name, first, std::move(given)));
      return Value::boolean(passes);
    }
    case ExprType::negative:
    case ExprType::positive:
      return machine_.negative(first, expr.type == ExprType::negative);
    case ExprType::logical_not: {
      TRY_ASSIGN(const bool truth, machine_.truth(first));
      return Value::boolean(!truth);
    }
    case ExprType::logical_and:
    case ExprType::logical_or: {
      TRY_ASSIGN(const bool truth, machine_.truth(first));
      if (truth == (expr.type == ExprType::logical_or)) return first;
      return eval(*expr.children[1], frame);
    }
    default:
      break;
  }
  TRY_ASSIGN(const Value second, eval(*expr.children[1], frame));
  if (expr.type == ExprType::item) return machine_.item(first, second);
  return machine_.arithmetic(expr.op, first, second);
}

Result<Value> Interpreter::name(const std::string& name, Frame* frame) {
  const Value* found = place(frame, name);
  if (found != nullptr && !found->is(Kind::missing)) return *found;
  return machine_.undefined(fmt::format("'{}' is undefined", name));
}

Result<std::vector<Value>> Interpreter::values(const std::vector<ExprPtr>& exprs, Frame* frame) {
  std::vector<Value> made;
  made.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) {
    TRY_ASSIGN(const Value value, eval(*expr, frame));
    made.push_back(value);
  }
  return made;
}

Result<Value> Interpreter::dict(const Expr& expr, Frame* frame) {
  DictObject* made = machine_.dict();
  for (std::size_t i = 0; i + 1 < expr.children.size(); i += 2) {
    TRY_ASSIGN(const Value key, eval(*expr.children[i], frame));
    TRY_ASSIGN(const Value value, eval(*expr.children[i + 1], frame));
    TRY(machine_.set(*made, key, value));
  }
  return Value::object(Kind::dict, made);
}

Result<Value> Interpreter::comparison(const Expr& expr, Frame* frame) {
  TRY_ASSIGN(Value left, eval(*expr.children.front(), frame));
  for (std::size_t i = 0; i < expr.operators.size(); ++i) {
    TRY_ASSIGN(const Value right, eval(*expr.children[i + 1], frame));
    TRY_ASSIGN(const bool holds, machine_.compare(expr.operators[i], left, right));
    if (!holds) return Value::boolean(false);
    left = right;
  }
  return Value::boolean(true);
}

Result<Value> Interpreter::concat(const Expr& expr, Frame* frame) {
  TRY_ASSIGN(const std::vector<Value> parts, values(expr.children, frame));
  Text out;
  for (const Value& part : parts) {
    TRY_ASSIGN(const Text text, machine_.str(part));
    TRY(machine_.room_for(out.size() + text.size()));
    out += text;
  }
  TRY(machine_.tick(out.size() / 64));
  return machine_.text(std::move(out));
}

Result<Value> Interpreter::condition(const Expr& expr, Frame* frame) {
  TRY_ASSIGN(const Value test, eval(*expr.children[0], frame));
  TRY_ASSIGN(const bool truth, machine_.truth(test));
  if (truth) return eval(*expr.children[1], frame);
  if (expr.children[2]) return eval(*expr.children[2], frame);
  return machine_.undefined("the inline if-expression evaluated to false and no else section was defined.",
                            true);
}

Result<Arguments> Interpreter::arguments(const Expr& expr, Frame* frame) {
  Arguments made;
  TRY_ASSIGN(made.values, values(expr.arguments, frame));
  for (const auto& [name, value] : expr.keywords) {
    TRY_ASSIGN(const Value given, eval(*value, frame));
    made.keywords.emplace_back(name, given);
  }
  if (expr.more_arguments) {
    TRY_ASSIGN(const Value more, eval(*expr.more_arguments, frame));
    TRY_ASSIGN(const std::vector<Value> items, machine_.elements(more));
    made.values.insert(made.values.end(), items.begin(), items.end());
  }
  if (!expr.more_keywords) return made;
  TRY_ASSIGN(const Value more, eval(*expr.more_keywords, frame));
  if (!more.is(Kind::dict)) return type_error("argument after ** must be a mapping");
  for (const auto& [key, value] : more.as<DictObject>().items) {
    if (!key.is(Kind::string)) return type_error("keywords must be strings");
    const std::string name = utf8(key.text());
    for (const auto& [known, other] : made.keywords) {
      if (known == name)
        return type_error(fmt::format("got multiple values for keyword argument '{}'", name));
    }
    made.keywords.emplace_back(name, value);
  }
  return made;
}

Result<Value> Interpreter::filtered(const Expr& expr, const Value& value, Frame* frame) {
  Value operand = value;
  if (expr.children.front()) {
    TRY_ASSIGN(operand, filtered(*expr.children.front(), value, frame));
  }
  TRY_ASSIGN(Arguments given, arguments(expr, frame));
  return apply_filter(machine_, expr.name, operand, std::move(given));
}

}  // namespace bantam::jinja
