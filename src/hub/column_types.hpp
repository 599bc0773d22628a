#pragma once
// The types that columns of local files get. lm-eval reads rows with the Python package `datasets`, so a
// value must print in a prompt as it does there: the rules below are those of datasets 5.2 (pandas 3.1,
// pyarrow 26), seen by loading files with it.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::hub {

// Fields of one column of a CSV or TSV file. An empty field is null, and so are (also quoted) NA, N/A, n/a,
// NaN, nan, -NaN, -nan, null, NULL, None, <NA>, #NA, #N/A, "#N/A N/A", 1.#IND, 1.#QNAN, -1.#IND and -1.#QNAN.
// The other fields decide: all integers give integers, or floats where a field is null; all numbers give
// floats; all true or false, in any case, give booleans; anything else stays text. bad_input: integers beyond
// 64 bits.
base::Result<std::vector<base::Json>> typed_column(std::vector<std::string> fields);

struct JsonFile {
  bool is_array = false;
  bool has_blank_lines = false;  // JSON lines
};

// Rows of JSON lines or of a JSON array. What stands at the same place of all rows (a column, a key of its
// objects, the elements of its lists) gets one type: integers beside a float become floats, as do integers
// beyond 64 bits; texts that are all ISO 8601 times become what Python prints of a datetime, in UTC
// ("2020-01-01 00:00:00"). Where kinds are mixed, or objects differ in their keys, the values keep their own
// types, and a text that is JSON itself becomes what it stands for: "42" beside 7 is 42. In such a file and
// in an array floats keep ten decimals (hub/ujson.hpp). Beside blank lines datasets does not see that keys
// differ: objects get each other's, with null.
void settle_types(std::vector<base::Json>& rows, JsonFile file);

// Rows behind `field` of a JSON document. As above, but texts stay, a column of floats that are all whole
// becomes integers, floats keep ten decimals, and objects get each other's keys, with null. bad_input: a
// column whose name makes pandas read dates
// ("date", "modified", "timestamp...", "..._at", "..._time"), and kinds that are mixed.
base::Status settle_field_types(std::vector<base::Json>& rows);

}  // namespace bantam::hub
