#pragma once
// What `bantam tasks validate` shows. Prints nothing.

#include <cstddef>
#include <string>
#include <vector>

#include "evaluate/validate.hpp"
#include "table/render.hpp"

namespace bantam::report {

struct Validation {
  std::vector<evaluate::Finding> problems;
  std::vector<evaluate::Finding> warnings;
  std::size_t tasks = 0;
  std::size_t items = 0;

  bool is_valid() const { return problems.empty(); }
};

// As JSON, else as text: there is no other form of it.
std::string validation_page(const Validation& validation, table::Format format);

}  // namespace bantam::report
