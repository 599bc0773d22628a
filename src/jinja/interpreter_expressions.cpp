// Expressions of a running template.

#include "jinja/filters.hpp"
#include "jinja/interpreter.hpp"
#include "jinja/level.hpp"

namespace bantam::jinja {

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
      return operation(expr, frame);
  }
}

Result<Value> Interpreter::operation(const Expr& expr, Frame* frame) {
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
