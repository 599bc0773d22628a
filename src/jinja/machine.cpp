#include "jinja/machine.hpp"

#include <algorithm>

#include "jinja/value_errors.hpp"

namespace bantam::jinja {

Status Machine::tick(std::size_t steps) {
  steps_ += static_cast<std::int64_t>(steps);
  TRY(room_for(0));
  if (steps_ < next_look_) return {};
  next_look_ = steps_ + 1000;
  if (steps_ > limits_.steps) return unsupported(fmt::format("more than {} steps", limits_.steps));
  if (limits_.interrupted && limits_.interrupted()) {
    return base::fail(base::ErrorKind::interrupted, "a template's rendering was interrupted");
  }
  return {};
}

Status Machine::room_for(std::size_t characters) const {
  const std::size_t left = limits_.value_bytes - std::min(limits_.value_bytes, heap_.bytes());
  if (heap_.bytes() <= limits_.value_bytes && characters <= left / sizeof(char32_t)) return {};
  return unsupported(fmt::format("values of more than {} MiB", limits_.value_bytes >> 20));
}

Status Machine::reserve(std::size_t count, std::size_t size) {
  const std::size_t left = limits_.value_bytes - std::min(limits_.value_bytes, heap_.bytes());
  if (count > left / size)
    return unsupported(fmt::format("values of more than {} MiB", limits_.value_bytes >> 20));
  return tick(count / 8);
}

Value Machine::undefined(std::string message, bool always_lenient) {
  auto* made = heap_.make<UndefinedObject>(message.size());
  made->message = std::move(message);
  made->strict = !is_chat() && !always_lenient;
  return Value::object(Kind::undefined, made);
}

Value Machine::generator(std::function<Result<std::optional<Value>>(Machine&)> next) {
  auto* made = heap_.make<IteratorObject>();
  made->next = std::move(next);
  return Value::object(Kind::iterator, made);
}

Result<bool> Machine::truth(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      if (value.as<UndefinedObject>().strict) return undefined_error(value);
      return false;
    case Kind::missing:
    case Kind::none:
      return false;
    case Kind::boolean:
    case Kind::integer:
      return value.as_integer() != 0;
    case Kind::real:
      return value.as_real() != 0;
    case Kind::string:
      return !value.text().empty();
    case Kind::list:
    case Kind::tuple:
      return !value.items().empty();
    case Kind::dict:
      return !value.as<DictObject>().items.empty();
    case Kind::range:
      return value.as<RangeObject>().length != 0;
    case Kind::view:
      return !value.as<ViewObject>().dict->items.empty();
    case Kind::loop: {
      TRY_ASSIGN(const std::int64_t count, length(value));
      return count != 0;
    }
    default:
      return true;
  }
}

bool Machine::is_callable(const Value& value) {
  return value.kind() == Kind::macro || value.kind() == Kind::method || value.kind() == Kind::function ||
         value.kind() == Kind::loop || value.kind() == Kind::joiner || value.kind() == Kind::undefined;
}

Result<std::int64_t> Machine::index_of(const Value& value) {
  if (value.is(Kind::integer) || value.is(Kind::boolean)) return value.as_integer();
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (value.is(Kind::big)) return unsupported("an integer beyond 64 bits as an index or count");
  return type_error(fmt::format("'{}' object cannot be interpreted as an integer", type_name(value)));
}

Result<double> Machine::number_of(const Value& value) {
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (!is_number(value)) return type_error(fmt::format("must be real number, not {}", type_name(value)));
  const auto number = double_of(value);
  if (!number) return raised("OverflowError: int too large to convert to float");
  return *number;
}

}  // namespace bantam::jinja
