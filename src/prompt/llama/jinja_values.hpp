#pragma once
// Between JSON and the values of the Jinja engine. Private to prompt/llama/jinja*.

#include <jinja/value.h>

#include "base/json.hpp"

namespace bantam::prompt {

// `is_input`: texts are marked as coming from outside of the template.
jinja::value value_from(const base::Json& json, bool is_input);

// Functions and undefined values become null; integers and floats keep their kind.
base::Json json_from(const jinja::value& value);

}  // namespace bantam::prompt
