#include "record/cell_kind.hpp"

#include <vector>

#include "base/text.hpp"

namespace bantam::record {

std::string kind_names() {
  std::vector<std::string> names;
  for (const CellKindRow& row : kCellKinds) names.emplace_back(row.name);
  return base::join(names, ", ");
}

}  // namespace bantam::record
