// Loops of a running template, and the variable `loop`.

#include "jinja/interpreter.hpp"
#include "jinja/level.hpp"

namespace bantam::jinja {

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

}  // namespace bantam::jinja
