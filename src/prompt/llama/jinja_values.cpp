#include "prompt/llama/jinja_values.hpp"

namespace bantam::prompt {

jinja::value value_from(const base::Json& json, bool is_input) {
  if (json.is_boolean()) return jinja::mk_val<jinja::value_bool>(json.get<bool>());
  if (json.is_number_integer()) return jinja::mk_val<jinja::value_int>(json.get<std::int64_t>());
  if (json.is_number()) return jinja::mk_val<jinja::value_float>(json.get<double>());
  if (json.is_string()) {
    auto text = jinja::mk_val<jinja::value_string>(json.get<std::string>());
    if (is_input) text->mark_input();
    return text;
  }
  if (json.is_array()) {
    auto array = jinja::mk_val<jinja::value_array>();
    for (const base::Json& element : json) array->push_back(value_from(element, is_input));
    return array;
  }
  if (json.is_object()) {
    auto object = jinja::mk_val<jinja::value_object>();
    for (const auto& [key, element] : json.items()) object->insert(key, value_from(element, is_input));
    return object;
  }
  return jinja::mk_val<jinja::value_none>();
}

base::Json json_from(const jinja::value& value) {
  if (jinja::is_val<jinja::value_bool>(value)) return value->as_bool();
  if (jinja::is_val<jinja::value_int>(value)) return value->as_int();
  if (jinja::is_val<jinja::value_float>(value)) return value->as_float();
  if (jinja::is_val<jinja::value_string>(value)) return value->as_string().str();
  if (jinja::is_val<jinja::value_array>(value)) {
    base::Json array = base::Json::array();
    for (const jinja::value& element : value->as_array()) array.push_back(json_from(element));
    return array;
  }
  if (jinja::is_val<jinja::value_object>(value)) {
    base::Json object = base::Json::object();
    for (const auto& [key, element] : value->as_ordered_object()) {
      object[key->as_string().str()] = json_from(element);
    }
    return object;
  }
  return nullptr;
}

}  // namespace bantam::prompt
