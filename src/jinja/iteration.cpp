// The elements of values, one after the other, and how many there are.

#include "jinja/machine.hpp"
#include "jinja/value_errors.hpp"

namespace bantam::jinja {
namespace {

using Next = std::optional<Value>;

std::function<Result<Next>(Machine&)> dict_steps(DictObject* dict, ViewObject::What what) {
  return
      [dict, what, at = std::size_t{0}, size = dict->items.size()](Machine& machine) mutable -> Result<Next> {
        if (dict->items.size() != size)
          return raised("RuntimeError: dictionary changed size during iteration");
        if (at >= size) return Next();
        const auto& [key, value] = dict->items[at++];
        if (what == ViewObject::What::items) return Next(machine.tuple({key, value}));
        return Next(what == ViewObject::What::keys ? key : value);
      };
}

}  // namespace

bool Machine::has_length(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::string:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::range:
    case Kind::loop:
    case Kind::view:
      return true;
    default:
      return false;
  }
}

bool Machine::is_iterable(const Value& value) {
  return has_length(value) || value.is(Kind::iterator);
}

Result<std::int64_t> Machine::length(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      if (value.as<UndefinedObject>().strict) return undefined_error(value);
      return 0;
    case Kind::string:
      return static_cast<std::int64_t>(value.text().size());
    case Kind::list:
    case Kind::tuple:
      return static_cast<std::int64_t>(value.items().size());
    case Kind::dict:
      return static_cast<std::int64_t>(value.as<DictObject>().items.size());
    case Kind::view:
      return static_cast<std::int64_t>(value.as<ViewObject>().dict->items.size());
    case Kind::range:
      return value.as<RangeObject>().length;
    case Kind::loop: {
      TRY_ASSIGN(const Value count, caller_->loop_attribute(value, "length"));
      return count.as_integer();
    }
    default:
      return type_error(fmt::format("object of type '{}' has no len()", type_name(value)));
  }
}

Result<IteratorObject*> Machine::iterate(const Value& value) {
  auto* made = heap_.make<IteratorObject>();
  switch (value.kind()) {
    case Kind::iterator:
      return &value.as<IteratorObject>();
    case Kind::undefined:
      if (value.as<UndefinedObject>().strict) return undefined_error(value);
      made->next = [](Machine&) -> Result<Next> { return Next(); };
      return made;
    case Kind::string:
      made->next = [value, at = std::size_t{0}](Machine& machine) mutable -> Result<Next> {
        if (at >= value.text().size()) return Next();
        return Next(machine.text(Text(1, value.text()[at++])));
      };
      return made;
    case Kind::list:
    case Kind::tuple:
      made->next = [value, at = std::size_t{0}](Machine&) mutable -> Result<Next> {
        if (at >= value.items().size()) return Next();
        return Next(value.items()[at++]);
      };
      return made;
    case Kind::dict:
      made->next = dict_steps(&value.as<DictObject>(), ViewObject::What::keys);
      return made;
    case Kind::view:
      made->next = dict_steps(value.as<ViewObject>().dict, value.as<ViewObject>().what);
      return made;
    case Kind::range:
      made->next = [value, at = std::int64_t{0}](Machine&) mutable -> Result<Next> {
        const auto& range = value.as<RangeObject>();
        if (at >= range.length) return Next();
        return Next(Value::integer(range.start + range.step * at++));
      };
      return made;
    case Kind::loop:
      return unsupported("iteration over 'loop'");
    default:
      return type_error(fmt::format("'{}' object is not iterable", type_name(value)));
  }
}

Result<std::optional<Value>> Machine::next(IteratorObject* iterator) {
  TRY(tick());
  if (iterator->ended) return std::optional<Value>();
  auto made = iterator->next(*this);
  if (!made || !*made) iterator->ended = true;
  return made;
}

Result<std::vector<Value>> Machine::elements(const Value& value) {
  TRY_ASSIGN(IteratorObject * iterator, iterate(value));
  std::vector<Value> items;
  while (true) {
    TRY_ASSIGN(const auto element, next(iterator));
    if (!element) return items;
    items.push_back(*element);
    heap_.charge(sizeof(Value));
  }
}

}  // namespace bantam::jinja
