// Calls of values, and the arguments of functions.

#include <algorithm>

#include "jinja/machine.hpp"

namespace bantam::jinja {

Result<Value> Machine::call(const Value& callee, Arguments arguments) {
  TRY(tick());
  switch (callee.kind()) {
    case Kind::undefined:
      return raised(callee.as<UndefinedObject>().message);
    case Kind::macro:
      return caller_->call_macro(callee, std::move(arguments));
    case Kind::loop:
      return caller_->call_loop(callee, std::move(arguments));
    case Kind::function:
      return call_function(*this, callee.as<FunctionObject>().name, std::move(arguments));
    case Kind::method: {
      const auto& method = callee.as<MethodObject>();
      if (method.self.is(Kind::loop)) {
        return caller_->call_loop_method(method.self, method.name, std::move(arguments));
      }
      return call_method(*this, method.self, method.name, std::move(arguments));
    }
    case Kind::joiner: {
      TRY(expect_count("joiner", arguments, 0, 0));
      auto& joiner = callee.as<JoinerObject>();
      if (std::exchange(joiner.used, true)) return joiner.separator;
      return text("");
    }
    default:
      return type_error(fmt::format("'{}' object is not callable", type_name(callee)));
  }
}

Result<std::vector<std::optional<Value>>> bind(std::string_view function, const Arguments& arguments,
                                               std::initializer_list<std::string_view> parameters,
                                               std::size_t required) {
  std::vector<std::optional<Value>> bound(parameters.size());
  if (arguments.values.size() > parameters.size()) {
    return type_error(fmt::format("{}() takes at most {} arguments", function, parameters.size()));
  }
  for (std::size_t i = 0; i < arguments.values.size(); ++i) bound[i] = arguments.values[i];
  for (const auto& [name, value] : arguments.keywords) {
    const auto* found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end()) {
      return type_error(fmt::format("{}() got an unexpected keyword argument '{}'", function, name));
    }
    auto& place = bound[static_cast<std::size_t>(found - parameters.begin())];
    if (place) return type_error(fmt::format("{}() got multiple values for argument '{}'", function, name));
    place = value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (!bound[i]) {
      return type_error(
          fmt::format("{}() missing required argument '{}'", function, *(parameters.begin() + i)));
    }
  }
  return bound;
}

Status expect_count(std::string_view function, const Arguments& arguments, std::size_t least,
                    std::size_t most) {
  if (!arguments.keywords.empty())
    return type_error(fmt::format("{}() takes no keyword arguments", function));
  if (arguments.values.size() >= least && arguments.values.size() <= most) return {};
  return type_error(fmt::format("{}() takes {} to {} arguments ({} given)", function, least, most,
                                arguments.values.size()));
}

}  // namespace bantam::jinja
