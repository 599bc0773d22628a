// Filters of lists and other things with elements.

#include <algorithm>
#include <array>
#include <cmath>

#include "jinja/filter_support.hpp"
#include "jinja/filters.hpp"
#include "jinja/text_case.hpp"

namespace bantam::jinja {
namespace {

// What values are sorted and told apart by.
Result<Value> key_of(Machine& machine, const Value& value, const Path& path, bool case_sensitive,
                     const std::optional<Value>& otherwise = {}) {
  TRY_ASSIGN(const Value key, follow(machine, value, path, otherwise));
  if (case_sensitive || !key.is(Kind::string)) return key;
  return machine.text(lowered(key.text()));
}

bool holds_nan(const Value& value, int depth = 0) {
  if (value.is(Kind::real)) return std::isnan(value.as_real());
  if (depth > 50 || (!value.is(Kind::list) && !value.is(Kind::tuple))) return false;
  return std::any_of(value.items().begin(), value.items().end(),
                     [&](const Value& item) { return holds_nan(item, depth + 1); });
}

using Keyed = std::pair<Value, Value>;  // key, value

Status sort(Machine& machine, std::vector<Keyed>& items, bool reverse) {
  if (std::any_of(items.begin(), items.end(), [](const Keyed& item) { return holds_nan(item.first); })) {
    return unsupported("sorting with nan");
  }
  Status status;
  std::stable_sort(items.begin(), items.end(), [&](const Keyed& a, const Keyed& b) {
    if (!status) return false;
    const auto less = reverse ? machine.less(b.first, a.first) : machine.less(a.first, b.first);
    if (!less) status = tl::unexpected<base::Error>(less.error());
    return less && *less;
  });
  return status;
}

std::vector<Value> values_of(const std::vector<Keyed>& items) {
  std::vector<Value> out;
  for (const Keyed& item : items) out.push_back(item.second);
  return out;
}

Result<Value> filter_sort(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("sort", given, {"reverse", "case_sensitive", "attribute"}));
  TRY_ASSIGN(const std::int64_t reverse, bound[0] ? machine.index_of(*bound[0]) : Result<std::int64_t>(0));
  TRY_ASSIGN(const bool case_sensitive, flag(machine, bound[1]));
  std::vector<Path> paths{{}};
  if (is_given(bound[2])) {
    paths.clear();
    if (bound[2]->is(Kind::string)) {
      Text part;
      for (const char32_t c : bound[2]->text() + U",") {
        if (plain(c) != ',') {
          part += c;
          continue;
        }
        paths.push_back(path_of(machine, machine.text(part)));
        part.clear();
      }
    } else {
      paths.push_back(path_of(machine, *bound[2]));
    }
  }
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(value));
  std::vector<Keyed> items;
  for (const Value& element : all) {
    std::vector<Value> keys;
    for (const Path& path : paths) {
      TRY_ASSIGN(const Value key, key_of(machine, element, path, case_sensitive));
      keys.push_back(key);
    }
    items.emplace_back(machine.list(std::move(keys)), element);
  }
  TRY(sort(machine, items, reverse != 0));
  return machine.list(values_of(items));
}

Result<Value> filter_dictsort(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("dictsort", given, {"case_sensitive", "by", "reverse"}));
  TRY_ASSIGN(const bool case_sensitive, flag(machine, bound[0]));
  TRY_ASSIGN(const std::int64_t reverse, bound[2] ? machine.index_of(*bound[2]) : Result<std::int64_t>(0));
  std::string by = "key";
  if (bound[1]) by = bound[1]->is(Kind::string) ? utf8(bound[1]->text()) : "";
  if (by != "key" && by != "value") return raised("You can only sort by either \"key\" or \"value\"");
  if (!value.is(Kind::dict))
    return raised(fmt::format("AttributeError: '{}' object has no attribute 'items'", type_name(value)));
  std::vector<Keyed> items;
  for (const auto& [key, element] : value.as<DictObject>().items) {
    TRY_ASSIGN(const Value sorted_by, key_of(machine, by == "key" ? key : element, {}, case_sensitive));
    items.emplace_back(sorted_by, machine.tuple({key, element}));
  }
  TRY(sort(machine, items, reverse != 0));
  return machine.list(values_of(items));
}

Result<Value> filter_groupby(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("groupby", given, {"attribute", "default", "case_sensitive"}, 1));
  TRY_ASSIGN(const bool case_sensitive, flag(machine, bound[2]));
  const Path path = path_of(machine, *bound[0]);
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(value));
  std::vector<Keyed> items;
  for (const Value& element : all) {
    TRY_ASSIGN(const Value key, key_of(machine, element, path, case_sensitive, bound[1]));
    items.emplace_back(key, element);
  }
  TRY(sort(machine, items, false));
  std::vector<Value> groups;
  for (std::size_t start = 0; start < items.size();) {
    std::vector<Value> members;
    std::size_t end = start;
    for (; end < items.size(); ++end) {
      TRY_ASSIGN(const bool same, machine.equal(items[start].first, items[end].first));
      if (!same) break;
      members.push_back(items[end].second);
    }
    Value name = items[start].first;
    if (!case_sensitive) {
      TRY_ASSIGN(name, follow(machine, items[start].second, path, bound[1]));
    }
    const Value group = machine.tuple({name, machine.list(std::move(members))});
    group.as<ListObject>().group = true;
    groups.push_back(group);
    start = end;
  }
  return machine.list(std::move(groups));
}

Result<Value> least_or_most(Machine& machine, const Value& value, const Arguments& given, bool most) {
  TRY_ASSIGN(const Bound bound, bind(most ? "max" : "min", given, {"case_sensitive", "attribute"}));
  TRY_ASSIGN(const bool case_sensitive, flag(machine, bound[0]));
  const Path path = path_of(machine, bound[1].value_or(Value::none()));
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(value));
  if (all.empty()) return machine.undefined("No aggregated item, sequence was empty.");
  std::optional<Keyed> best;
  for (const Value& element : all) {
    TRY_ASSIGN(const Value key, key_of(machine, element, path, case_sensitive));
    bool better = !best;
    if (best) {
      TRY_ASSIGN(better, most ? machine.less(best->first, key) : machine.less(key, best->first));
    }
    if (better) best = {key, element};
  }
  return best->second;
}

Result<Value> filter_min(Machine& machine, const Value& value, const Arguments& given) {
  return least_or_most(machine, value, given, false);
}

Result<Value> filter_max(Machine& machine, const Value& value, const Arguments& given) {
  return least_or_most(machine, value, given, true);
}

Result<Value> filter_unique(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("unique", given, {"case_sensitive", "attribute"}));
  return machine.generator([value, bound, seen = static_cast<DictObject*>(nullptr),
                            all = static_cast<IteratorObject*>(nullptr)](Machine& m) mutable -> Result<Next> {
    if (all == nullptr) {
      seen = m.dict();
      TRY_ASSIGN(all, m.iterate(value));
    }
    TRY_ASSIGN(const bool case_sensitive, flag(m, bound[0]));
    const Path path = path_of(m, bound[1].value_or(Value::none()));
    while (true) {
      TRY_ASSIGN(const Next element, m.next(all));
      if (!element) return Next();
      TRY_ASSIGN(const Value key, key_of(m, *element, path, case_sensitive));
      TRY_ASSIGN(const auto known, m.find(*seen, key));
      if (known) continue;
      TRY(m.set(*seen, key, Value::none()));
      return element;
    }
  });
}

Result<Value> filter_sum(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("sum", given, {"attribute", "start"}));
  Value total = bound[1].value_or(Value::integer(0));
  const Path path = path_of(machine, bound[0].value_or(Value::none()));
  if (total.is(Kind::string)) return type_error("sum() can't sum strings [use ''.join(seq) instead]");
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(value));
  for (const Value& element : all) {
    TRY_ASSIGN(const Value part, follow(machine, element, path));
    TRY_ASSIGN(total, machine.arithmetic(Operator::add, total, part));
  }
  return total;
}

// Sequences.

Result<Value> filter_first(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("first", given, {}));
  TRY_ASSIGN(IteratorObject * iterator, machine.iterate(value));
  TRY_ASSIGN(const Next first, machine.next(iterator));
  return first ? *first : machine.undefined("No first item, sequence was empty.");
}

Result<Value> filter_last(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("last", given, {}));
  if (!Machine::has_length(value) || value.is(Kind::loop)) {
    return type_error(fmt::format("'{}' object is not reversible", type_name(value)));
  }
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(value));
  return all.empty() ? machine.undefined("No last item, sequence was empty.") : all.back();
}

Result<Value> filter_length(Machine& machine, const Value& value, const Arguments& given) {
  TRY(expect_count("len", given, 0, 0));
  TRY_ASSIGN(const std::int64_t length, machine.length(value));
  return Value::integer(length);
}

Result<Value> filter_list(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("list", given, {}));
  TRY_ASSIGN(std::vector<Value> all, machine.elements(value));
  return machine.list(std::move(all));
}

Result<Value> filter_items(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("items", given, {}));
  return machine.generator(
      [value, all = static_cast<IteratorObject*>(nullptr)](Machine& m) mutable -> Result<Next> {
        if (value.is(Kind::undefined)) return Next();
        if (!value.is(Kind::dict)) return type_error("Can only get item pairs from a mapping.");
        if (all == nullptr) {
          TRY_ASSIGN(const Value view, call_method(m, value, "items", {}));
          TRY_ASSIGN(all, m.iterate(view));
        }
        return m.next(all);
      });
}

Result<Value> filter_reverse(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("reverse", given, {}));
  if (value.is(Kind::string)) {
    return machine.heap().string(Text(value.text().rbegin(), value.text().rend()), value.is_markup());
  }
  if (!Machine::is_iterable(value)) return raised("argument must be iterable");
  TRY_ASSIGN(std::vector<Value> all, machine.elements(value));
  std::reverse(all.begin(), all.end());
  const Value reversed = machine.list(std::move(all));
  if (value.is(Kind::iterator)) return reversed;
  TRY_ASSIGN(IteratorObject * iterator, machine.iterate(reversed));
  return Value::object(Kind::iterator, iterator);
}

// A generator over lists that are made all at once when the first is asked for.
Value late(Machine& machine, std::function<Result<std::vector<Value>>(Machine&)> make) {
  return machine.generator([make = std::move(make), made = false, all = std::vector<Value>(),
                            at = std::size_t{0}](Machine& m) mutable -> Result<Next> {
    if (!made) {
      TRY_ASSIGN(all, make(m));
      made = true;
    }
    if (at >= all.size()) return Next();
    return Next(all[at++]);
  });
}

Result<Value> filter_batch(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("batch", given, {"linecount", "fill_with"}, 1));
  return late(machine, [value, bound](Machine& m) -> Result<std::vector<Value>> {
    std::vector<Value> out;
    std::vector<Value> line;
    TRY_ASSIGN(const std::vector<Value> all, m.elements(value));
    if (all.empty()) return out;
    if (!is_integer(*bound[0])) return unsupported("batch() by something else than an integer");
    TRY_ASSIGN(const std::int64_t count, m.index_of(*bound[0]));
    for (const Value& element : all) {
      if (static_cast<std::int64_t>(line.size()) == count) out.push_back(m.list(std::exchange(line, {})));
      line.push_back(element);
    }
    if (is_given(bound[1]) && static_cast<std::int64_t>(line.size()) < count) {
      TRY(m.reserve(static_cast<std::size_t>(count), sizeof(Value)));
      line.resize(static_cast<std::size_t>(count), *bound[1]);
    }
    out.push_back(m.list(std::move(line)));
    return out;
  });
}

Result<Value> filter_slice(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("slice", given, {"slices", "fill_with"}, 1));
  return late(machine, [value, bound](Machine& m) -> Result<std::vector<Value>> {
    TRY_ASSIGN(const std::vector<Value> all, m.elements(value));
    if (!is_integer(*bound[0])) return type_error("slice() wants an integer");
    TRY_ASSIGN(const std::int64_t slices, m.index_of(*bound[0]));
    if (slices == 0) return raised("ZeroDivisionError: integer division or modulo by zero");
    std::vector<Value> out;
    if (slices < 0) return out;
    TRY(m.reserve(static_cast<std::size_t>(slices), 64));
    const auto size = static_cast<std::int64_t>(all.size());
    const std::int64_t each = size / slices;
    const std::int64_t longer = size % slices;
    std::int64_t start = 0;
    for (std::int64_t i = 0; i < slices; ++i) {
      const std::int64_t end = start + each + (i < longer ? 1 : 0);
      std::vector<Value> part(all.begin() + start, all.begin() + end);
      if (is_given(bound[1]) && i >= longer) part.push_back(*bound[1]);
      out.push_back(m.list(std::move(part)));
      start = end;
    }
    return out;
  });
}

Result<Value> filter_join(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("join", given, {"d", "attribute"}));
  TRY_ASSIGN(const Text separator, bound[0] ? machine.str(*bound[0]) : Result<Text>(Text()));
  const Path path = path_of(machine, bound[1].value_or(Value::none()));
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(value));
  TRY(machine.reserve(all.size() * (separator.size() + 1), sizeof(char32_t)));
  Text out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out += separator;
    TRY_ASSIGN(const Value part, follow(machine, all[i], path));
    TRY_ASSIGN(const Text text, machine.str(part));
    out += text;
    TRY(machine.room_for(out.size()));
  }
  return machine.text(std::move(out));
}

// map, select and their kin.

Result<Value> filter_map(Machine& machine, const Value& value, const Arguments& given) {
  return machine.generator([value, given,
                            all = static_cast<IteratorObject*>(nullptr)](Machine& m) mutable -> Result<Next> {
    const bool by_attribute = given.values.empty();
    if (all == nullptr) {
      TRY_ASSIGN(const bool any, m.truth(value));
      if (!any) return Next();
      if (by_attribute) {
        TRY_ASSIGN(const Bound bound, bind("map", given, {"attribute", "default"}));
        if (!bound[0]) return raised("map requires a filter argument");
      }
      TRY_ASSIGN(all, m.iterate(value));
    }
    TRY_ASSIGN(const Next element, m.next(all));
    if (!element) return Next();
    if (by_attribute) {
      TRY_ASSIGN(const Bound bound, bind("map", given, {"attribute", "default"}));
      TRY_ASSIGN(const Value found, follow(m, *element, path_of(m, *bound[0]), bound[1]));
      return Next(found);
    }
    if (!given.values[0].is(Kind::string)) return raised("No filter of that name.");
    Arguments rest{{given.values.begin() + 1, given.values.end()}, given.keywords};
    TRY_ASSIGN(const Value made, apply_filter(m, utf8(given.values[0].text()), *element, std::move(rest)));
    return Next(made);
  });
}

Result<Value> selected(Machine& machine, const Value& value, const Arguments& given, bool wanted,
                       bool by_attribute) {
  return machine.generator([value, given, wanted, by_attribute,
                            all = static_cast<IteratorObject*>(nullptr)](Machine& m) mutable -> Result<Next> {
    if (all == nullptr) {
      TRY_ASSIGN(const bool any, m.truth(value));
      if (!any) return Next();
      if (by_attribute && given.values.empty()) return raised("Missing parameter for attribute name");
      TRY_ASSIGN(all, m.iterate(value));
    }
    const std::size_t test_at = by_attribute ? 1 : 0;
    while (true) {
      TRY_ASSIGN(const Next element, m.next(all));
      if (!element) return Next();
      Value looked_at = *element;
      if (by_attribute) {
        TRY_ASSIGN(looked_at, follow(m, looked_at, path_of(m, given.values[0])));
      }
      bool passes = false;
      if (given.values.size() > test_at) {
        if (!given.values[test_at].is(Kind::string)) return raised("No test of that name.");
        const auto first = given.values.begin() + static_cast<std::ptrdiff_t>(test_at) + 1;
        Arguments rest{{first, given.values.end()}, given.keywords};
        TRY_ASSIGN(passes, apply_test(m, utf8(given.values[test_at].text()), looked_at, std::move(rest)));
      } else {
        TRY_ASSIGN(passes, m.truth(looked_at));
      }
      if (passes == wanted) return element;
    }
  });
}

Result<Value> filter_select(Machine& machine, const Value& value, const Arguments& given) {
  return selected(machine, value, given, true, false);
}
Result<Value> filter_reject(Machine& machine, const Value& value, const Arguments& given) {
  return selected(machine, value, given, false, false);
}
Result<Value> filter_selectattr(Machine& machine, const Value& value, const Arguments& given) {
  return selected(machine, value, given, true, true);
}
Result<Value> filter_rejectattr(Machine& machine, const Value& value, const Arguments& given) {
  return selected(machine, value, given, false, true);
}

}  // namespace

std::span<const NamedFilter> sequence_filters() {
  static constexpr auto kFilters = std::to_array<NamedFilter>({
      {"batch", filter_batch},     {"count", filter_length},    {"dictsort", filter_dictsort},
      {"first", filter_first},     {"groupby", filter_groupby}, {"items", filter_items},
      {"join", filter_join},       {"last", filter_last},       {"length", filter_length},
      {"list", filter_list},       {"map", filter_map},         {"max", filter_max},
      {"min", filter_min},         {"reject", filter_reject},   {"rejectattr", filter_rejectattr},
      {"reverse", filter_reverse}, {"select", filter_select},   {"selectattr", filter_selectattr},
      {"slice", filter_slice},     {"sort", filter_sort},       {"sum", filter_sum},
      {"unique", filter_unique},
  });
  return kFilters;
}

}  // namespace bantam::jinja
