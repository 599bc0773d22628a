// Operands of expressions, and what follows them: subscripts, calls, filters and tests.

#include <algorithm>

#include "jinja/errors.hpp"
#include "jinja/expression_parser.hpp"
#include "jinja/level.hpp"

namespace bantam::jinja {
namespace {

bool can_assign(const Expr& expr) {
  if (expr.type == ExprType::tuple) {
    return std::all_of(expr.children.begin(), expr.children.end(),
                       [](const ExprPtr& e) { return can_assign(*e); });
  }
  return expr.type == ExprType::name || expr.type == ExprType::space_attribute;
}

Result<ExprPtr> target_checked(Result<ExprPtr> made) {
  if (made && !can_assign(**made)) return raised("can't assign to this expression");
  return made;
}

}  // namespace

Result<ExprPtr> ExpressionParser::constant(Value value, int line) const {
  ExprPtr made = make(ExprType::constant, line);
  made->constant = value;
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::name_or_constant(std::string name, int line) const {
  if (name == "true" || name == "True") return constant(Value::boolean(true), line);
  if (name == "false" || name == "False") return constant(Value::boolean(false), line);
  if (name == "none" || name == "None") return constant(Value::none(), line);
  ExprPtr made = make(ExprType::name, line);
  made->name = std::move(name);
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::named() {
  const int line = tokens_.now().line;
  TRY_ASSIGN(std::string name, tokens_.expect_name());
  return name_or_constant(std::move(name), line);
}

Result<ExprPtr> ExpressionParser::primary(bool with_namespace) {
  const Token token = tokens_.now();
  if (token.type == TokenType::name) {
    tokens_.skip();
    TRY_ASSIGN(ExprPtr made, name_or_constant(token.text, token.line));
    if (made->type == ExprType::name && with_namespace && tokens_.skip_op(".")) {
      ExprPtr space = make(ExprType::space_attribute, token.line);
      space->children.push_back(std::move(made));
      TRY_ASSIGN(space->name, tokens_.expect_name());
      return done(std::move(space));
    }
    return made;
  }
  if (token.type == TokenType::string) {
    Text text;
    while (tokens_.now().type == TokenType::string) {
      text += tokens_.now().string;
      tokens_.skip();
    }
    return constant(constants_.string(std::move(text)), token.line);
  }
  if (token.type == TokenType::integer || token.type == TokenType::real) {
    tokens_.skip();
    return constant(
        token.type == TokenType::real ? Value::real(token.real) : constants_.integer(token.integer),
        token.line);
  }
  if (tokens_.skip_op("(")) {
    const Level level(nesting_.level);
    TRY(nesting_.check(nesting_.level));
    TRY_ASSIGN(ExprPtr made, tuple({}, true, true));
    TRY(tokens_.expect_op(")"));
    return made;
  }
  if (tokens_.skip_op("[")) return list(token.line);
  if (tokens_.skip_op("{")) return dict(token.line);
  return raised(fmt::format("unexpected {}", tokens_.described()));
}

Result<ExprPtr> ExpressionParser::list(int line) {
  ExprPtr made = make(ExprType::list, line);
  while (!tokens_.is_op("]")) {
    if (!made->children.empty()) TRY(tokens_.expect_op(","));
    if (tokens_.is_op("]")) break;
    TRY_ASSIGN(ExprPtr element, expression());
    made->children.push_back(std::move(element));
  }
  TRY(tokens_.expect_op("]"));
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::dict(int line) {
  ExprPtr made = make(ExprType::dict, line);
  while (!tokens_.is_op("}")) {
    if (!made->children.empty()) TRY(tokens_.expect_op(","));
    if (tokens_.is_op("}")) break;
    TRY_ASSIGN(ExprPtr key, expression());
    // Jinja2 refuses it when it compiles, or when it gets there.
    if (key->type == ExprType::list || key->type == ExprType::dict)
      return unsupported("a list or dict as a key");
    TRY(tokens_.expect_op(":"));
    TRY_ASSIGN(ExprPtr value, expression());
    made->children.push_back(std::move(key));
    made->children.push_back(std::move(value));
  }
  TRY(tokens_.expect_op("}"));
  return done(std::move(made));
}

Result<ExprPtr> ExpressionParser::postfix(ExprPtr made) {
  while (true) {
    if (tokens_.is_op(".") || tokens_.is_op("[")) {
      TRY_ASSIGN(made, subscript(std::move(made)));
    } else if (tokens_.is_op("(")) {
      TRY_ASSIGN(made, call(std::move(made)));
    } else {
      return made;
    }
  }
}

Result<ExprPtr> ExpressionParser::filters_and_tests(ExprPtr made) {
  while (true) {
    if (tokens_.is_op("|")) {
      TRY_ASSIGN(made, filters(std::move(made), false));
    } else if (tokens_.is_name("is")) {
      TRY_ASSIGN(made, test(std::move(made)));
    } else if (tokens_.is_op("(")) {
      TRY_ASSIGN(made, call(std::move(made)));
    } else {
      return made;
    }
  }
}

Result<ExprPtr> ExpressionParser::subscript(ExprPtr object) {
  const int line = tokens_.now().line;
  if (tokens_.skip_op(".")) {
    if (tokens_.now().type == TokenType::integer) {
      const Value index = constants_.integer(tokens_.now().integer);
      tokens_.skip();
      TRY_ASSIGN(ExprPtr key, constant(index, line));
      return pair(ExprType::item, line, std::move(object), std::move(key));
    }
    ExprPtr made = make(ExprType::attribute, line);
    if (tokens_.now().type != TokenType::name) return raised("expected name or number");
    made->name = tokens_.now().text;
    tokens_.skip();
    made->children.push_back(std::move(object));
    return done(std::move(made));
  }
  tokens_.skip();  // [
  std::vector<ExprPtr> keys;
  while (!tokens_.is_op("]")) {
    if (!keys.empty()) TRY(tokens_.expect_op(","));
    TRY_ASSIGN(ExprPtr key, subscribed(line));
    keys.push_back(std::move(key));
  }
  TRY(tokens_.expect_op("]"));
  // A key such as s[:3] is a slice, too: one that has its object.
  const auto is_open = [](const ExprPtr& key) {
    return key->type == ExprType::slice && !key->children.front();
  };
  if (keys.size() == 1 && is_open(keys.front())) {
    keys.front()->children.front() = std::move(object);
    return done(std::move(keys.front()));
  }
  if (std::ranges::any_of(keys, is_open)) return raised("invalid syntax: a slice in a tuple");
  if (keys.size() == 1) return pair(ExprType::item, line, std::move(object), std::move(keys.front()));
  ExprPtr tuple_key = make(ExprType::tuple, line);
  tuple_key->children = std::move(keys);
  TRY_ASSIGN(ExprPtr key, done(std::move(tuple_key)));
  return pair(ExprType::item, line, std::move(object), std::move(key));
}

Result<ExprPtr> ExpressionParser::subscribed(int line) {
  ExprPtr start;
  if (!tokens_.is_op(":")) {
    TRY_ASSIGN(start, expression());
    if (!tokens_.is_op(":")) return start;
  }
  tokens_.skip();
  ExprPtr made = make(ExprType::slice, line);
  made->children.resize(4);
  made->children[1] = std::move(start);
  const auto at_end = [&] { return tokens_.is_op("]") || tokens_.is_op(",") || tokens_.is_op(":"); };
  if (!at_end()) {
    TRY_ASSIGN(made->children[2], expression());
  }
  if (tokens_.skip_op(":") && !at_end()) {
    TRY_ASSIGN(made->children[3], expression());
  }
  return made;
}

Status ExpressionParser::arguments(Expr& made) {
  TRY(tokens_.expect_op("("));
  bool need_comma = false;
  while (!tokens_.is_op(")")) {
    if (need_comma) {
      TRY(tokens_.expect_op(","));
      if (tokens_.is_op(")")) break;
    }
    need_comma = true;
    if (tokens_.skip_op("*")) {
      if (made.more_arguments || made.more_keywords)
        return raised("invalid syntax for function call expression");
      TRY_ASSIGN(made.more_arguments, expression());
    } else if (tokens_.skip_op("**")) {
      if (made.more_keywords) return raised("invalid syntax for function call expression");
      TRY_ASSIGN(made.more_keywords, expression());
    } else if (tokens_.now().type == TokenType::name && tokens_.ahead().type == TokenType::op &&
               tokens_.ahead().text == "=") {
      TRY(keyword(made));
    } else {
      if (made.more_arguments || made.more_keywords || !made.keywords.empty()) {
        return raised("invalid syntax for function call expression");
      }
      TRY_ASSIGN(ExprPtr value, expression());
      made.arguments.push_back(std::move(value));
    }
  }
  return tokens_.expect_op(")");
}

Status ExpressionParser::keyword(Expr& made) {
  if (made.more_keywords) return raised("invalid syntax for function call expression");
  const std::string name = tokens_.now().text;
  tokens_.skip();
  tokens_.skip();
  TRY_ASSIGN(ExprPtr value, expression());
  for (const auto& [known, expr] : made.keywords) {
    if (known == name) return raised(fmt::format("keyword argument repeated: {}", name));
  }
  made.keywords.emplace_back(name, std::move(value));
  return {};
}

Result<ExprPtr> ExpressionParser::call(ExprPtr callee) {
  ExprPtr made = make(ExprType::call, tokens_.now().line);
  made->children.push_back(std::move(callee));
  TRY(arguments(*made));
  return done(std::move(made));
}

Result<std::string> ExpressionParser::dotted_name() {
  TRY_ASSIGN(std::string name, tokens_.expect_name());
  while (tokens_.skip_op(".")) {
    TRY_ASSIGN(const std::string more, tokens_.expect_name());
    name += "." + more;
  }
  return name;
}

Result<ExprPtr> ExpressionParser::filters(ExprPtr value, bool inline_start) {
  while (tokens_.is_op("|") || inline_start) {
    if (!inline_start) tokens_.skip();
    inline_start = false;
    ExprPtr made = make(ExprType::filter, tokens_.now().line);
    TRY_ASSIGN(made->name, dotted_name());
    if (tokens_.is_op("(")) TRY(arguments(*made));
    made->children.push_back(std::move(value));
    TRY_ASSIGN(value, done(std::move(made)));
  }
  return value;
}

Result<ExprPtr> ExpressionParser::test(ExprPtr value) {
  const int line = tokens_.now().line;
  tokens_.skip();
  const bool negated = tokens_.skip_name("not");
  ExprPtr made = make(ExprType::test, line);
  TRY_ASSIGN(made->name, dotted_name());
  made->children.push_back(std::move(value));
  const bool literal = tokens_.now().type == TokenType::name || tokens_.now().type == TokenType::string ||
                       tokens_.now().type == TokenType::integer || tokens_.now().type == TokenType::real ||
                       tokens_.is_op("[") || tokens_.is_op("{");
  if (tokens_.is_op("(")) {
    TRY(arguments(*made));
  } else if (literal && !tokens_.is_any({"else", "or", "and"})) {
    if (tokens_.is_name("is")) return raised("You cannot chain multiple tests with is");
    TRY_ASSIGN(ExprPtr argument, primary(false));
    TRY_ASSIGN(argument, postfix(std::move(argument)));
    made->arguments.push_back(std::move(argument));
  }
  TRY_ASSIGN(ExprPtr whole, done(std::move(made)));
  if (!negated) return whole;
  return wrapped(ExprType::logical_not, line, std::move(whole));
}

Result<ExprPtr> ExpressionParser::target_name() {
  TRY_ASSIGN(ExprPtr made, target_checked(named()));
  return made;
}

Result<ExprPtr> ExpressionParser::target(const Names& ends, bool with_namespace) {
  return target_checked(tuple(ends, false, false, true, with_namespace));
}

}  // namespace bantam::jinja
