#pragma once
// What Python a function of a module is, without running it: so that a function that is known here is told
// from another one of the same name.

#include <optional>
#include <string>
#include <string_view>

namespace bantam::task {

// SHA-256, as hexadecimal digits, of the statements of the module that the function needs: its own, those
// that bind a name that stands in one of them, and other statements that speak of a name so bound; in the
// module's order, without comments, with blanks only where two words would run together and with indentation
// as a level. What the module imports is not looked into. Absent when the module binds no such name.
// scripts/python_functions.py computes the same.
std::optional<std::string> python_function_hash(std::string_view module, std::string_view function);

// The same of all statements of a module that speaks of globals(), into which it may put functions whose
// names stand nowhere. Absent for other modules.
std::optional<std::string> python_module_hash(std::string_view module);

}  // namespace bantam::task
