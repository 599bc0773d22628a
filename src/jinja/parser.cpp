#include "jinja/parser.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "jinja/errors.hpp"
#include "jinja/expression_parser.hpp"
#include "jinja/level.hpp"
#include "jinja/lexer.hpp"
#include "jinja/scopes.hpp"
#include "jinja/token_reader.hpp"

namespace bantam::jinja {
namespace {

class Parser {
 public:
  Parser(std::vector<Token> tokens, Dialect dialect, const Limits& limits, ParsedTemplate& out)
      : tokens_(std::move(tokens)),
        nesting_{limits.nesting},
        expressions_(tokens_, nesting_, out.constants),
        chat_(dialect == Dialect::chat),
        out_(out) {}

  Status whole() {
    auto body = statements({});
    if (!body) return at_line(tokens_.now().line, std::move(body).error());
    out_.body = *std::move(body);
    return {};
  }

 private:
  Result<Body> statements(const Names& ends) {
    const Level level(nesting_.level);
    TRY(nesting_.check(nesting_.level));
    Body body;
    StmtPtr output;
    const auto flush = [&] {
      if (output) body.push_back(std::move(output));
      output.reset();
    };
    while (tokens_.now().type != TokenType::end) {
      if (tokens_.now().type == TokenType::data || tokens_.now().type == TokenType::variable_begin) {
        if (!output) {
          output = std::make_unique<Stmt>();
          output->line = tokens_.now().line;
        }
        TRY(printed(*output));
        continue;
      }
      flush();
      tokens_.skip();  // block_begin
      if (!ends.empty() && tokens_.is_any(ends)) return body;
      TRY_ASSIGN(StmtPtr made, statement());
      body.push_back(std::move(made));
      TRY(tokens_.expect(TokenType::block_end, "the end of the block"));
    }
    flush();
    if (!ends.empty()) {
      return raised(fmt::format("Unexpected end of template. '{}' is missing", ends.back()));
    }
    return body;
  }

  Status printed(Stmt& output) {
    if (tokens_.now().type == TokenType::data) {
      auto data = std::make_unique<Expr>();
      data->type = ExprType::constant;
      data->line = tokens_.now().line;
      data->constant = out_.constants.string(tokens_.now().string);
      output.exprs.push_back(std::move(data));
      output.is_data.push_back(true);
      tokens_.skip();
      return {};
    }
    tokens_.skip();
    TRY_ASSIGN(ExprPtr value, expressions_.tuple({}, true, false));
    output.exprs.push_back(std::move(value));
    output.is_data.push_back(false);
    return tokens_.expect(TokenType::variable_end, "the end of the print statement");
  }

  // The body of a block up to one of `ends`, which is the current token then.
  Result<Body> block_body(const Names& ends) {
    tokens_.skip_op(":");
    TRY(tokens_.expect(TokenType::block_end, "the end of the block"));
    return statements(ends);
  }

  Result<Body> last_body(std::string_view end) {
    TRY_ASSIGN(Body body, block_body({end}));
    tokens_.skip();
    return body;
  }

  Result<StmtPtr> statement() {
    if (tokens_.now().type != TokenType::name) return raised("tag name expected");
    const std::string tag = tokens_.now().text;
    auto made = std::make_unique<Stmt>();
    made->line = tokens_.now().line;
    tokens_.skip();
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
    TRY_ASSIGN(made->target,
               expressions_.target({}, false));  // as Jinja2 does: "for a, in x" takes "in" as a name
    TRY(check_loop_target(*made->target));
    if (!tokens_.skip_name("in")) return raised(fmt::format("expected 'in', got {}", tokens_.described()));
    TRY_ASSIGN(made->value, expressions_.tuple({"recursive"}, false, false));
    if (tokens_.skip_name("if")) {
      TRY_ASSIGN(made->test, expressions_.expression());
    }
    made->recursive = tokens_.skip_name("recursive");
    ++loops_;
    auto body = block_body({"else", "endfor"});
    --loops_;
    if (!body) return tl::unexpected(body.error());
    made->body = *std::move(body);
    const bool has_else = tokens_.is_name("else");
    tokens_.skip();
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
      TRY_ASSIGN(ExprPtr test, expressions_.tuple({}, false, false));
      TRY_ASSIGN(Body body, block_body({"elif", "else", "endif"}));
      made->branches.emplace_back(std::move(test), std::move(body));
      if (tokens_.skip_name("elif")) continue;
      const bool has_else = tokens_.is_name("else");
      tokens_.skip();
      if (has_else) {
        TRY_ASSIGN(made->otherwise, last_body("endif"));
      }
      return made;
    }
  }

  Result<StmtPtr> set(StmtPtr made) {
    made->type = StmtType::set;
    TRY_ASSIGN(made->target, expressions_.target({}, true));
    if (tokens_.skip_op("=")) {
      TRY_ASSIGN(made->value, expressions_.tuple({}, true, false));
      return made;
    }
    made->type = StmtType::set_block;
    TRY_ASSIGN(made->value, expressions_.filters(nullptr, false));
    TRY_ASSIGN(made->body, last_body("endset"));
    return made;
  }

  Status signature(Stmt& made) {
    TRY(tokens_.expect_op("("));
    std::set<std::string> known;
    while (!tokens_.is_op(")")) {
      if (!made.exprs.empty()) TRY(tokens_.expect_op(","));
      TRY_ASSIGN(ExprPtr name, expressions_.target_name());
      if (!known.insert(name->name).second) return raised(fmt::format("duplicate argument '{}'", name->name));
      if (tokens_.skip_op("=")) {
        TRY_ASSIGN(ExprPtr value, expressions_.expression());
        made.values.push_back(std::move(value));
      } else if (!made.values.empty()) {
        return raised("non-default argument follows default argument");
      }
      made.exprs.push_back(std::move(name));
    }
    return tokens_.expect_op(")");
  }

  Result<StmtPtr> macro(StmtPtr made) {
    made->type = StmtType::macro;
    TRY_ASSIGN(ExprPtr name, expressions_.target_name());
    made->name = name->name;
    TRY(signature(*made));
    TRY_ASSIGN(made->body, function_body("endmacro"));
    return made;
  }

  Result<StmtPtr> call_block(StmtPtr made) {
    made->type = StmtType::call_block;
    if (tokens_.is_op("(")) TRY(signature(*made));
    TRY_ASSIGN(made->value, expressions_.expression());
    if (made->value->type != ExprType::call) return raised("expected call");
    TRY_ASSIGN(made->body, function_body("endcall"));
    return made;
  }

  Result<StmtPtr> filter_block(StmtPtr made) {
    made->type = StmtType::filter_block;
    TRY_ASSIGN(made->value, expressions_.filters(nullptr, true));
    TRY_ASSIGN(made->body, last_body("endfilter"));
    return made;
  }

  Result<StmtPtr> with(StmtPtr made) {
    made->type = StmtType::with;
    while (tokens_.now().type != TokenType::block_end) {
      if (!made->exprs.empty()) TRY(tokens_.expect_op(","));
      TRY_ASSIGN(ExprPtr name, expressions_.target({}, false));
      TRY(tokens_.expect_op("="));
      TRY_ASSIGN(ExprPtr value, expressions_.expression());
      made->exprs.push_back(std::move(name));
      made->values.push_back(std::move(value));
    }
    TRY_ASSIGN(made->body, last_body("endwith"));
    return made;
  }

  Result<StmtPtr> print(StmtPtr made) {
    while (tokens_.now().type != TokenType::block_end) {
      if (!made->exprs.empty()) TRY(tokens_.expect_op(","));
      TRY_ASSIGN(ExprPtr value, expressions_.expression());
      made->exprs.push_back(std::move(value));
      made->is_data.push_back(false);
    }
    return made;
  }

  TokenReader tokens_;
  Nesting nesting_;
  ExpressionParser expressions_;
  bool chat_ = false;
  ParsedTemplate& out_;
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
