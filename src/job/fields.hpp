#pragma once
// One list of members serves both directions of a job's or message's JSON: `members(visit, object)` calls
// visit(key, member) for each, and a FieldWriter or FieldReader is the visitor. An absent member is a missing
// key. Parent and worker are the same binary, so a missing or odd value is left at its default, unless its
// form checks what it reads.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/path_json.hpp"
#include "base/result.hpp"

namespace bantam::job {

// How one value becomes JSON and back. A type of another room gets its own form beside the job or message
// that uses it. read() gives void, or a Status where a value may be wrong; then a missing key is read as
// null.
template <typename T>
struct FieldForm {
  static base::Json write(const T& value) { return value; }
  static void read(const base::Json& json, T& value) {
    if constexpr (std::is_same_v<T, base::Json>) {
      value = json;
    } else if constexpr (std::is_same_v<T, bool>) {
      if (json.is_boolean()) value = json.get<bool>();
    } else if constexpr (std::is_arithmetic_v<T>) {
      if (json.is_number()) value = json.get<T>();
    } else {
      if (json.is_string()) value = json.get<std::string>();
    }
  }
};

template <typename T>
inline constexpr bool kReadIsChecked =
    !std::is_void_v<decltype(FieldForm<T>::read(std::declval<const base::Json&>(), std::declval<T&>()))>;

template <typename T>
base::Status read_field(const base::Json& json, T& value) {
  if constexpr (kReadIsChecked<T>) {
    return FieldForm<T>::read(json, value);
  } else {
    FieldForm<T>::read(json, value);
    return {};
  }
}

// A type of another room, by its own to_json() and its reader there, which gives the value, an optional
// (absent is left at the default) or a Result.
template <auto read_one>
struct ReadBy {
  template <typename T>
  static base::Json write(const T& value) {
    return to_json(value);
  }
  template <typename T>
  static auto read(const base::Json& json, T& value) {
    using Read = decltype(read_one(json));
    if constexpr (std::is_same_v<Read, T>) {
      value = read_one(json);
    } else if constexpr (std::is_same_v<Read, base::Result<T>>) {
      auto result = read_one(json);
      if (!result) return base::Status(tl::unexpected(std::move(result).error()));
      value = *std::move(result);
      return base::Status();
    } else {
      value = read_one(json).value_or(T{});
    }
  }
};

// References and settings hold paths too.
template <>
struct FieldForm<std::string> {
  static base::Json write(const std::string& value) { return base::path_to_json(value); }
  static void read(const base::Json& json, std::string& value) {
    if (auto text = base::path_from_json(json)) value = std::move(*text).string();
  }
};

template <>
struct FieldForm<std::filesystem::path> {
  static base::Json write(const std::filesystem::path& value) { return base::path_to_json(value); }
  static void read(const base::Json& json, std::filesystem::path& value) {
    if (auto path = base::path_from_json(json)) value = *std::move(path);
  }
};

template <typename T>
struct FieldForm<std::vector<T>> {
  static base::Json write(const std::vector<T>& values) {
    base::Json json = base::Json::array();
    for (const T& value : values) json.push_back(FieldForm<T>::write(value));
    return json;
  }
  static base::Status read(const base::Json& json, std::vector<T>& values) {
    values.clear();
    for (const base::Json& entry : json) TRY(read_field(entry, values.emplace_back()));
    return {};
  }
};

template <typename T>
struct FieldForm<std::map<std::string, T>> {
  static base::Json write(const std::map<std::string, T>& values) {
    base::Json json = base::Json::object();
    for (const auto& [key, value] : values) json[key] = FieldForm<T>::write(value);
    return json;
  }
  static base::Status read(const base::Json& json, std::map<std::string, T>& values) {
    values.clear();
    for (const auto& [key, entry] : json.items()) TRY(read_field(entry, values[key]));
    return {};
  }
};

class FieldWriter {
 public:
  explicit FieldWriter(base::Json& json) : json_(json) {}
  template <typename T>
  void operator()(const char* key, const T& value) {
    json_[key] = FieldForm<T>::write(value);
  }
  template <typename T>
  void operator()(const char* key, const std::optional<T>& value) {
    if (value) json_[key] = FieldForm<T>::write(*value);
  }

 private:
  base::Json& json_;
};

class FieldReader {
 public:
  // `status` gets the first error; both must outlive the reader.
  FieldReader(const base::Json& json, base::Status& status) : json_(json), status_(status) {}
  template <typename T>
  void operator()(const char* key, T& value) {
    if (json_.contains(key) || kReadIsChecked<T>) keep(read_field(base::child_at(json_, key), value));
  }
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    if (json_.contains(key)) keep(read_field(json_[key], value.emplace()));
  }

 private:
  void keep(base::Status status) {
    if (status_) status_ = std::move(status);
  }

  const base::Json& json_;
  base::Status& status_;
};

// In a list of members: `object` is a T, or a const one.
template <typename Object, typename T>
concept Is = std::is_same_v<std::remove_const_t<Object>, T>;

}  // namespace bantam::job
