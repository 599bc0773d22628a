#pragma once
// JSON whose strings may hold bytes that are no UTF-8, as where a server cuts its text within a character.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::served {

struct RawJson {
  base::Json json;
  bool has_marks = false;  // bytes that belong to no character stand in it as marks

  // A string of the value as the server sent it.
  std::string bytes_of(std::string_view text) const;
};

// As base::parse_json(). bad_input also where a mark is needed and the text holds one itself.
base::Result<RawJson> parse_raw_json(std::string_view text, std::string_view what);

}  // namespace bantam::served
