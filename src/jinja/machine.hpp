#pragma once
// What a rendering computes with: the heap, the limits, and Python's operations on values. Every operation
// gives an error where Python would raise.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/ast.hpp"
#include "jinja/errors.hpp"
#include "jinja/template.hpp"
#include "jinja/value.hpp"

namespace bantam::jinja {

// Calls what only the interpreter knows: macros and loops.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual Result<Value> call_macro(const Value& macro, Arguments arguments) = 0;
  virtual Result<Value> call_loop(const Value& loop, Arguments arguments) = 0;
  virtual Result<Value> loop_attribute(const Value& loop, std::string_view name) = 0;
  virtual Result<Value> call_loop_method(const Value& loop, std::string_view name, Arguments arguments) = 0;
  virtual Result<std::string> loop_text(const Value& loop) = 0;
};

class Machine {
 public:
  Machine(Dialect dialect, const Limits& limits) : dialect_(dialect), limits_(limits) {}

  bool is_chat() const { return dialect_ == Dialect::chat; }
  const Limits& limits() const { return limits_; }
  Heap& heap() { return heap_; }
  void set_caller(Caller* caller) { caller_ = caller; }
  Caller& caller() { return *caller_; }

  // Counts work; an error when there is too much of it, when values take too much, or when it is interrupted.
  Status tick(std::size_t steps = 1);
  // Whether a text of so many characters, which grows, may go on.
  Status room_for(std::size_t characters) const;
  // Whether `count` new elements of `size` bytes may be made.
  Status reserve(std::size_t count, std::size_t size);

  // Values.
  Value text(Text text) { return heap_.string(std::move(text)); }
  Value text(std::string_view utf8_text) { return heap_.string(utf8_text); }
  Value list(std::vector<Value> items) { return heap_.list(std::move(items)); }
  Value tuple(std::vector<Value> items) { return heap_.tuple(std::move(items)); }
  Value integer(const Integer& number) { return heap_.integer(number); }
  Value undefined(std::string message, bool always_lenient = false);
  Value generator(std::function<Result<std::optional<Value>>(Machine&)> next);
  DictObject* dict() { return heap_.make<DictObject>(); }

  // Python's protocols. Nested values are followed to a fixed depth.
  Result<bool> truth(const Value& value);
  Result<Text> str(const Value& value);
  Result<Text> repr(const Value& value, int depth = 0);
  Result<bool> equal(const Value& a, const Value& b, int depth = 0);
  Result<bool> less(const Value& a, const Value& b, int depth = 0);
  Result<bool> compare(Operator op, const Value& a, const Value& b);
  Result<bool> contains(const Value& container, const Value& wanted);
  Result<Value> arithmetic(Operator op, const Value& a, const Value& b);
  Result<Value> negative(const Value& value, bool minus);
  Result<std::int64_t> length(const Value& value);
  static bool has_length(const Value& value);
  static bool is_iterable(const Value& value);
  static bool is_callable(const Value& value);
  Result<IteratorObject*> iterate(const Value& value);
  Result<std::optional<Value>> next(IteratorObject* iterator);
  Result<std::vector<Value>> elements(const Value& value);  // list(value)

  // Dictionaries. An unhashable key is an error.
  Result<std::size_t> hash(const Value& key, int depth = 0);
  Result<std::optional<Value>> find(const DictObject& dict, const Value& key);
  std::optional<Value> find(const DictObject& dict, std::string_view key);
  Status set(DictObject& dict, const Value& key, const Value& value);
  Result<std::optional<Value>> erase(DictObject& dict, const Value& key);
  Result<DictObject*> dict_of(const Arguments& arguments);  // dict(...)

  // Jinja2's environment.
  Result<Value> attribute(const Value& object, const std::string& name);
  Result<Value> item(const Value& object, const Value& key);
  Result<Value> slice(const Value& object, const Value& start, const Value& stop, const Value& step);
  Result<Value> call(const Value& callee, Arguments arguments);

  Result<Value> percent_format(const Value& format, const Value& arguments);
  Result<Value> brace_format(TextView format, const Arguments& arguments, int depth = 0);
  Result<Text> format_value(const Value& value, TextView spec);

  // The value without marks and of a fitting type, for arguments of functions.
  Result<std::int64_t> index_of(const Value& value);  // an integer of 64 bits
  Result<double> number_of(const Value& value);       // an integer or float

 private:
  Result<std::optional<std::size_t>> place(const DictObject& dict, const Value& key);
  Result<Value> method_or_item(const Value& object, const std::string& name);
  std::optional<Value> special_attribute(const Value& object, const std::string& name);

  Dialect dialect_;
  const Limits& limits_;
  Heap heap_;
  Caller* caller_ = nullptr;
  std::int64_t steps_ = 0;
  std::int64_t next_look_ = 0;
};

// Whether Python's type of the value has such a method or attribute.
bool has_method(const Value& value, std::string_view name);
// A method that changes its list or dictionary: not to be had in the chat dialect.
bool changes_value(const Value& value, std::string_view name);
Result<Value> call_method(Machine& machine, const Value& self, const std::string& name, Arguments arguments);
// range, dict, namespace, ... Absent when there is no such function.
bool is_function(std::string_view name, Dialect dialect);
Result<Value> call_function(Machine& machine, const std::string& name, Arguments arguments);

// repr() of a float.
std::string float_text(double value);
// A float in the manner of Python's format types e, f, g (and E, F, G, %), without sign.
std::string float_digits(double magnitude, char type, int precision, bool alternate);

// Arguments by position or name, as a Python function with these parameters takes them. Absent where none was
// given; the first `required` have to be there.
Result<std::vector<std::optional<Value>>> bind(std::string_view function, const Arguments& arguments,
                                               std::initializer_list<std::string_view> parameters,
                                               std::size_t required = 0);
// As for a function that takes positions only.
Status expect_count(std::string_view function, const Arguments& arguments, std::size_t least,
                    std::size_t most);

}  // namespace bantam::jinja
