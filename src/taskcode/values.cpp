#include "taskcode/values.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "base/text.hpp"

namespace bantam::taskcode {
namespace {

using base::Json;
using base::Result;

tl::unexpected<base::Error> unknown(const std::string& mark) {
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("a value of task code has the form '{}', which is not known",
                                base::ellipsize(base::printable(mark), 40)));
}

Result<Json> list_of(const Json& values) {
  Json list = Json::array();
  for (const Json& one : values) {
    TRY_ASSIGN(Json made, plain(one));
    list.push_back(std::move(made));
  }
  return list;
}

Result<Json> map_of(const Json& pairs) {
  Json map = Json::object();
  for (const Json& pair : pairs) {
    if (!pair.is_array() || pair.size() != 2) return unknown("$map");
    TRY_ASSIGN(const Json key, plain(pair[0]));
    TRY_ASSIGN(map[key.is_string() ? key.get<std::string>() : base::to_text(key)], plain(pair[1]));
  }
  return map;
}

Result<Json> number_of(const std::string& text) {
  if (text == "nan") return Json(std::numeric_limits<double>::quiet_NaN());
  if (text == "inf") return Json(std::numeric_limits<double>::infinity());
  if (text == "-inf") return Json(-std::numeric_limits<double>::infinity());
  return unknown("$float");
}

Result<Json> marked(const std::string& mark, const Json& inner) {
  if (inner.is_array()) {
    if (mark == "$tuple" || mark == "$set" || mark == "$array") return list_of(inner);
    if (mark == "$map") return map_of(inner);
  }
  if (mark == "$array") return plain(inner);
  if (inner.is_string()) {
    if (mark == "$float") return number_of(inner.get<std::string>());
    if (mark == "$bytes" || mark == "$time") return inner;
    if (mark == "$int")
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("task code gives the integer {}, which needs more than 64 bits",
                                    base::ellipsize(base::printable(inner.get<std::string>()), 40)));
  }
  return unknown(mark);
}

}  // namespace

Result<Json> plain(const Json& value) {
  if (value.is_array()) return list_of(value);
  if (!value.is_object()) return value;
  if (value.size() == 1 && value.begin().key().starts_with('$'))
    return marked(value.begin().key(), value.begin().value());
  Json map = Json::object();
  for (const auto& [key, one] : value.items()) {
    TRY_ASSIGN(map[key], plain(one));
  }
  return map;
}

std::optional<double> finite_number(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (!value.is_number() || !std::isfinite(value.get<double>())) return std::nullopt;
  return value.get<double>();
}

bool is_true(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0.0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return value.is_structured() && !value.empty();
}

}  // namespace bantam::taskcode
