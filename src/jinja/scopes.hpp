#pragma once
// Which scope a variable belongs to, and how it starts there. Jinja2 decides that before a template runs: a
// name that a block sets is unset in it from its start, whatever the outer scope holds.

#include "jinja/ast.hpp"

namespace bantam::jinja {

// Fills the scopes of a template. bad_input for special names that are not supported and for filters and
// tests that nobody knows.
Status find_scopes(ParsedTemplate& parsed);

}  // namespace bantam::jinja
