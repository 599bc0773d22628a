#include "prompt/llama/jinja_python.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "prompt/llama/jinja_values.hpp"
#include "prompt/python_literal.hpp"
#include "prompt/python_methods.hpp"

// The engine reports by exceptions; rethrown_exception passes its layers unchanged and is caught in
// jinja.cpp.

namespace bantam::prompt {
namespace {

using jinja::cast_stmt;
using jinja::context;
using jinja::is_val;
using jinja::statement_ptr;
using jinja::value;

std::string node_name(const statement_ptr& node) {
  if (const auto* identifier = cast_stmt<jinja::identifier>(node))
    return fmt::format("'{}'", identifier->val);
  if (const auto* member = cast_stmt<jinja::member_expression>(node); member && !member->computed) {
    return fmt::format("attribute {}", node_name(member->property));
  }
  return "a value";
}

// An expression whose value must be there.
struct Needed final : jinja::expression {
  Needed(statement_ptr&& wrapped, std::string name) : inner(std::move(wrapped)), what(std::move(name)) {}
  std::string type() const override { return inner->type(); }
  value execute_impl(context& ctx) const override {
    value found = inner->execute(ctx);
    if (found->is_undefined()) throw jinja::rethrown_exception(what + " is undefined");
    return found;
  }
  statement_ptr inner;
  std::string what;
};

// An expression in the place of output.
struct Printed final : jinja::expression {
  explicit Printed(statement_ptr&& wrapped) : inner(std::move(wrapped)) {}
  std::string type() const override { return inner->type(); }
  value execute_impl(context& ctx) const override {
    const value found = inner->execute(ctx);
    if (found->is_undefined()) throw jinja::rethrown_exception("a printed value is undefined");
    if (is_val<jinja::value_string>(found)) return found;
    return jinja::mk_val<jinja::value_string>(python_str(json_from(found)));
  }
  statement_ptr inner;
};

// object[index] and object[a:b:c]: text is counted in code points.
struct Item final : jinja::expression {
  Item(statement_ptr&& wrapped, const jinja::member_expression* inside)
      : original(std::move(wrapped)), member(inside) {}
  std::string type() const override { return original->type(); }

  value execute_impl(context& ctx) const override {
    const value object = member->object->execute(ctx);
    if (!is_val<jinja::value_string>(object)) return original->execute(ctx);
    const std::string text = object->as_string().str();
    if (const auto* slice = cast_stmt<jinja::slice_expression>(member->property))
      return sliced(text, *slice, ctx);
    const value index = member->property->execute(ctx);
    if (!is_val<jinja::value_int>(index)) return original->execute(ctx);
    const auto found = python_item(text, index->as_int());
    return found ? value_from(*found, false) : jinja::mk_val<jinja::value_undefined>("index");
  }

  static value sliced(const std::string& text, const jinja::slice_expression& slice, context& ctx) {
    const auto bound = [&](const statement_ptr& node) -> std::optional<std::int64_t> {
      if (!node) return std::nullopt;
      const value given = node->execute(ctx);
      if (given->is_none()) return std::nullopt;
      return given->as_int();
    };
    const auto out = python_slice(text, bound(slice.start_expr), bound(slice.stop_expr),
                                  bound(slice.step_expr).value_or(1));
    if (!out) throw jinja::rethrown_exception(out.error().message);
    return value_from(*out, false);
  }

  statement_ptr original;
  const jinja::member_expression* member;  // inside `original`
};

// object.name(arguments) and object|length.
struct Method final : jinja::expression {
  Method(statement_ptr&& wrapped, const jinja::statement* self, std::string called,
         const jinja::statements* given)
      : original(std::move(wrapped)), object(self), name(std::move(called)), args(given) {}
  std::string type() const override { return original->type(); }

  value execute_impl(context& ctx) const override {
    const value self = object->execute(ctx);
    if (!is_val<jinja::value_string>(self) && !is_val<jinja::value_array>(self))
      return original->execute(ctx);
    if (args == nullptr) {
      if (!is_val<jinja::value_string>(self)) return original->execute(ctx);
      return jinja::mk_val<jinja::value_int>(python_length(self->as_string().str()));
    }
    std::vector<base::Json> given;
    for (const statement_ptr& argument : *args) {
      if (cast_stmt<jinja::keyword_argument_expression>(argument)) return original->execute(ctx);
      given.push_back(json_from(argument->execute(ctx)));
    }
    const auto result = python_method(json_from(self), name, given);
    if (!result) return original->execute(ctx);
    if (!*result) throw jinja::rethrown_exception(result->error().message);
    return value_from(**result, false);
  }

  statement_ptr original;
  const jinja::statement* object;  // inside `original`
  std::string name;
  const jinja::statements* args;  // inside `original`; null for |length
};

void rewrite(statement_ptr& node);

void rewrite_all(jinja::statements& nodes) {
  for (statement_ptr& node : nodes) rewrite(node);
}

void rewrite_body(jinja::statements& nodes) {
  for (statement_ptr& node : nodes) {
    const bool expression = dynamic_cast<const jinja::expression*>(node.get()) != nullptr;
    rewrite(node);
    if (expression) node = std::make_unique<Printed>(std::move(node));
  }
}

void rewrite_member(statement_ptr& node, bool needed) {
  auto* member = cast_stmt<jinja::member_expression>(node);
  const std::string what = node_name(node);
  rewrite(member->object);
  if (auto* slice = cast_stmt<jinja::slice_expression>(member->property)) {
    for (statement_ptr* bound : {&slice->start_expr, &slice->stop_expr, &slice->step_expr}) rewrite(*bound);
  } else if (member->computed) {
    rewrite(member->property);
  }
  if (member->computed) node = std::make_unique<Item>(std::move(node), member);
  if (needed) node = std::make_unique<Needed>(std::move(node), what);
}

// What may be undefined without an error: the operand of `is defined` and of the filter `default`.
void rewrite_lenient(statement_ptr& node) {
  if (cast_stmt<jinja::identifier>(node)) return;
  if (cast_stmt<jinja::member_expression>(node)) return rewrite_member(node, false);
  rewrite(node);
}

std::string called_name(const statement_ptr& node) {
  if (const auto* identifier = cast_stmt<jinja::identifier>(node)) return identifier->val;
  const auto* call = cast_stmt<jinja::call_expression>(node);
  return call ? called_name(call->callee) : "";
}

void rewrite_called(statement_ptr& node) {
  if (auto* call = cast_stmt<jinja::call_expression>(node)) rewrite_all(call->args);
}

void rewrite_filter(statement_ptr& node) {
  auto* filter = cast_stmt<jinja::filter_expression>(node);
  const std::string name = called_name(filter->filter);
  name == "default" || name == "d" ? rewrite_lenient(filter->operand) : rewrite(filter->operand);
  rewrite_called(filter->filter);
  if (name == "length" || name == "count") {
    const jinja::statement* operand = filter->operand.get();
    node = std::make_unique<Method>(std::move(node), operand, name, nullptr);
  }
}

void rewrite_test(jinja::test_expression& test) {
  const std::string name = called_name(test.test);
  name == "defined" || name == "undefined" ? rewrite_lenient(test.operand) : rewrite(test.operand);
  rewrite_called(test.test);
}

void rewrite_call(statement_ptr& node) {
  auto* call = cast_stmt<jinja::call_expression>(node);
  rewrite_all(call->args);
  auto* member = cast_stmt<jinja::member_expression>(call->callee);
  if (!member || member->computed) return rewrite(call->callee);
  rewrite(member->object);
  const jinja::statement* object = member->object.get();
  const std::string name = called_name(member->property);
  const jinja::statements* args = &call->args;
  node = std::make_unique<Method>(std::move(node), object, name, args);
}

// The parts of an expression that is made of others; empty for anything else.
std::vector<statement_ptr*> child_nodes(const statement_ptr& node) {
  jinja::statement* expression = node.get();
  std::vector<statement_ptr*> parts;
  const auto all_of = [&](jinja::statements& elements) {
    for (statement_ptr& element : elements) parts.push_back(&element);
    return parts;
  };
  if (auto* n = dynamic_cast<jinja::binary_expression*>(expression)) return {&n->left, &n->right};
  if (auto* n = dynamic_cast<jinja::unary_expression*>(expression)) return {&n->argument};
  if (auto* n = dynamic_cast<jinja::select_expression*>(expression)) return {&n->lhs, &n->test};
  if (auto* n = dynamic_cast<jinja::keyword_argument_expression*>(expression)) return {&n->val};
  if (auto* n = dynamic_cast<jinja::spread_expression*>(expression)) return {&n->argument};
  if (auto* n = dynamic_cast<jinja::array_literal*>(expression)) return all_of(n->val);
  if (auto* n = dynamic_cast<jinja::tuple_literal*>(expression)) return all_of(n->val);
  if (auto* n = dynamic_cast<jinja::ternary_expression*>(expression)) {
    return {&n->condition, &n->true_expr, &n->false_expr};
  }
  if (auto* n = dynamic_cast<jinja::object_literal*>(expression)) {
    for (auto& [key, element] : n->val) parts.insert(parts.end(), {&key, &element});
  }
  return parts;
}

void rewrite_for(jinja::for_statement& loop) {
  if (auto* filtered = cast_stmt<jinja::select_expression>(loop.iterable)) {
    rewrite(filtered->lhs);
    rewrite(filtered->test);
  } else {
    rewrite(loop.iterable);
  }
  rewrite_body(loop.body);
  rewrite_body(loop.default_block);
}

void rewrite_block(const statement_ptr& node) {
  jinja::statement* block = node.get();
  if (auto* loop = dynamic_cast<jinja::for_statement*>(block)) return rewrite_for(*loop);
  if (auto* n = dynamic_cast<jinja::macro_statement*>(block)) return rewrite_body(n->body);
  if (auto* n = dynamic_cast<jinja::filter_statement*>(block)) return rewrite_body(n->body);
  if (auto* n = dynamic_cast<jinja::call_statement*>(block)) return rewrite_body(n->body);
  if (auto* n = dynamic_cast<jinja::if_statement*>(block)) {
    rewrite(n->test);
    rewrite_body(n->body);
    return rewrite_body(n->alternate);
  }
  if (auto* n = dynamic_cast<jinja::set_statement*>(block)) {
    rewrite(n->val);
    return rewrite_body(n->body);
  }
}

void rewrite(statement_ptr& node) {
  if (!node) return;
  if (cast_stmt<jinja::identifier>(node)) {
    const std::string what = node_name(node);
    node = std::make_unique<Needed>(std::move(node), what);
  } else if (cast_stmt<jinja::member_expression>(node)) {
    rewrite_member(node, true);
  } else if (cast_stmt<jinja::call_expression>(node)) {
    rewrite_call(node);
  } else if (cast_stmt<jinja::filter_expression>(node)) {
    rewrite_filter(node);
  } else if (auto* test = cast_stmt<jinja::test_expression>(node)) {
    rewrite_test(*test);
  } else {
    for (statement_ptr* part : child_nodes(node)) rewrite(*part);
    rewrite_block(node);
  }
}

// The end of the tag that starts at `at`, behind its closing bracket; strings inside are skipped.
std::size_t end_of_tag(std::string_view source, std::size_t at) {
  const char kind = source[at + 1];
  const std::string closing{kind == '{' ? '}' : kind, '}'};
  char quote = 0;
  for (std::size_t i = at + 2; i < source.size(); ++i) {
    if (quote != 0) {
      if (source[i] == '\\')
        ++i;
      else if (source[i] == quote)
        quote = 0;
    } else if (kind != '#' && (source[i] == '\'' || source[i] == '"')) {
      quote = source[i];
    } else if (source.substr(i).starts_with(closing)) {
      return i + 2;
    }
  }
  return source.size();
}

}  // namespace

std::string with_kept_white_space(std::string_view source) {
  constexpr std::string_view kNothing = "{{''}}";
  std::string out(kNothing);  // the engine may take away a text of one character at the very start
  for (std::size_t at = 0; at < source.size();) {
    const bool tag = source[at] == '{' && at + 1 < source.size() &&
                     std::string_view("{%#").find(source[at + 1]) != std::string_view::npos;
    if (!tag) {
      out += source[at++];
      continue;
    }
    const std::size_t end = end_of_tag(source, at);
    const std::string_view text = source.substr(at, end - at);
    const bool block = source[at + 1] != '{';
    if (block && text.size() > 2 && text[2] != '-') out += kNothing;
    out += text;
    if (block && !text.ends_with("-%}") && !text.ends_with("-#}")) out += kNothing;
    at = end;
  }
  return out + "\n";  // the engine takes one final line break away
}

void speak_python(jinja::program& program) {
  rewrite_body(program.body);
}

}  // namespace bantam::prompt
