#pragma once
// Values of task code as the protocol writes them (taskcode/PROTOCOL.md): JSON, and an object of one key that
// begins with `$` for what JSON lacks.

#include <optional>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::taskcode {

// As templates and scores read it: tuples, sets and arrays are lists; dates and bytes are texts; nan, inf
// and -inf are numbers; keys of a map are texts. bad_input for an integer beyond 64 bits and for a form that
// the protocol does not have.
base::Result<base::Json> plain(const base::Json& value);

// A finite number, or true and false as 1 and 0. Absent for all else.
std::optional<double> finite_number(const base::Json& value);

// Whether Python takes it for true.
bool is_true(const base::Json& value);

}  // namespace bantam::taskcode
