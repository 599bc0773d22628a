#include "jinja/filters.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "jinja/json.hpp"
#include "jinja/numbers.hpp"
#include "jinja/regex.hpp"
#include "jinja/text_methods.hpp"
#include "text/python_text.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

using Next = std::optional<Value>;
using Bound = std::vector<std::optional<Value>>;

// Texts as they are, other values as str() has them.
Result<Value> soft(Machine& machine, const Value& value) {
  if (value.is(Kind::string)) return value;
  TRY_ASSIGN(Text text, machine.str(value));
  return machine.text(std::move(text));
}

Result<bool> flag(Machine& machine, const std::optional<Value>& value, bool otherwise = false) {
  return value ? machine.truth(*value) : Result<bool>(otherwise);
}

bool is_given(const std::optional<Value>& value) {
  return value && !value->is(Kind::none);
}

// Attributes.

using Path = std::vector<Value>;

Path path_of(Machine& machine, const Value& attribute) {
  if (attribute.is(Kind::none)) return {};
  if (!attribute.is(Kind::string)) return {attribute};
  Path path;
  Text part;
  const Text all = attribute.text() + U".";
  for (const char32_t c : all) {
    if (plain(c) != '.') {
      part += c;
      continue;
    }
    const bool digits = !part.empty() && std::all_of(part.begin(), part.end(),
                                                     [](char32_t d) { return text::is_decimal(plain(d)); });
    const auto number = digits ? parse_integer(part, 10) : std::nullopt;
    path.push_back(number ? machine.integer(*number) : machine.text(part));
    part.clear();
  }
  return path;
}

Result<Value> follow(Machine& machine, Value value, const Path& path,
                     const std::optional<Value>& otherwise = {}) {
  for (const Value& part : path) {
    TRY_ASSIGN(value, machine.item(value, part));
    if (is_given(otherwise) && value.is(Kind::undefined)) value = *otherwise;
  }
  return value;
}

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
  TRY_ASSIGN(const bool reverse, flag(machine, bound[0]));
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
  TRY(sort(machine, items, reverse));
  return machine.list(values_of(items));
}

Result<Value> filter_dictsort(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("dictsort", given, {"case_sensitive", "by", "reverse"}));
  TRY_ASSIGN(const bool case_sensitive, flag(machine, bound[0]));
  TRY_ASSIGN(const bool reverse, flag(machine, bound[2]));
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
  TRY(sort(machine, items, reverse));
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

// Texts.

Result<Value> changed(Machine& machine, const Value& value, const Arguments& given, const char* name,
                      Text (*change)(TextView)) {
  TRY_ASSIGN(const Bound bound, bind(name, given, {}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  TRY(machine.tick(text.text().size() / 8));
  return machine.heap().string(change(text.text()), text.is_markup());
}

Result<Value> filter_lower(Machine& machine, const Value& value, const Arguments& given) {
  return changed(machine, value, given, "lower", lowered);
}
Result<Value> filter_upper(Machine& machine, const Value& value, const Arguments& given) {
  return changed(machine, value, given, "upper", uppered);
}
Result<Value> filter_capitalize(Machine& machine, const Value& value, const Arguments& given) {
  return changed(machine, value, given, "capitalize", capitalized);
}

Result<Value> filter_title(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("title", given, {}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  const auto separates = [](char32_t marked) {
    const char32_t c = plain(marked);
    return text::is_space(c) || std::u32string_view(U"-({[<").find(c) != std::u32string_view::npos;
  };
  Text out;
  const TextView all = text.text();
  for (std::size_t start = 0; start < all.size();) {
    std::size_t end = start;
    while (end < all.size() && separates(all[end]) == separates(all[start])) ++end;
    out += uppered(all.substr(start, 1));
    out += lowered(all.substr(start + 1, end - start - 1));
    start = end;
  }
  return machine.text(std::move(out));
}

Result<Value> filter_trim(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("trim", given, {"chars"}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  std::optional<TextView> characters;
  if (is_given(bound[0])) {
    if (!bound[0]->is(Kind::string)) return type_error("strip arg must be None or str");
    if (text.is_markup()) return unsupported("trim(chars) of Markup");
    characters = bound[0]->text();
  }
  return machine.heap().string(stripped(text.text(), characters, true, true), text.is_markup());
}

Result<Value> filter_center(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("center", given, {"width"}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  const Value width = bound[0].value_or(Value::integer(80));
  TRY_ASSIGN(const Value made, call_method(machine, machine.text(text.text()), "center", {{width}, {}}));
  return machine.heap().string(made.text(), text.is_markup());
}

Result<Value> filter_string(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("string", given, {}));
  return soft(machine, value);
}

Result<Value> filter_replace(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("replace", given, {"old", "new", "count"}, 2));
  TRY_ASSIGN(const Text text, machine.str(value));
  TRY_ASSIGN(const Text from, machine.str(*bound[0]));
  TRY_ASSIGN(const Text to, machine.str(*bound[1]));
  std::int64_t count = -1;
  if (is_given(bound[2])) {
    TRY_ASSIGN(count, machine.index_of(*bound[2]));
  }
  TRY_ASSIGN(Text out, replaced(machine, text, from, to, count));
  return machine.text(std::move(out));
}

Result<Value> filter_format(Machine& machine, const Value& value, const Arguments& given) {
  if (!given.values.empty() && !given.keywords.empty()) {
    return raised("can't handle positional and keyword arguments at the same time");
  }
  TRY_ASSIGN(const Value text, soft(machine, value));
  if (given.keywords.empty()) return machine.percent_format(text, machine.tuple(given.values));
  TRY_ASSIGN(DictObject * names, machine.dict_of(given));
  return machine.percent_format(text, Value::object(Kind::dict, names));
}

Result<Value> filter_indent(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("indent", given, {"width", "first", "blank"}));
  TRY_ASSIGN(const bool first, flag(machine, bound[1]));
  TRY_ASSIGN(const bool blank, flag(machine, bound[2]));
  if (value.is(Kind::undefined)) return raised(value.as<UndefinedObject>().message);
  if (!value.is(Kind::string)) return type_error("indent of a value that is no text");
  if (value.is_markup() || (bound[0] && bound[0]->is_markup())) return unsupported("indent of Markup");
  Text indent(4, U' ');
  if (bound[0] && bound[0]->is(Kind::string)) {
    indent = bound[0]->text();
  } else if (bound[0]) {
    TRY_ASSIGN(const std::int64_t width, machine.index_of(*bound[0]));
    TRY(machine.reserve(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), sizeof(char32_t)));
    indent = Text(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), U' ');
  }
  const std::vector<Text> lines = split_lines(value.text() + U"\n", false);
  TRY(machine.reserve(lines.size() * (indent.size() + 1), sizeof(char32_t)));
  Text out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i == 0 ? first : blank || !lines[i].empty()) out += indent;
    out += lines[i];
  }
  return machine.text(std::move(out));
}

Result<Value> filter_truncate(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("truncate", given, {"length", "killwords", "end", "leeway"}));
  if (!value.is(Kind::string) || value.is_markup())
    return unsupported("truncate of a value that is no plain text");
  TRY_ASSIGN(const std::int64_t length, bound[0] ? machine.index_of(*bound[0]) : Result<std::int64_t>(255));
  TRY_ASSIGN(const bool kill_words, flag(machine, bound[1]));
  TRY_ASSIGN(const std::int64_t leeway,
             is_given(bound[3]) ? machine.index_of(*bound[3]) : Result<std::int64_t>(5));
  Text end = U"...";
  if (bound[2]) {
    if (!bound[2]->is(Kind::string)) return type_error("truncate: end is no text");
    end = bound[2]->text();
  }
  const auto end_size = static_cast<std::int64_t>(end.size());
  if (length < end_size || leeway < 0)
    return raised("AssertionError: expected length >= len(end) and leeway >= 0");
  const Text& text = value.text();
  if (static_cast<std::int64_t>(text.size()) <= length + leeway) return value;
  TextView kept = TextView(text).substr(0, static_cast<std::size_t>(length - end_size));
  if (!kill_words) {
    const std::size_t space = rfind_text(kept, U" ");
    if (space != TextView::npos) kept = kept.substr(0, space);
  }
  return machine.text(Text(kept) + end);
}

Result<Value> filter_wordcount(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("wordcount", given, {}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  std::int64_t count = 0;
  bool inside = false;
  for (const char32_t c : text.text()) {
    const bool word = text::is_alnum(plain(c)) || plain(c) == '_';
    if (word && !inside) ++count;
    inside = word;
  }
  return Value::integer(count);
}

Result<Value> filter_escape(Machine& machine, const Value& value, const Arguments& given) {
  TRY(expect_count("escape", given, 0, 0));
  if (value.is_markup()) return value;
  TRY_ASSIGN(const Text text, machine.str(value));
  Text out;
  for (const char32_t marked : text) {
    const char32_t c = plain(marked);
    const char* escape = c == '&'    ? "&amp;"
                         : c == '<'  ? "&lt;"
                         : c == '>'  ? "&gt;"
                         : c == '\'' ? "&#39;"
                         : c == '"'  ? "&#34;"
                                     : nullptr;
    if (escape == nullptr) {
      out += marked;
    } else {
      for (const char32_t e : ascii(escape)) out += e | (marked & kInputMark);
    }
  }
  return machine.heap().string(std::move(out), true);
}

Result<Value> filter_forceescape(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Text text, machine.str(value));
  return filter_escape(machine, machine.text(text), given);
}

Result<Value> filter_safe(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("safe", given, {}));
  TRY_ASSIGN(Text text, machine.str(value));
  return machine.heap().string(std::move(text), true);
}

Text quoted_for_url(TextView text, bool for_query) {
  std::string out;
  for (const char byte : utf8(text)) {
    const auto c = static_cast<unsigned char>(byte);
    const bool stays = (c < 0x80 && text::is_alnum(c)) ||
                       std::string_view("_.-~").find(byte) != std::string_view::npos ||
                       (byte == '/' && !for_query);
    out += stays ? std::string(1, byte) : for_query && byte == ' ' ? "+" : fmt::format("%{:02X}", c);
  }
  return ascii(out);
}

Result<Value> filter_urlencode(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("urlencode", given, {}));
  if (value.is(Kind::string) || !Machine::is_iterable(value)) {
    TRY_ASSIGN(const Text text, machine.str(value));
    return machine.text(quoted_for_url(text, false));
  }
  Value pairs = value;
  if (value.is(Kind::dict)) {
    TRY_ASSIGN(pairs, call_method(machine, value, "items", {}));
  }
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(pairs));
  Text out;
  for (const Value& pair : all) {
    TRY_ASSIGN(const std::vector<Value> both, machine.elements(pair));
    if (both.size() != 2) return value_error("values to unpack (expected 2)");
    TRY_ASSIGN(const Text key, machine.str(both[0]));
    TRY_ASSIGN(const Text text, machine.str(both[1]));
    if (!out.empty()) out += '&';
    out += quoted_for_url(key, true) + U"=" + quoted_for_url(text, true);
    TRY(machine.room_for(out.size()));
  }
  return machine.text(std::move(out));
}

// Values.

Result<Value> filter_default(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("default", given, {"default_value", "boolean"}));
  TRY_ASSIGN(const bool by_truth, flag(machine, bound[1]));
  bool missing = value.is(Kind::undefined);
  if (!missing && by_truth) {
    TRY_ASSIGN(const bool truth, machine.truth(value));
    missing = !truth;
  }
  if (!missing) return value;
  return bound[0].value_or(machine.text(""));
}

Result<Value> filter_attr(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("attr", given, {"name"}, 1));
  if (!bound[0]->is(Kind::string)) return type_error("attribute name must be string");
  const std::string name = utf8(bound[0]->text());
  if (!value.is(Kind::dict) || has_method(value, name) || name.starts_with("__"))
    return machine.attribute(value, name);
  return machine.undefined(fmt::format("'dict object' has no attribute '{}'", name));
}

Result<Value> filter_tojson(Machine& machine, const Value& value, const Arguments& given) {
  JsonStyle style;
  Bound bound;
  if (machine.is_chat()) {
    TRY_ASSIGN(bound, bind("tojson", given, {"ensure_ascii", "indent", "separators", "sort_keys"}));
    TRY_ASSIGN(style.ascii_only, flag(machine, bound[0]));
    TRY_ASSIGN(style.sort_keys, flag(machine, bound[3]));
  } else {
    TRY_ASSIGN(const Bound task, bind("tojson", given, {"indent"}));
    bound = {std::nullopt, task[0]};
    style.ascii_only = style.sort_keys = style.for_html = true;
  }
  if (is_given(bound[1])) {
    if (bound[1]->is(Kind::string)) {
      style.indent = bound[1]->text();
    } else {
      TRY_ASSIGN(const std::int64_t width, machine.index_of(*bound[1]));
      if (width > 1000) return unsupported("an indent of more than 1000");
      style.indent = Text(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), U' ');
    }
    style.between = U",";
  }
  if (machine.is_chat() && is_given(bound[2])) {
    TRY_ASSIGN(const std::vector<Value> both, machine.elements(*bound[2]));
    if (both.size() != 2 || !both[0].is(Kind::string) || !both[1].is(Kind::string)) {
      return type_error("separators of tojson are not two texts");
    }
    style.between = both[0].text();
    style.behind_key = both[1].text();
  }
  TRY_ASSIGN(Text text, json_text(machine, value, style));
  return machine.heap().string(std::move(text), style.for_html);
}

// The attributes of a tag.
Result<Value> filter_xmlattr(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("xmlattr", given, {"autospace"}));
  TRY_ASSIGN(const bool with_space, flag(machine, bound[0], true));
  if (!value.is(Kind::dict))
    return raised(fmt::format("AttributeError: '{}' object has no attribute 'items'", type_name(value)));
  Text out;
  for (const auto& [key, element] : value.as<DictObject>().items) {
    if (element.is(Kind::none) || element.is(Kind::undefined)) continue;
    if (!key.is(Kind::string)) return type_error("expected string or bytes-like object");
    for (const char32_t marked : key.text()) {
      const char32_t c = plain(marked);
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (space || c == '/' || c == '>' || c == '=')
        return value_error("Invalid character in attribute name");
    }
    TRY_ASSIGN(const Value name, filter_escape(machine, key, {}));
    TRY_ASSIGN(const Value text, filter_escape(machine, element, {}));
    if (!out.empty()) out += ' ';
    out += name.text() + U"=\"" + text.text() + U"\"";
  }
  if (with_space && !out.empty()) out.insert(out.begin(), U' ');
  return machine.text(std::move(out));
}

// Whether pprint would print the value as repr() does, if it fits on a line.
bool is_printed_plainly(const Value& value, int depth = 0) {
  if (is_number(value) || value.is(Kind::none) || (value.is(Kind::string) && !value.is_markup())) return true;
  if (depth > 20 || (!value.is(Kind::list) && !value.is(Kind::tuple))) return false;
  return std::all_of(value.items().begin(), value.items().end(),
                     [&](const Value& item) { return is_printed_plainly(item, depth + 1); });
}

Result<Value> filter_pprint(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("pprint", given, {}));
  if (!is_printed_plainly(value))
    return unsupported(fmt::format("filter 'pprint' of a {}", type_name(value)));
  TRY_ASSIGN(Text text, machine.repr(value));
  constexpr std::size_t kLine = 80;
  if (text.size() > kLine) return unsupported("filter 'pprint' of more than a line");
  return machine.text(std::move(text));
}

using Filter = Result<Value> (*)(Machine&, const Value&, const Arguments&);

constexpr std::array<std::pair<std::string_view, Filter>, 46> kFilters{{
    {"abs", filter_abs},
    {"attr", filter_attr},
    {"batch", filter_batch},
    {"capitalize", filter_capitalize},
    {"center", filter_center},
    {"count", filter_length},
    {"d", filter_default},
    {"default", filter_default},
    {"dictsort", filter_dictsort},
    {"e", filter_escape},
    {"escape", filter_escape},
    {"filesizeformat", filter_filesizeformat},
    {"first", filter_first},
    {"float", filter_float},
    {"forceescape", filter_forceescape},
    {"format", filter_format},
    {"groupby", filter_groupby},
    {"indent", filter_indent},
    {"int", filter_int},
    {"items", filter_items},
    {"join", filter_join},
    {"last", filter_last},
    {"length", filter_length},
    {"list", filter_list},
    {"lower", filter_lower},
    {"map", filter_map},
    {"max", filter_max},
    {"min", filter_min},
    {"reject", filter_reject},
    {"rejectattr", filter_rejectattr},
    {"replace", filter_replace},
    {"reverse", filter_reverse},
    {"round", filter_round},
    {"safe", filter_safe},
    {"select", filter_select},
    {"selectattr", filter_selectattr},
    {"slice", filter_slice},
    {"sort", filter_sort},
    {"string", filter_string},
    {"sum", filter_sum},
    {"title", filter_title},
    {"tojson", filter_tojson},
    {"trim", filter_trim},
    {"truncate", filter_truncate},
    {"unique", filter_unique},
    {"upper", filter_upper},
}};

constexpr std::array<std::pair<std::string_view, Filter>, 5> kMoreFilters{{
    {"pprint", filter_pprint},
    {"regex_replace", filter_regex_replace},
    {"urlencode", filter_urlencode},
    {"wordcount", filter_wordcount},
    {"xmlattr", filter_xmlattr},
}};

constexpr std::array<std::string_view, 4> kRefused{"random", "striptags", "urlize", "wordwrap"};

Filter find_filter(std::string_view name) {
  for (const auto& [known, filter] : kFilters) {
    if (known == name) return filter;
  }
  for (const auto& [known, filter] : kMoreFilters) {
    if (known == name) return filter;
  }
  return nullptr;
}

}  // namespace

Known known_filter(std::string_view name) {
  if (find_filter(name) != nullptr) return Known::yes;
  const bool refused = std::find(kRefused.begin(), kRefused.end(), name) != kRefused.end();
  return refused ? Known::unsupported : Known::no;
}

Result<Value> apply_filter(Machine& machine, std::string_view name, const Value& value, Arguments arguments) {
  const bool there = name != "regex_replace" || !machine.is_chat();
  if (const Filter filter = there ? find_filter(name) : nullptr) return filter(machine, value, arguments);
  if (!there) return raised("No filter named 'regex_replace'.");
  if (known_filter(name) == Known::unsupported) return unsupported(fmt::format("filter '{}'", name));
  return raised(fmt::format("No filter named '{}'.", name));
}

}  // namespace bantam::jinja
