#pragma once
// What `bantam tasks show` shows. Prints nothing.

#include <string>

#include "run/shown_item.hpp"
#include "table/render.hpp"

namespace bantam::report {

// As JSON, else as text: there is no other form of it.
std::string task_page(const run::ShownItem& shown, table::Format format);

}  // namespace bantam::report
