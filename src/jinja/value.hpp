#pragma once
// The values that templates compute with. Objects belong to a heap, which frees them all at once: so no chain
// of values is ever freed by recursion, and cycles do no harm.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "jinja/integer.hpp"

namespace bantam::jinja {

using base::Result;
using base::Status;

// Text is code points. The highest bit of each tells that it came from marked values; it travels with the
// character through every operation and counts in no comparison.
using Text = std::u32string;
using TextView = std::u32string_view;
constexpr char32_t kInputMark = 0x80000000;
inline char32_t plain(char32_t c) {
  return c & ~kInputMark;
}

enum class Kind : std::uint8_t {
  missing,  // no value: never seen by templates
  undefined,
  none,
  boolean,
  integer,
  big,  // an integer beyond 64 bits
  real,
  string,
  list,
  tuple,
  dict,
  range,
  view,  // dict.keys(), values(), items()
  iterator,
  space,  // namespace()
  loop,
  macro,
  method,    // of a value
  function,  // of the environment
  cycler,
  joiner,
};

struct Object {
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
};

struct StringObject;
struct ListObject;
struct DictObject;
struct IteratorObject;

class Value {
 public:
  Value() = default;
  static Value none() { return Value(Kind::none); }
  static Value boolean(bool truth) {
    Value value(Kind::boolean);
    value.integer_ = truth ? 1 : 0;
    return value;
  }
  static Value integer(std::int64_t number) {
    Value value(Kind::integer);
    value.integer_ = number;
    return value;
  }
  static Value real(double number) {
    Value value(Kind::real);
    value.real_ = number;
    return value;
  }
  static Value object(Kind kind, Object* held) {
    Value value(kind);
    value.object_ = held;
    return value;
  }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool as_bool() const { return integer_ != 0; }
  std::int64_t as_integer() const { return integer_; }  // of an integer or boolean
  double as_real() const { return real_; }
  template <typename T>
  T& as() const {
    return *static_cast<T*>(object_);
  }
  Object* held() const { return object_; }
  const Text& text() const;
  bool is_markup() const;
  std::vector<Value>& items() const;  // of a list or tuple

 private:
  explicit Value(Kind kind) : kind_(kind) {}
  Kind kind_ = Kind::missing;
  union {
    std::int64_t integer_ = 0;
    double real_;
    Object* object_;
  };
};

struct BigObject : Object {
  Integer number;
};
struct StringObject : Object {
  Text text;
  bool markup = false;  // marked as safe HTML: other texts are escaped when they are added
};
struct ListObject : Object {
  std::vector<Value> items;
  bool group = false;  // what groupby makes: a tuple whose parts are named grouper and list
};
struct UndefinedObject : Object {
  std::string message;
  bool strict = false;
};
struct RangeObject : Object {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
  std::int64_t length = 0;
};
// Keys in the order in which they were first set; those that Python holds for equal are one.
struct DictObject : Object {
  std::vector<std::pair<Value, Value>> items;
  std::unordered_multimap<std::size_t, std::size_t> places;  // hash -> index, where there are many
};
struct ViewObject : Object {
  enum class What { keys, values, items } what = What::keys;
  DictObject* dict = nullptr;
};
class Machine;
struct IteratorObject : Object {
  // Absent at the end.
  std::function<Result<std::optional<Value>>(Machine&)> next;
  bool ended = false;
};
struct SpaceObject : Object {
  DictObject* attributes = nullptr;
};
using Keywords = std::vector<std::pair<std::string, Value>>;
struct Arguments {
  std::vector<Value> values;
  Keywords keywords;
};
struct MethodObject : Object {
  Value self;
  std::string name;
};
struct FunctionObject : Object {
  std::string name;
};
struct CyclerObject : Object {
  std::vector<Value> items;
  std::size_t at = 0;
};
struct JoinerObject : Object {
  Value separator;
  bool used = false;
};

// Owns objects; counts the bytes that they take.
class Heap {
 public:
  template <typename T, typename... Parts>
  T* make(std::size_t extra_bytes = 0) {
    auto object = std::make_unique<T>();
    T* made = object.get();
    objects_.push_back(std::move(object));
    bytes_ += sizeof(T) + 16 + extra_bytes;
    return made;
  }
  void charge(std::size_t bytes) { bytes_ += bytes; }
  std::size_t bytes() const { return bytes_; }

  Value string(Text text, bool markup = false);
  Value string(std::string_view utf8);
  Value list(std::vector<Value> items);
  Value tuple(std::vector<Value> items);
  Value integer(const Integer& number);

 private:
  std::vector<std::unique_ptr<Object>> objects_;
  std::size_t bytes_ = 0;
};

// The name of the value's type in Python: 'str', 'int', ...
std::string_view type_name(const Value& value);
bool is_integer(const Value& value);  // booleans too
bool is_number(const Value& value);
bool is_sequence(const Value& value);                  // a text, list or tuple
Integer integer_of(const Value& value);                // of an integer or boolean
std::optional<double> double_of(const Value& number);  // absent beyond the range
// Comparison without marks.
bool same_text(TextView a, TextView b);
int compare_text(TextView a, TextView b);
std::size_t find_text(TextView text, TextView wanted, std::size_t from = 0);  // npos when it is not there
std::size_t rfind_text(TextView text, TextView wanted);
Text ascii(std::string_view text);
std::string utf8(TextView text);  // without marks

}  // namespace bantam::jinja
