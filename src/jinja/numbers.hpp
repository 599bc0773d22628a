#pragma once
// Texts as numbers, as Python's int() and float() read them, and the filters of numbers.

#include "jinja/machine.hpp"

namespace bantam::jinja {

// Absent where int(text, base) raises ValueError.
std::optional<Integer> parse_integer(TextView text, unsigned base);
std::optional<double> parse_float(TextView text);

Result<Value> filter_abs(Machine& machine, const Value& value, const Arguments& given);
Result<Value> filter_filesizeformat(Machine& machine, const Value& value, const Arguments& given);
Result<Value> filter_float(Machine& machine, const Value& value, const Arguments& given);
Result<Value> filter_int(Machine& machine, const Value& value, const Arguments& given);
Result<Value> filter_round(Machine& machine, const Value& value, const Arguments& given);

}  // namespace bantam::jinja
