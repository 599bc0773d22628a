#pragma once
// Expressions by Jinja2's grammar, and the targets of assignments.

#include <optional>
#include <string>
#include <vector>

#include "jinja/ast.hpp"
#include "jinja/token_reader.hpp"

namespace bantam::jinja {

// Of expressions and blocks in a template's source.
struct Nesting {
  int limit = 0;
  int level = 0;

  Status check(int depth) const;
};

class ExpressionParser {
 public:
  // The constants of what it makes belong to `constants`.
  ExpressionParser(TokenReader& tokens, Nesting& nesting, Heap& constants)
      : tokens_(tokens), nesting_(nesting), constants_(constants) {}

  Result<ExprPtr> expression();
  // One expression, or several with commas: a tuple.
  Result<ExprPtr> tuple(const Names& ends, bool with_condition, bool in_parentheses, bool simple = false,
                        bool with_namespace = false);
  // `value` is null in a filter block.
  Result<ExprPtr> filters(ExprPtr value, bool inline_start);
  Result<ExprPtr> target_name();
  Result<ExprPtr> target(const Names& ends, bool with_namespace);

 private:
  bool at_tuple_end(const Names& ends) const;
  std::optional<Operator> comparison_operator();

  // Lowest precedence first.
  Result<ExprPtr> disjunction();
  Result<ExprPtr> conjunction();
  Result<ExprPtr> negation();
  Result<ExprPtr> comparison();
  Result<ExprPtr> sum();
  Result<ExprPtr> concatenation();
  Result<ExprPtr> product();
  Result<ExprPtr> power();
  Result<ExprPtr> unary(bool with_filter);

  // Operands.
  Result<ExprPtr> primary(bool with_namespace);
  Result<ExprPtr> named();
  Result<ExprPtr> name_or_constant(std::string name, int line) const;
  Result<ExprPtr> constant(Value value, int line) const;
  Result<ExprPtr> list(int line);
  Result<ExprPtr> dict(int line);

  // What follows an operand.
  Result<ExprPtr> postfix(ExprPtr made);
  Result<ExprPtr> filters_and_tests(ExprPtr made);
  Result<ExprPtr> subscript(ExprPtr object);
  // An index, or a slice whose object is still to be set.
  Result<ExprPtr> subscribed(int line);
  Result<ExprPtr> call(ExprPtr callee);
  Status arguments(Expr& made);
  Status keyword(Expr& made);
  Result<ExprPtr> test(ExprPtr value);
  Result<std::string> dotted_name();

  static ExprPtr make(ExprType type, int line);
  // Sets the depth, which may be too much.
  Result<ExprPtr> done(ExprPtr made) const;
  Result<ExprPtr> pair(ExprType type, int line, ExprPtr left, ExprPtr right,
                       Operator op = Operator::add) const;
  Result<ExprPtr> wrapped(ExprType type, int line, ExprPtr inner) const;

  TokenReader& tokens_;
  Nesting& nesting_;
  Heap& constants_;
};

}  // namespace bantam::jinja
