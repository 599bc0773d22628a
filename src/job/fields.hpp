#pragma once
// One list of members serves both directions of a job's or message's JSON: `members(visit, object)` calls
// visit(key, member) for each, and a FieldWriter or FieldReader is the visitor. An absent member is a missing
// key. Parent and worker are the same binary, so a missing or odd value is left at its default.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace bantam::job {

// How one value becomes JSON and back. A type of another room gets its own overloads beside the job that uses
// it.
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

template <>
struct FieldForm<std::filesystem::path> {
  static base::Json write(const std::filesystem::path& value) { return value.string(); }
  static void read(const base::Json& json, std::filesystem::path& value) {
    if (json.is_string()) value = json.get<std::string>();
  }
};

template <typename T>
struct FieldForm<std::vector<T>> {
  static base::Json write(const std::vector<T>& values) {
    base::Json json = base::Json::array();
    for (const T& value : values) json.push_back(FieldForm<T>::write(value));
    return json;
  }
  static void read(const base::Json& json, std::vector<T>& values) {
    values.clear();
    for (const base::Json& entry : json) FieldForm<T>::read(entry, values.emplace_back());
  }
};

template <typename T>
struct FieldForm<std::map<std::string, T>> {
  static base::Json write(const std::map<std::string, T>& values) {
    base::Json json = base::Json::object();
    for (const auto& [key, value] : values) json[key] = FieldForm<T>::write(value);
    return json;
  }
  static void read(const base::Json& json, std::map<std::string, T>& values) {
    values.clear();
    for (const auto& [key, entry] : json.items()) FieldForm<T>::read(entry, values[key]);
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
  explicit FieldReader(const base::Json& json) : json_(json) {}
  template <typename T>
  void operator()(const char* key, T& value) {
    if (json_.contains(key)) FieldForm<T>::read(json_[key], value);
  }
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    if (json_.contains(key)) FieldForm<T>::read(json_[key], value.emplace());
  }

 private:
  const base::Json& json_;
};

}  // namespace bantam::job
