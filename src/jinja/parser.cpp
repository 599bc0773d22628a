#include "jinja/parser.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "jinja/errors.hpp"
#include "jinja/lexer.hpp"
#include "jinja/scopes.hpp"

namespace bantam::jinja {
namespace {

using Names = std::vector<std::string_view>;

class Parser {
 public:
  Parser(std::vector<Token> tokens, Dialect dialect, const Limits& limits, ParsedTemplate& out)
      : tokens_(std::move(tokens)), chat_(dialect == Dialect::chat), limit_(limits.nesting), out_(out) {}

  Status whole() {
    auto body = statements({});
    if (!body) return at_line(now().line, std::move(body).error());
    out_.body = *std::move(body);
    return {};
  }

 private:
  struct Nested {
    explicit Nested(int& level) : level_(level) { ++level_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    ~Nested() { --level_; }
    int& level_;
  };

  Status check_nesting(int depth) const {
    if (depth <= limit_) return {};
    return unsupported(fmt::format("nesting of more than {} levels", limit_));
  }

  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  void skip() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool is_op(std::string_view text) const { return now().type == TokenType::op && now().text == text; }
  bool is_name(std::string_view text) const { return now().type == TokenType::name && now().text == text; }
  bool skip_op(std::string_view text) {
    if (!is_op(text)) return false;
    skip();
    return true;
  }
  bool skip_name(std::string_view text) {
    if (!is_name(text)) return false;
    skip();
    return true;
  }
  Status expect_op(std::string_view text) {
    if (skip_op(text)) return {};
    return raised(fmt::format("expected '{}', got {}", text, described()));
  }
  Status expect(TokenType type, std::string_view what) {
    if (now().type != type) return raised(fmt::format("expected {}, got {}", what, described()));
    skip();
    return {};
  }
  Result<std::string> expect_name() {
    if (now().type != TokenType::name) return raised(fmt::format("expected a name, got {}", described()));
    std::string name = now().text;
    skip();
    return name;
  }
  std::string described() const {
    switch (now().type) {
      case TokenType::end:
        return "the end of the template";
      case TokenType::block_end:
        return "the end of the block";
      case TokenType::variable_end:
        return "the end of the print statement";
      case TokenType::data:
        return "text";
      case TokenType::string:
        return "a string";
      case TokenType::integer:
      case TokenType::real:
        return "a number";
      default:
        return fmt::format("'{}'", now().text);
    }
  }
  bool is_any(const Names& names) const {
    return now().type == TokenType::name && std::find(names.begin(), names.end(), now().text) != names.end();
  }

  ExprPtr make(ExprType type, int line) const {
    auto made = std::make_unique<Expr>();
    made->type = type;
    made->line = line;
    return made;
  }

  // Sets the depth, which may be too much.
  Result<ExprPtr> done(ExprPtr made) const {
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
    TRY(check_nesting(made->depth));
    return made;
  }

  Result<ExprPtr> pair(ExprType type, int line, ExprPtr left, ExprPtr right,
                       Operator op = Operator::add) const {
    ExprPtr made = make(type, line);
    made->op = op;
    made->children.push_back(std::move(left));
    made->children.push_back(std::move(right));
    return done(std::move(made));
  }

  // Statements.

  Result<Body> statements(const Names& ends) {
    const Nested nested(level_);
    TRY(check_nesting(level_));
    Body body;
    StmtPtr output;
    const auto flush = [&] {
      if (output) body.push_back(std::move(output));
      output.reset();
    };
    while (now().type != TokenType::end) {
      if (now().type == TokenType::data || now().type == TokenType::variable_begin) {
        if (!output) {
          output = std::make_unique<Stmt>();
          output->line = now().line;
        }
        TRY(printed(*output));
        continue;
      }
      flush();
      skip();  // block_begin
      if (!ends.empty() && is_any(ends)) return body;
      TRY_ASSIGN(StmtPtr made, statement());
      body.push_back(std::move(made));
      TRY(expect(TokenType::block_end, "the end of the block"));
    }
    flush();
    if (!ends.empty()) {
      return raised(fmt::format("Unexpected end of template. '{}' is missing", ends.back()));
    }
    return body;
  }

  Status printed(Stmt& output) {
    if (now().type == TokenType::data) {
      ExprPtr data = make(ExprType::constant, now().line);
      data->constant = out_.constants.string(now().string);
      output.exprs.push_back(std::move(data));
      output.is_data.push_back(true);
      skip();
      return {};
    }
    skip();
    TRY_ASSIGN(ExprPtr value, tuple({}, true, false));
    output.exprs.push_back(std::move(value));
    output.is_data.push_back(false);
    return expect(TokenType::variable_end, "the end of the print statement");
  }

  // The body of a block up to one of `ends`, which is the current token then.
  Result<Body> block_body(const Names& ends) {
    skip_op(":");
    TRY(expect(TokenType::block_end, "the end of the block"));
    return statements(ends);
  }

  Result<Body> last_body(std::string_view end) {
    TRY_ASSIGN(Body body, block_body({end}));
    skip();
    return body;
  }

  Result<StmtPtr> statement() {
    if (now().type != TokenType::name) return raised("tag name expected");
    const std::string tag = now().text;
    auto made = std::make_unique<Stmt>();
    made->line = now().line;
    skip();
    if (tag == "for") return for_loop(std::move(made));
    if (tag == "if") return if_chain(std::move(made));
    if (tag == "set") return set(std::move(made));
    if (tag == "macro") return macro(std::move(made));
    if (tag == "call") return call_block(std::move(made));
    if (tag == "filter") return filter_block(std::move(made));
    if (tag == "with") return with(std::move(made));
    if (tag == "print") return print(std::move(made));
    if (tag == "generation" && chat_) {
      made->type = StmtType::scope;
      TRY_ASSIGN(made->body, function_body("endgeneration"));
      return made;
    }
    if ((tag == "break" || tag == "continue") && chat_) {
      if (loops_ == 0) return raised(fmt::format("'{}' outside of a loop", tag));
      made->type = tag == "break" ? StmtType::break_loop : StmtType::continue_loop;
      return made;
    }
    constexpr std::array<std::string_view, 6> kOthers{"block",  "extends", "include",
                                                      "import", "from",    "autoescape"};
    if (std::find(kOthers.begin(), kOthers.end(), tag) != kOthers.end()) {
      return unsupported(fmt::format("tag '{}'", tag));
    }
    return raised(fmt::format("Encountered unknown tag '{}'.", tag));
  }

  // A body that is a function of its own: loops outside of it cannot be left from it.
  Result<Body> function_body(std::string_view end) {
    const int loops = std::exchange(loops_, 0);
    auto body = last_body(end);
    loops_ = loops;
    return body;
  }

  Result<StmtPtr> for_loop(StmtPtr made) {
    made->type = StmtType::for_loop;
    TRY_ASSIGN(made->target, target({}, false));  // as Jinja2 does: "for a, in x" takes "in" as a name
    TRY(check_loop_target(*made->target));
    if (!skip_name("in")) return raised(fmt::format("expected 'in', got {}", described()));
    TRY_ASSIGN(made->value, tuple({"recursive"}, false, false));
    if (skip_name("if")) {
      TRY_ASSIGN(made->test, expression());
    }
    made->recursive = skip_name("recursive");
    ++loops_;
    auto body = block_body({"else", "endfor"});
    --loops_;
    if (!body) return tl::unexpected(body.error());
    made->body = *std::move(body);
    const bool has_else = is_name("else");
    skip();
    if (has_else) {
      TRY_ASSIGN(made->otherwise, last_body("endfor"));
    }
    return made;
  }

  static Status check_loop_target(const Expr& expr) {
    if (expr.type == ExprType::name && expr.name == "loop") {
      return raised("Can't assign to special loop variable in for-loop target");
    }
    for (const ExprPtr& child : expr.children) TRY(check_loop_target(*child));
    return {};
  }

  Result<StmtPtr> if_chain(StmtPtr made) {
    made->type = StmtType::if_chain;
    while (true) {
      TRY_ASSIGN(ExprPtr test, tuple({}, false, false));
      TRY_ASSIGN(Body body, block_body({"elif", "else", "endif"}));
      made->branches.emplace_back(std::move(test), std::move(body));
      if (skip_name("elif")) continue;
      const bool has_else = is_name("else");
      skip();
      if (has_else) {
        TRY_ASSIGN(made->otherwise, last_body("endif"));
      }
      return made;
    }
  }

  Result<StmtPtr> set(StmtPtr made) {
    made->type = StmtType::set;
    TRY_ASSIGN(made->target, target({}, true));
    if (skip_op("=")) {
      TRY_ASSIGN(made->value, tuple({}, true, false));
      return made;
    }
    made->type = StmtType::set_block;
    TRY_ASSIGN(made->value, filters(nullptr, false));
    TRY_ASSIGN(made->body, last_body("endset"));
    return made;
  }

  Status signature(Stmt& made) {
    TRY(expect_op("("));
    std::set<std::string> known;
    while (!is_op(")")) {
      if (!made.exprs.empty()) TRY(expect_op(","));
      TRY_ASSIGN(ExprPtr name, target_name());
      if (!known.insert(name->name).second) return raised(fmt::format("duplicate argument '{}'", name->name));
      if (skip_op("=")) {
        TRY_ASSIGN(ExprPtr value, expression());
        made.values.push_back(std::move(value));
      } else if (!made.values.empty()) {
        return raised("non-default argument follows default argument");
      }
      made.exprs.push_back(std::move(name));
    }
    return expect_op(")");
  }

  Result<StmtPtr> macro(StmtPtr made) {
    made->type = StmtType::macro;
    TRY_ASSIGN(ExprPtr name, target_name());
    made->name = name->name;
    TRY(signature(*made));
    TRY_ASSIGN(made->body, function_body("endmacro"));
    return made;
  }

  Result<StmtPtr> call_block(StmtPtr made) {
    made->type = StmtType::call_block;
    if (is_op("(")) TRY(signature(*made));
    TRY_ASSIGN(made->value, expression());
    if (made->value->type != ExprType::call) return raised("expected call");
    TRY_ASSIGN(made->body, function_body("endcall"));
    return made;
  }

  Result<StmtPtr> filter_block(StmtPtr made) {
    made->type = StmtType::filter_block;
    TRY_ASSIGN(made->value, filters(nullptr, true));
    TRY_ASSIGN(made->body, last_body("endfilter"));
    return made;
  }

  Result<StmtPtr> with(StmtPtr made) {
    made->type = StmtType::with;
    while (now().type != TokenType::block_end) {
      if (!made->exprs.empty()) TRY(expect_op(","));
      TRY_ASSIGN(ExprPtr name, target({}, false));
      TRY(expect_op("="));
      TRY_ASSIGN(ExprPtr value, expression());
      made->exprs.push_back(std::move(name));
      made->values.push_back(std::move(value));
    }
    TRY_ASSIGN(made->body, last_body("endwith"));
    return made;
  }

  Result<StmtPtr> print(StmtPtr made) {
    while (now().type != TokenType::block_end) {
      if (!made->exprs.empty()) TRY(expect_op(","));
      TRY_ASSIGN(ExprPtr value, expression());
      made->exprs.push_back(std::move(value));
      made->is_data.push_back(false);
    }
    return made;
  }

  // Targets of assignments.

  static bool can_assign(const Expr& expr) {
    if (expr.type == ExprType::tuple) {
      return std::all_of(expr.children.begin(), expr.children.end(),
                         [](const ExprPtr& e) { return can_assign(*e); });
    }
    return expr.type == ExprType::name || expr.type == ExprType::space_attribute;
  }

  Result<ExprPtr> target_name() {
    TRY_ASSIGN(ExprPtr made, target_checked(named()));
    return made;
  }

  Result<ExprPtr> named() {
    const int line = now().line;
    TRY_ASSIGN(std::string name, expect_name());
    return name_or_constant(std::move(name), line);
  }

  static Result<ExprPtr> target_checked(Result<ExprPtr> made) {
    if (made && !can_assign(**made)) return raised("can't assign to this expression");
    return made;
  }

  Result<ExprPtr> target(const Names& ends, bool with_namespace) {
    return target_checked(tuple(ends, false, false, true, with_namespace));
  }

  // Expressions, lowest precedence first.

  bool at_tuple_end(const Names& ends) const {
    return now().type == TokenType::variable_end || now().type == TokenType::block_end || is_op(")") ||
           is_any(ends);
  }

  // One expression, or several with commas: a tuple.
  Result<ExprPtr> tuple(const Names& ends, bool with_condition, bool in_parentheses, bool simple = false,
                        bool with_namespace = false) {
    std::vector<ExprPtr> items;
    const int line = now().line;
    bool is_tuple = false;
    while (true) {
      if (!items.empty()) TRY(expect_op(","));
      if (at_tuple_end(ends)) break;
      auto item = simple ? primary(with_namespace) : with_condition ? expression() : disjunction();
      if (!item) return item;
      items.push_back(*std::move(item));
      if (!is_op(",")) break;
      is_tuple = true;
    }
    if (!is_tuple && !items.empty()) return std::move(items.front());
    if (!is_tuple && !in_parentheses) {
      return raised(fmt::format("Expected an expression, got {}", described()));
    }
    ExprPtr made = make(ExprType::tuple, line);
    made->children = std::move(items);
    return done(std::move(made));
  }

  Result<ExprPtr> expression() {
    const Nested nested(level_);
    TRY(check_nesting(level_));
    const int line = now().line;
    TRY_ASSIGN(ExprPtr value, disjunction());
    while (skip_name("if")) {
      TRY_ASSIGN(ExprPtr test, disjunction());
      ExprPtr otherwise;
      if (skip_name("else")) {
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

  Result<ExprPtr> disjunction() {
    const int line = now().line;
    TRY_ASSIGN(ExprPtr left, conjunction());
    while (skip_name("or")) {
      TRY_ASSIGN(ExprPtr right, conjunction());
      TRY_ASSIGN(left, pair(ExprType::logical_or, line, std::move(left), std::move(right)));
    }
    return left;
  }

  Result<ExprPtr> conjunction() {
    const int line = now().line;
    TRY_ASSIGN(ExprPtr left, negation());
    while (skip_name("and")) {
      TRY_ASSIGN(ExprPtr right, negation());
      TRY_ASSIGN(left, pair(ExprType::logical_and, line, std::move(left), std::move(right)));
    }
    return left;
  }

  Result<ExprPtr> wrapped(ExprType type, int line, ExprPtr inner) const {
    ExprPtr made = make(type, line);
    made->children.push_back(std::move(inner));
    return done(std::move(made));
  }

  Result<ExprPtr> negation() {
    if (!is_name("not")) return comparison();
    const Nested nested(level_);
    TRY(check_nesting(level_));
    const int line = now().line;
    skip();
    TRY_ASSIGN(ExprPtr inner, negation());
    return wrapped(ExprType::logical_not, line, std::move(inner));
  }

  std::optional<Operator> comparison_operator() {
    constexpr std::array<std::pair<std::string_view, Operator>, 6> kSigns{{{"==", Operator::eq},
                                                                           {"!=", Operator::ne},
                                                                           {"<", Operator::lt},
                                                                           {"<=", Operator::le},
                                                                           {">", Operator::gt},
                                                                           {">=", Operator::ge}}};
    for (const auto& [text, op] : kSigns) {
      if (skip_op(text)) return op;
    }
    if (skip_name("in")) return Operator::in;
    if (is_name("not") && ahead().type == TokenType::name && ahead().text == "in") {
      skip();
      skip();
      return Operator::not_in;
    }
    return std::nullopt;
  }

  Result<ExprPtr> comparison() {
    const int line = now().line;
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

  Result<ExprPtr> sum() {
    const int line = now().line;
    TRY_ASSIGN(ExprPtr left, concatenation());
    while (is_op("+") || is_op("-")) {
      const Operator op = is_op("+") ? Operator::add : Operator::subtract;
      skip();
      TRY_ASSIGN(ExprPtr right, concatenation());
      TRY_ASSIGN(left, pair(ExprType::arithmetic, line, std::move(left), std::move(right), op));
    }
    return left;
  }

  Result<ExprPtr> concatenation() {
    const int line = now().line;
    TRY_ASSIGN(ExprPtr first, product());
    if (!is_op("~")) return first;
    ExprPtr made = make(ExprType::concat, line);
    made->children.push_back(std::move(first));
    while (skip_op("~")) {
      TRY_ASSIGN(ExprPtr next, product());
      made->children.push_back(std::move(next));
    }
    return done(std::move(made));
  }

  Result<ExprPtr> product() {
    const int line = now().line;
    TRY_ASSIGN(ExprPtr left, power());
    while (is_op("*") || is_op("/") || is_op("//") || is_op("%")) {
      const Operator op = is_op("*")    ? Operator::multiply
                          : is_op("/")  ? Operator::divide
                          : is_op("//") ? Operator::floor_divide
                                        : Operator::modulo;
      skip();
      TRY_ASSIGN(ExprPtr right, power());
      TRY_ASSIGN(left, pair(ExprType::arithmetic, line, std::move(left), std::move(right), op));
    }
    return left;
  }

  Result<ExprPtr> power() {
    const int line = now().line;
    TRY_ASSIGN(ExprPtr left, unary(true));
    if (!is_op("**")) return left;
    // Jinja2 groups to the left, but writes the operators without parentheses of their own where Python then
    // groups them: its compiler puts each pair in parentheses, so it stays left.
    while (skip_op("**")) {
      TRY_ASSIGN(ExprPtr right, unary(true));
      TRY_ASSIGN(left, pair(ExprType::arithmetic, line, std::move(left), std::move(right), Operator::power));
    }
    return left;
  }

  Result<ExprPtr> unary(bool with_filter) {
    const Nested nested(level_);
    TRY(check_nesting(level_));
    const int line = now().line;
    ExprPtr made;
    if (is_op("-") || is_op("+")) {
      const ExprType type = is_op("-") ? ExprType::negative : ExprType::positive;
      skip();
      TRY_ASSIGN(ExprPtr inner, unary(false));
      TRY_ASSIGN(made, wrapped(type, line, std::move(inner)));
    } else {
      TRY_ASSIGN(made, primary(false));
    }
    TRY_ASSIGN(made, postfix(std::move(made)));
    if (!with_filter) return made;
    return filters_and_tests(std::move(made));
  }

  Result<ExprPtr> constant(Value value, int line) const {
    ExprPtr made = make(ExprType::constant, line);
    made->constant = value;
    return done(std::move(made));
  }

  Result<ExprPtr> name_or_constant(std::string name, int line) const {
    if (name == "true" || name == "True") return constant(Value::boolean(true), line);
    if (name == "false" || name == "False") return constant(Value::boolean(false), line);
    if (name == "none" || name == "None") return constant(Value::none(), line);
    ExprPtr made = make(ExprType::name, line);
    made->name = std::move(name);
    return done(std::move(made));
  }

  Result<ExprPtr> primary(bool with_namespace) {
    const Token token = now();
    if (token.type == TokenType::name) {
      skip();
      TRY_ASSIGN(ExprPtr made, name_or_constant(token.text, token.line));
      if (made->type == ExprType::name && with_namespace && skip_op(".")) {
        ExprPtr space = make(ExprType::space_attribute, token.line);
        space->children.push_back(std::move(made));
        TRY_ASSIGN(space->name, expect_name());
        return done(std::move(space));
      }
      return made;
    }
    if (token.type == TokenType::string) {
      Text text;
      while (now().type == TokenType::string) {
        text += now().string;
        skip();
      }
      return constant(out_.constants.string(std::move(text)), token.line);
    }
    if (token.type == TokenType::integer || token.type == TokenType::real) {
      skip();
      return constant(
          token.type == TokenType::real ? Value::real(token.real) : out_.constants.integer(token.integer),
          token.line);
    }
    if (skip_op("(")) {
      const Nested nested(level_);
      TRY(check_nesting(level_));
      TRY_ASSIGN(ExprPtr made, tuple({}, true, true));
      TRY(expect_op(")"));
      return made;
    }
    if (skip_op("[")) return list(token.line);
    if (skip_op("{")) return dict(token.line);
    return raised(fmt::format("unexpected {}", described()));
  }

  Result<ExprPtr> list(int line) {
    ExprPtr made = make(ExprType::list, line);
    while (!is_op("]")) {
      if (!made->children.empty()) TRY(expect_op(","));
      if (is_op("]")) break;
      TRY_ASSIGN(ExprPtr element, expression());
      made->children.push_back(std::move(element));
    }
    TRY(expect_op("]"));
    return done(std::move(made));
  }

  Result<ExprPtr> dict(int line) {
    ExprPtr made = make(ExprType::dict, line);
    while (!is_op("}")) {
      if (!made->children.empty()) TRY(expect_op(","));
      if (is_op("}")) break;
      TRY_ASSIGN(ExprPtr key, expression());
      // Jinja2 refuses it when it compiles, or when it gets there.
      if (key->type == ExprType::list || key->type == ExprType::dict)
        return unsupported("a list or dict as a key");
      TRY(expect_op(":"));
      TRY_ASSIGN(ExprPtr value, expression());
      made->children.push_back(std::move(key));
      made->children.push_back(std::move(value));
    }
    TRY(expect_op("}"));
    return done(std::move(made));
  }

  Result<ExprPtr> postfix(ExprPtr made) {
    while (true) {
      if (is_op(".") || is_op("[")) {
        TRY_ASSIGN(made, subscript(std::move(made)));
      } else if (is_op("(")) {
        TRY_ASSIGN(made, call(std::move(made)));
      } else {
        return made;
      }
    }
  }

  Result<ExprPtr> filters_and_tests(ExprPtr made) {
    while (true) {
      if (is_op("|")) {
        TRY_ASSIGN(made, filters(std::move(made), false));
      } else if (is_name("is")) {
        TRY_ASSIGN(made, test(std::move(made)));
      } else if (is_op("(")) {
        TRY_ASSIGN(made, call(std::move(made)));
      } else {
        return made;
      }
    }
  }

  Result<ExprPtr> subscript(ExprPtr object) {
    const int line = now().line;
    if (skip_op(".")) {
      if (now().type == TokenType::integer) {
        const Value index = out_.constants.integer(now().integer);
        skip();
        TRY_ASSIGN(ExprPtr key, constant(index, line));
        return pair(ExprType::item, line, std::move(object), std::move(key));
      }
      ExprPtr made = make(ExprType::attribute, line);
      if (now().type != TokenType::name) return raised("expected name or number");
      made->name = now().text;
      skip();
      made->children.push_back(std::move(object));
      return done(std::move(made));
    }
    skip();  // [
    std::vector<ExprPtr> keys;
    while (!is_op("]")) {
      if (!keys.empty()) TRY(expect_op(","));
      TRY_ASSIGN(ExprPtr key, subscribed(line));
      keys.push_back(std::move(key));
    }
    TRY(expect_op("]"));
    // A key such as s[:3] is a slice, too: one that has its object.
    const auto is_open = [](const ExprPtr& key) {
      return key->type == ExprType::slice && !key->children.front();
    };
    if (keys.size() == 1 && is_open(keys.front())) {
      keys.front()->children.front() = std::move(object);
      return done(std::move(keys.front()));
    }
    if (std::any_of(keys.begin(), keys.end(), is_open)) return raised("invalid syntax: a slice in a tuple");
    if (keys.size() == 1) return pair(ExprType::item, line, std::move(object), std::move(keys.front()));
    ExprPtr tuple_key = make(ExprType::tuple, line);
    tuple_key->children = std::move(keys);
    TRY_ASSIGN(ExprPtr key, done(std::move(tuple_key)));
    return pair(ExprType::item, line, std::move(object), std::move(key));
  }

  // An index, or a slice whose object is still to be set.
  Result<ExprPtr> subscribed(int line) {
    ExprPtr start;
    if (!is_op(":")) {
      TRY_ASSIGN(start, expression());
      if (!is_op(":")) return start;
    }
    skip();
    ExprPtr made = make(ExprType::slice, line);
    made->children.resize(4);
    made->children[1] = std::move(start);
    const auto at_end = [&] { return is_op("]") || is_op(",") || is_op(":"); };
    if (!at_end()) {
      TRY_ASSIGN(made->children[2], expression());
    }
    if (skip_op(":") && !at_end()) {
      TRY_ASSIGN(made->children[3], expression());
    }
    return made;
  }

  Status arguments(Expr& made) {
    TRY(expect_op("("));
    bool need_comma = false;
    while (!is_op(")")) {
      if (need_comma) {
        TRY(expect_op(","));
        if (is_op(")")) break;
      }
      need_comma = true;
      if (skip_op("*")) {
        if (made.more_arguments || made.more_keywords)
          return raised("invalid syntax for function call expression");
        TRY_ASSIGN(made.more_arguments, expression());
      } else if (skip_op("**")) {
        if (made.more_keywords) return raised("invalid syntax for function call expression");
        TRY_ASSIGN(made.more_keywords, expression());
      } else if (now().type == TokenType::name && ahead().type == TokenType::op && ahead().text == "=") {
        TRY(keyword(made));
      } else {
        if (made.more_arguments || made.more_keywords || !made.keywords.empty()) {
          return raised("invalid syntax for function call expression");
        }
        TRY_ASSIGN(ExprPtr value, expression());
        made.arguments.push_back(std::move(value));
      }
    }
    return expect_op(")");
  }

  Status keyword(Expr& made) {
    if (made.more_keywords) return raised("invalid syntax for function call expression");
    const std::string name = now().text;
    skip();
    skip();
    TRY_ASSIGN(ExprPtr value, expression());
    for (const auto& [known, expr] : made.keywords) {
      if (known == name) return raised(fmt::format("keyword argument repeated: {}", name));
    }
    made.keywords.emplace_back(name, std::move(value));
    return {};
  }

  Result<ExprPtr> call(ExprPtr callee) {
    ExprPtr made = make(ExprType::call, now().line);
    made->children.push_back(std::move(callee));
    TRY(arguments(*made));
    return done(std::move(made));
  }

  Result<std::string> dotted_name() {
    TRY_ASSIGN(std::string name, expect_name());
    while (skip_op(".")) {
      TRY_ASSIGN(const std::string more, expect_name());
      name += "." + more;
    }
    return name;
  }

  // `value` is null in a filter block.
  Result<ExprPtr> filters(ExprPtr value, bool inline_start) {
    while (is_op("|") || inline_start) {
      if (!inline_start) skip();
      inline_start = false;
      ExprPtr made = make(ExprType::filter, now().line);
      TRY_ASSIGN(made->name, dotted_name());
      if (is_op("(")) TRY(arguments(*made));
      made->children.push_back(std::move(value));
      TRY_ASSIGN(value, done(std::move(made)));
    }
    return value;
  }

  Result<ExprPtr> test(ExprPtr value) {
    const int line = now().line;
    skip();
    const bool negated = skip_name("not");
    ExprPtr made = make(ExprType::test, line);
    TRY_ASSIGN(made->name, dotted_name());
    made->children.push_back(std::move(value));
    const bool literal = now().type == TokenType::name || now().type == TokenType::string ||
                         now().type == TokenType::integer || now().type == TokenType::real || is_op("[") ||
                         is_op("{");
    if (is_op("(")) {
      TRY(arguments(*made));
    } else if (literal && !is_any({"else", "or", "and"})) {
      if (is_name("is")) return raised("You cannot chain multiple tests with is");
      TRY_ASSIGN(ExprPtr argument, primary(false));
      TRY_ASSIGN(argument, postfix(std::move(argument)));
      made->arguments.push_back(std::move(argument));
    }
    TRY_ASSIGN(ExprPtr whole, done(std::move(made)));
    if (!negated) return whole;
    return wrapped(ExprType::logical_not, line, std::move(whole));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool chat_ = false;
  int limit_ = 0;
  ParsedTemplate& out_;
  int level_ = 0;
  int loops_ = 0;
};

}  // namespace

Result<std::unique_ptr<ParsedTemplate>> parse(std::string_view source, Dialect dialect,
                                              const Limits& limits) {
  if (source.size() > limits.source_bytes) {
    return unsupported(fmt::format("a template of more than {} bytes", limits.source_bytes));
  }
  TRY_ASSIGN(std::vector<Token> tokens, tokenize(source, dialect));
  auto parsed = std::make_unique<ParsedTemplate>();
  TRY(Parser(std::move(tokens), dialect, limits, *parsed).whole());
  TRY(find_scopes(*parsed));
  return parsed;
}

}  // namespace bantam::jinja
