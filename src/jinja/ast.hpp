#pragma once
// A parsed template.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jinja/value.hpp"

namespace bantam::jinja {

enum class ExprType {
  constant,
  name,
  list,
  tuple,
  dict,  // children: key, value, key, value, ...
  logical_not,
  negative,
  positive,
  logical_and,
  logical_or,
  arithmetic,
  compare,  // children: the operands; `operators` between them
  concat,
  condition,  // children: test, then, else (may be null)
  attribute,
  item,
  slice,  // children: the object, start, stop, step (may be null)
  call,
  filter,  // children: the value (null in a filter block)
  test,
  space_attribute,  // only as a target of set
};

enum class Operator {
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  in,
  not_in
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  ExprType type = ExprType::constant;
  int line = 1;
  int depth = 1;
  std::string name;  // of a variable, attribute, filter or test
  Value constant;
  Operator op = Operator::add;
  std::vector<Operator> operators;
  std::vector<ExprPtr> children;
  // Of a call, filter or test.
  std::vector<ExprPtr> arguments;
  std::vector<std::pair<std::string, ExprPtr>> keywords;
  ExprPtr more_arguments;  // *expression; null when absent
  ExprPtr more_keywords;   // **expression
};

// How a variable of a scope starts.
enum class Load { parameter, resolve, alias, undefined };
struct Slot {
  std::string name;
  Load load = Load::undefined;
};
using Scope = std::vector<Slot>;

enum class StmtType {
  output,
  for_loop,
  if_chain,
  set,
  set_block,
  macro,
  call_block,
  filter_block,
  with,
  scope,  // generation
  break_loop,
  continue_loop,
};

struct Stmt;
using StmtPtr = std::unique_ptr<Stmt>;
using Body = std::vector<StmtPtr>;

struct Stmt {
  StmtType type = StmtType::output;
  int line = 1;
  std::string name;             // of a macro
  std::vector<ExprPtr> exprs;   // output: what is printed; with, macro: targets
  std::vector<bool> is_data;    // output: text of the template itself
  std::vector<ExprPtr> values;  // with: values; macro, call: defaults of the last parameters
  ExprPtr target;               // for, set
  ExprPtr value;                // for: what is iterated; set: the value; call: the call; filters of blocks
  ExprPtr test;                 // for
  Body body;
  Body otherwise;                                  // else of for and if
  std::vector<std::pair<ExprPtr, Body>> branches;  // if, elif
  bool recursive = false;
  bool has_loop = false;  // the body mentions `loop`
  bool takes_caller = false;
  bool takes_keywords = false;
  bool takes_values = false;
  Scope scope;       // of the body
  Scope test_scope;  // of a loop's test
  Scope else_scope;  // of a loop's else
};

struct ParsedTemplate {
  Heap constants;
  Body body;
  Scope scope;
};

}  // namespace bantam::jinja
