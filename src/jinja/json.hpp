#pragma once
// json.dumps().

#include "jinja/machine.hpp"

namespace bantam::jinja {

struct JsonStyle {
  std::optional<Text> indent;  // of one level; absent: all on one line
  Text between = U", ";
  Text behind_key = U": ";
  bool ascii_only = false;
  bool sort_keys = false;
  bool for_html = false;  // <, >, & and ' are escaped
};

// An error where json.dumps raises.
Result<Text> json_text(Machine& machine, const Value& value, const JsonStyle& style);

}  // namespace bantam::jinja
