#include "jinja/scopes.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "jinja/errors.hpp"
#include "jinja/filters.hpp"

namespace bantam::jinja {
namespace {

// Calls `visit` with each part of an expression that is an expression.
template <typename Visit>
void for_each_part(const Expr& expr, Visit visit) {
  const auto look = [&](const ExprPtr& part) {
    if (part) visit(*part);
  };
  for (const ExprPtr& part : expr.children) look(part);
  for (const ExprPtr& part : expr.arguments) look(part);
  for (const auto& [name, part] : expr.keywords) look(part);
  look(expr.more_arguments);
  look(expr.more_keywords);
}

// Which of some special names a body reads before it sets them.
class ReadNames {
 public:
  explicit ReadNames(std::set<std::string> names) : names_(std::move(names)) {}

  std::set<std::string> in(const Body& body) {
    bodies(body);
    return read_;
  }

 private:
  void bodies(const Body& body) {
    for (const StmtPtr& stmt : body) statement(*stmt);
  }

  void load(const ExprPtr& expr) {
    if (expr) load(*expr);
  }
  void load(const Expr& expr) {
    if (expr.type == ExprType::name && names_.contains(expr.name)) read_.insert(expr.name);
    for_each_part(expr, [&](const Expr& part) { load(part); });
  }
  void store(const ExprPtr& expr) {
    if (!expr || expr->type == ExprType::space_attribute) return;
    if (expr->type == ExprType::name) names_.erase(expr->name);
    for (const ExprPtr& part : expr->children) store(part);
  }

  void statement(const Stmt& stmt) {
    switch (stmt.type) {
      case StmtType::output:
        for (const ExprPtr& expr : stmt.exprs) load(expr);
        return;
      case StmtType::for_loop:
        store(stmt.target), load(stmt.value), bodies(stmt.body), bodies(stmt.otherwise), load(stmt.test);
        return;
      case StmtType::if_chain:
        for (const auto& [test, body] : stmt.branches) load(test), bodies(body);
        return bodies(stmt.otherwise);
      case StmtType::set:
        store(stmt.target), load(stmt.value);
        return;
      case StmtType::set_block:
        store(stmt.target), load(stmt.value), bodies(stmt.body);
        return;
      case StmtType::filter_block:
        bodies(stmt.body), load(stmt.value);
        return;
      case StmtType::call_block:
      case StmtType::macro:
      case StmtType::with:
        load(stmt.value);
        for (const ExprPtr& expr : stmt.exprs) store(expr);
        for (const ExprPtr& expr : stmt.values) load(expr);
        return bodies(stmt.body);
      case StmtType::scope:
        return bodies(stmt.body);
      case StmtType::break_loop:
      case StmtType::continue_loop:
        return;
    }
  }

  std::set<std::string> names_;
  std::set<std::string> read_;
};

// The names of one scope, in the order in which they are met.
class Names {
 public:
  explicit Names(const Names* parent) : parent_(parent) {}

  bool knows(const std::string& name) const {
    return loads_.contains(name) || (parent_ != nullptr && parent_->knows(name));
  }
  void parameter(const std::string& name) {
    stores_.insert(name);
    loads_[name] = Load::parameter;
  }
  void load(const std::string& name) {
    if (!knows(name)) loads_[name] = Load::resolve;
  }
  void store(const std::string& name) {
    stores_.insert(name);
    if (loads_.contains(name)) return;
    loads_[name] = outer_knows(name) ? Load::alias : Load::undefined;
  }
  // What the branches of an if set may be set or not: it starts with the outer value.
  void join(const std::vector<Names>& branches) {
    std::set<std::string> stored;
    for (const Names& branch : branches) stored.insert(branch.stores_.begin(), branch.stores_.end());
    for (const std::string& name : stores_) stored.erase(name);
    for (const Names& branch : branches) {
      for (const auto& [name, load] : branch.loads_) loads_[name] = load;
      stores_.insert(branch.stores_.begin(), branch.stores_.end());
    }
    for (const std::string& name : stored) loads_[name] = outer_knows(name) ? Load::alias : Load::resolve;
  }
  Scope scope() const {
    Scope made;
    for (const auto& [name, load] : loads_) made.push_back({name, load});
    return made;
  }

 private:
  bool outer_knows(const std::string& name) const { return parent_ != nullptr && parent_->knows(name); }

  const Names* parent_;
  std::map<std::string, Load> loads_;
  std::set<std::string> stores_;
};

class Finder {
 public:
  // The scopes of everything inside of `body`, whose own names are `names`.
  Status inside(Body& body, const Names& names, bool soft) {
    for (StmtPtr& stmt : body) TRY(statement(*stmt, names, soft));
    return {};
  }

  static void collect(const Body& body, Names& names) {
    for (const StmtPtr& stmt : body) collect(*stmt, names);
  }

 private:
  static void load(const ExprPtr& expr, Names& names) {
    if (expr) load(*expr, names);
  }
  static void load(const Expr& expr, Names& names) {
    if (expr.type == ExprType::name) names.load(expr.name);
    for_each_part(expr, [&](const Expr& part) { load(part, names); });
  }
  static void store(const Expr& expr, Names& names, bool parameter = false) {
    if (expr.type == ExprType::space_attribute) return names.load(expr.children.front()->name);
    if (expr.type == ExprType::name) parameter ? names.parameter(expr.name) : names.store(expr.name);
    for (const ExprPtr& part : expr.children) store(*part, names, parameter);
  }

  static void collect(const Stmt& stmt, Names& names) {
    switch (stmt.type) {
      case StmtType::output:
        for (const ExprPtr& expr : stmt.exprs) load(expr, names);
        return;
      case StmtType::for_loop:
      case StmtType::call_block:
      case StmtType::filter_block:
        return load(stmt.value, names);
      case StmtType::if_chain:
        return collect_if(stmt, 0, names);
      case StmtType::set:
        load(stmt.value, names);
        return store(*stmt.target, names);
      case StmtType::set_block:
        return store(*stmt.target, names);
      case StmtType::macro:
        return names.store(stmt.name);
      case StmtType::with:
        for (const ExprPtr& value : stmt.values) load(value, names);
        return;
      case StmtType::scope:
      case StmtType::break_loop:
      case StmtType::continue_loop:
        return;
    }
  }

  // Each elif is an if of its own inside of the first one.
  static void collect_if(const Stmt& stmt, std::size_t first, Names& names) {
    load(stmt.branches[first].first, names);
    std::vector<Names> branches(3, names);
    collect(stmt.branches[first].second, branches[0]);
    if (first == 0) {
      for (std::size_t i = 1; i < stmt.branches.size(); ++i) {
        load(stmt.branches[i].first, branches[1]);
        std::vector<Names> inner(3, branches[1]);
        collect(stmt.branches[i].second, inner[0]);
        branches[1].join(inner);
      }
      collect(stmt.otherwise, branches[2]);
    }
    names.join(branches);
  }

  Status statement(Stmt& stmt, const Names& names, bool soft) {
    for (const ExprPtr& expr : stmt.exprs) TRY(check(expr, soft));
    TRY(check(stmt.test, false));
    const bool own_frame = stmt.type == StmtType::set_block || stmt.type == StmtType::filter_block;
    TRY(check(stmt.value, soft && !own_frame));
    for (const ExprPtr& value : stmt.values) TRY(check(value, stmt.type == StmtType::with && soft));
    switch (stmt.type) {
      case StmtType::for_loop:
        return loop(stmt, names);
      case StmtType::if_chain:
        for (auto& [test, body] : stmt.branches) {
          TRY(check(test, true));
          TRY(inside(body, names, true));
        }
        return inside(stmt.otherwise, names, true);
      case StmtType::macro:
      case StmtType::call_block:
      case StmtType::scope:
        return function(stmt, names);
      case StmtType::with: {
        Names inner(&names);
        for (const ExprPtr& target : stmt.exprs) store(*target, inner, true);
        return body_of(stmt, inner);
      }
      case StmtType::set_block:
      case StmtType::filter_block: {
        Names inner(&names);
        TRY(body_of(stmt, inner));
        return stmt.value ? check_known(*stmt.value, inner) : Status{};
      }
      default:
        return {};
    }
  }

  // Jinja2 does not look for names in the arguments of a block's filter.
  static Status check_known(const Expr& expr, const Names& names) {
    if (expr.type == ExprType::name && !names.knows(expr.name)) {
      return at_line(expr.line, raised(fmt::format("'{}' is unknown to the block", expr.name)));
    }
    Status status;
    for_each_part(expr, [&](const Expr& part) {
      if (status) status = check_known(part, names);
    });
    return status;
  }

  Status body_of(Stmt& stmt, Names& names) {
    collect(stmt.body, names);
    stmt.scope = names.scope();
    return inside(stmt.body, names, false);
  }

  Status loop(Stmt& stmt, const Names& names) {
    stmt.has_loop = stmt.recursive || !ReadNames({"loop"}).in(stmt.body).empty();
    Names body(&names);
    if (stmt.has_loop) body.parameter("loop");
    store(*stmt.target, body, true);
    TRY(body_of(stmt, body));
    Names otherwise(&names);
    collect(stmt.otherwise, otherwise);
    stmt.else_scope = otherwise.scope();
    TRY(inside(stmt.otherwise, otherwise, false));
    if (stmt.test) {
      Names test(&names);
      store(*stmt.target, test, true);
      load(*stmt.test, test);
      stmt.test_scope = test.scope();
    }
    return {};
  }

  Status function(Stmt& stmt, const Names& names) {
    Names inner(&names);
    bool has_caller = false;
    bool has_keywords = false;
    bool has_values = false;
    std::size_t caller_at = 0;
    for (std::size_t i = 0; i < stmt.exprs.size(); ++i) {
      const std::string& name = stmt.exprs[i]->name;
      if (name == "caller") has_caller = true, caller_at = i;
      has_keywords = has_keywords || name == "kwargs";
      has_values = has_values || name == "varargs";
      inner.parameter(name);
    }
    for (const ExprPtr& value : stmt.values) load(value, inner);
    const auto read = ReadNames({"caller", "kwargs", "varargs"}).in(stmt.body);
    stmt.takes_caller = read.contains("caller");
    stmt.takes_keywords = read.contains("kwargs") && !has_keywords;
    stmt.takes_values = read.contains("varargs") && !has_values;
    if (stmt.takes_caller && has_caller && stmt.exprs.size() - caller_at > stmt.values.size()) {
      return at_line(stmt.line,
                     raised("the special \"caller\" argument must be omitted or be given a default"));
    }
    if (stmt.takes_caller && !has_caller) inner.parameter("caller");
    if (stmt.takes_keywords) inner.parameter("kwargs");
    if (stmt.takes_values) inner.parameter("varargs");
    return body_of(stmt, inner);
  }

  // Names, filters and tests that cannot be had.
  static Status check(const ExprPtr& expr, bool soft) { return expr ? check(*expr, soft) : Status{}; }
  static Status check(const Expr& expr, bool soft) {
    if (expr.type == ExprType::name && expr.name == "self") {
      return at_line(expr.line, unsupported("the variable 'self'"));
    }
    if (expr.type == ExprType::filter || expr.type == ExprType::test) {
      const bool is_filter = expr.type == ExprType::filter;
      const Known known = is_filter ? known_filter(expr.name) : known_test(expr.name);
      const std::string what = fmt::format("{} '{}'", is_filter ? "filter" : "test", expr.name);
      if (known == Known::unsupported) return at_line(expr.line, unsupported(what));
      if (known == Known::no && !soft) {
        return at_line(expr.line,
                       raised(fmt::format("No {} named '{}'.", is_filter ? "filter" : "test", expr.name)));
      }
    }
    Status status;
    for_each_part(expr, [&](const Expr& part) {
      if (status) status = check(part, soft || expr.type == ExprType::condition);
    });
    return status;
  }
};

}  // namespace

Status find_scopes(ParsedTemplate& parsed) {
  Names names(nullptr);
  Finder::collect(parsed.body, names);
  parsed.scope = names.scope();
  return Finder().inside(parsed.body, names, false);
}

}  // namespace bantam::jinja
