#pragma once
// Runs a parsed template.

#include <string>
#include <unordered_map>

#include "jinja/machine.hpp"

namespace bantam::jinja {

struct Frame : Object {
  Frame* parent = nullptr;
  std::vector<std::pair<const std::string*, Value>> variables;
};

struct MacroObject : Object {
  const Stmt* stmt = nullptr;
  Frame* frame = nullptr;
  std::string name;
};

struct LoopObject : Object {
  Value iterable;
  IteratorObject* iterator = nullptr;
  const Stmt* stmt = nullptr;
  Frame* frame = nullptr;
  std::int64_t index0 = -1;
  std::int64_t depth0 = 0;
  std::optional<std::int64_t> length;
  bool peeked = false;
  std::optional<Value> after;  // the next element, where it was looked at; absent at the end
  Value current;
  Value before;
  Value last_changed;
};

class Interpreter : public Caller {
 public:
  Interpreter(const ParsedTemplate& parsed, Dialect dialect, const Limits& limits);

  // `is_input`: the texts in `values`, a JSON object, are marked. The object outlives the rendering.
  void add_variables(const base::Json& values, bool is_input);
  // The output with its marks.
  Result<Text> run();

  Result<Value> call_macro(const Value& macro, Arguments arguments) override;
  Result<Value> call_loop(const Value& loop, Arguments arguments) override;
  Result<Value> loop_attribute(const Value& loop, std::string_view name) override;
  Result<Value> call_loop_method(const Value& loop, std::string_view name, Arguments arguments) override;
  Result<std::string> loop_text(const Value& loop) override;

 private:
  enum class Flow { normal, leave, go_on };  // leave: break
  struct Variable {
    const base::Json* json = nullptr;
    bool is_input = false;
    std::optional<Value> value;
  };

  Status enter();
  Value value_of(const base::Json& json, bool is_input);
  Value resolve(const std::string& name);
  Frame* open(const Scope& scope, Frame* parent);
  static Value* place(Frame* frame, const std::string& name);

  Result<Flow> body(const Body& body, Frame* frame, Text& out);
  Result<Flow> statement(const Stmt& stmt, Frame* frame, Text& out);
  Status print(Text& out, const Text& text);
  Status output(const Stmt& stmt, Frame* frame, Text& out);
  Result<Flow> if_chain(const Stmt& stmt, Frame* frame, Text& out);
  Status run_loop(const Stmt& stmt, Frame* frame, const Value& iterable, std::int64_t depth0, Text& out);
  Result<Value> tested(const Stmt& stmt, Frame* frame, const Value& iterable);
  Result<std::optional<Value>> advance(LoopObject& loop);
  Result<bool> peek(LoopObject& loop);
  Result<std::int64_t> loop_length(LoopObject& loop);
  Result<Flow> set(const Stmt& stmt, Frame* frame, Text& out);
  Result<Flow> filter_block(const Stmt& stmt, Frame* frame, Text& out);
  Result<Flow> with(const Stmt& stmt, Frame* frame, Text& out);
  Status call_block(const Stmt& stmt, Frame* frame, Text& out);
  Value macro(const Stmt& stmt, Frame* frame, std::string name);
  Status assign(const Expr& target, const Value& value, Frame* frame);
  Status check_spaces(const Expr& target, Frame* frame);
  Status bind_macro(const MacroObject& macro, Arguments& arguments, Frame* frame);

  Result<Value> eval(const Expr& expr, Frame* frame);
  Result<Value> eval_inner(const Expr& expr, Frame* frame);
  // Of an expression whose first operand is evaluated in any case.
  Result<Value> operation(const Expr& expr, Frame* frame);
  Result<Value> optional(const ExprPtr& expr, Frame* frame);
  Result<Value> name(const std::string& name, Frame* frame);
  Result<std::vector<Value>> values(const std::vector<ExprPtr>& exprs, Frame* frame);
  Result<Value> dict(const Expr& expr, Frame* frame);
  Result<Value> comparison(const Expr& expr, Frame* frame);
  Result<Value> concat(const Expr& expr, Frame* frame);
  Result<Value> condition(const Expr& expr, Frame* frame);
  Result<Arguments> arguments(const Expr& expr, Frame* frame);
  // The filters of a block's `expr`, applied to `value` in the place of the missing operand.
  Result<Value> filtered(const Expr& expr, const Value& value, Frame* frame);

  const ParsedTemplate& parsed_;
  const Limits& limits_;
  Machine machine_;
  std::unordered_map<std::string, Variable> variables_;
  int depth_ = 0;
};

}  // namespace bantam::jinja
