#include "jinja/expression_parser.hpp"

#include <algorithm>
#include <array>

#include "jinja/errors.hpp"
#include "jinja/level.hpp"

namespace bantam::jinja {

Status Nesting::check(int depth) const {
  if (depth <= limit) return {};
  return unsupported(fmt::format("nesting of more than {} levels", limit));
}

ExprPtr ExpressionParser::make(ExprType type, int line) {
  auto made = std::make_unique<Expr>();
  made->type = type;
  made->line = line;
  return made;
}

Result<ExprPtr> ExpressionParser::done(ExprPtr made) const {
  int deepest = 0;
  const auto look = [&](const ExprPtr& child) {
    if (child) deepest = std::max(deepest, child->depth);
  };
  for (const ExprPtr& child : made->children) look(child);
  for (const ExprPtr& child : made->arguments) look(child);
  for (const auto& [name, child] : made->keywords) look(child);
  look(made->more_arguments);
  look(made->more_keywords);
  made->depth = deepest + 1;
  TRY(nesting_.check(made->depth));
  return made;
}

Result<ExprPtr> ExpressionParser::pair(ExprType type, int line, ExprPtr left, ExprPtr right,
                                       Operator op) const {
  ExprPtr made = make(type, line);
  made->op = op;
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(right));
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::wrapped(ExprType type, int line, ExprPtr inner) const {
  ExprPtr made = make(type, line);
  made->children.push_back(std::move(inner));
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::expression() {
  const Level level(nesting_.level);
  TRY(nesting_.check(nesting_.level));
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr value, disjunction());
  while (tokens_.skip_name("if")) {
    TRY_ASSIGN(ExprPtr test, disjunction());
    ExprPtr otherwise;
    if (tokens_.skip_name("else")) {
      TRY_ASSIGN(otherwise, expression());
    }
    ExprPtr made = make(ExprType::condition, line);
    made->children.push_back(std::move(test));
    made->children.push_back(std::move(value));
    made->children.push_back(std::move(otherwise));
    TRY_ASSIGN(value, done(std::move(made)));
  }
  return value;
}

bool ExpressionParser::at_tuple_end(const Names& ends) const {
  return tokens_.now().type == TokenType::variable_end || tokens_.now().type == TokenType::block_end ||
         tokens_.is_op(")") || tokens_.is_any(ends);
}

Result<ExprPtr> ExpressionParser::tuple(const Names& ends, bool with_condition, bool in_parentheses,
                                        bool simple, bool with_namespace) {
  std::vector<ExprPtr> items;
  const int line = tokens_.now().line;
  bool is_tuple = false;
  while (true) {
    if (!items.empty()) TRY(tokens_.expect_op(","));
    if (at_tuple_end(ends)) break;
    auto item = simple ? primary(with_namespace) : with_condition ? expression() : disjunction();
    if (!item) return item;
    items.push_back(*std::move(item));
    if (!tokens_.is_op(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !items.empty()) return std::move(items.front());
  if (!is_tuple && !in_parentheses) {
    return raised(fmt::format("Expected an expression, got {}", tokens_.described()));
  }
  ExprPtr made = make(ExprType::tuple, line);
  made->children = std::move(items);
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::disjunction() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr left, conjunction());
  while (tokens_.skip_name("or")) {
    TRY_ASSIGN(ExprPtr right, conjunction());
    TRY_ASSIGN(left, pair(ExprType::logical_or, line, std::move(left), std::move(right)));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::conjunction() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr left, negation());
  while (tokens_.skip_name("and")) {
    TRY_ASSIGN(ExprPtr right, negation());
    TRY_ASSIGN(left, pair(ExprType::logical_and, line, std::move(left), std::move(right)));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::negation() {
  if (!tokens_.is_name("not")) return comparison();
  const Level level(nesting_.level);
  TRY(nesting_.check(nesting_.level));
  const int line = tokens_.now().line;
  tokens_.skip();
  TRY_ASSIGN(ExprPtr inner, negation());
  return wrapped(ExprType::logical_not, line, std::move(inner));
}

std::optional<Operator> ExpressionParser::comparison_operator() {
  constexpr std::array<std::pair<std::string_view, Operator>, 6> kSigns{{{"==", Operator::eq},
                                                                         {"!=", Operator::ne},
                                                                         {"<", Operator::lt},
                                                                         {"<=", Operator::le},
                                                                         {">", Operator::gt},
                                                                         {">=", Operator::ge}}};
  for (const auto& [text, op] : kSigns) {
    if (tokens_.skip_op(text)) return op;
  }
  if (tokens_.skip_name("in")) return Operator::in;
  if (tokens_.is_name("not") && tokens_.ahead().type == TokenType::name && tokens_.ahead().text == "in") {
    tokens_.skip();
    tokens_.skip();
    return Operator::not_in;
  }
  return std::nullopt;
}

Result<ExprPtr> ExpressionParser::comparison() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr first, sum());
  ExprPtr made;
  while (const auto op = comparison_operator()) {
    if (!made) {
      made = make(ExprType::compare, line);
      made->children.push_back(std::move(first));
    }
    TRY_ASSIGN(ExprPtr operand, sum());
    made->operators.push_back(*op);
    made->children.push_back(std::move(operand));
  }
  if (!made) return first;
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::sum() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr left, concatenation());
  while (tokens_.is_op("+") || tokens_.is_op("-")) {
    const Operator op = tokens_.is_op("+") ? Operator::add : Operator::subtract;
    tokens_.skip();
    TRY_ASSIGN(ExprPtr right, concatenation());
    TRY_ASSIGN(left, pair(ExprType::arithmetic, line, std::move(left), std::move(right), op));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::concatenation() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr first, product());
  if (!tokens_.is_op("~")) return first;
  ExprPtr made = make(ExprType::concat, line);
  made->children.push_back(std::move(first));
  while (tokens_.skip_op("~")) {
    TRY_ASSIGN(ExprPtr next, product());
    made->children.push_back(std::move(next));
  }
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::product() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr left, power());
  while (tokens_.is_op("*") || tokens_.is_op("/") || tokens_.is_op("//") || tokens_.is_op("%")) {
    const Operator op = tokens_.is_op("*")    ? Operator::multiply
                        : tokens_.is_op("/")  ? Operator::divide
                        : tokens_.is_op("//") ? Operator::floor_divide
                                              : Operator::modulo;
    tokens_.skip();
    TRY_ASSIGN(ExprPtr right, power());
    TRY_ASSIGN(left, pair(ExprType::arithmetic, line, std::move(left), std::move(right), op));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::power() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(ExprPtr left, unary(true));
  if (!tokens_.is_op("**")) return left;
  // Jinja2 groups to the left, but writes the operators without parentheses of their own where Python then
  // groups them: its compiler puts each pair in parentheses, so it stays left.
  while (tokens_.skip_op("**")) {
    TRY_ASSIGN(ExprPtr right, unary(true));
    TRY_ASSIGN(left, pair(ExprType::arithmetic, line, std::move(left), std::move(right), Operator::power));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::unary(bool with_filter) {
  const Level level(nesting_.level);
  TRY(nesting_.check(nesting_.level));
  const int line = tokens_.now().line;
  ExprPtr made;
  if (tokens_.is_op("-") || tokens_.is_op("+")) {
    const ExprType type = tokens_.is_op("-") ? ExprType::negative : ExprType::positive;
    tokens_.skip();
    TRY_ASSIGN(ExprPtr inner, unary(false));
    TRY_ASSIGN(made, wrapped(type, line, std::move(inner)));
  } else {
    TRY_ASSIGN(made, primary(false));
  }
  TRY_ASSIGN(made, postfix(std::move(made)));
  if (!with_filter) return made;
  return filters_and_tests(std::move(made));
}

}  // namespace bantam::jinja
