#include "jinja/filters.hpp"

#include <algorithm>
#include <array>

#include "jinja/filter_support.hpp"
#include "jinja/json.hpp"
#include "jinja/numbers.hpp"
#include "jinja/regex.hpp"

namespace bantam::jinja {
namespace {

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
      return unsupported("separators of tojson that are not two texts");
    }
    style.between = both[0].text();
    style.behind_key = both[1].text();
  }
  TRY_ASSIGN(Text text, json_text(machine, value, style));
  return machine.heap().string(std::move(text), style.for_html);
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

constexpr auto kFilters = std::to_array<NamedFilter>({
    {"attr", filter_attr},
    {"d", filter_default},
    {"default", filter_default},
    {"tojson", filter_tojson},
    {"pprint", filter_pprint},
    {"abs", filter_abs},
    {"filesizeformat", filter_filesizeformat},
    {"float", filter_float},
    {"int", filter_int},
    {"round", filter_round},
    {"regex_replace", filter_regex_replace},
});

constexpr std::array<std::string_view, 4> kRefused{"random", "striptags", "urlize", "wordwrap"};

Filter find_filter(std::string_view name) {
  const std::array groups{std::span<const NamedFilter>(kFilters), sequence_filters(), text_filters()};
  for (const auto& filters : groups) {
    for (const NamedFilter& known : filters) {
      if (known.name == name) return known.filter;
    }
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
