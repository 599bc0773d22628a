#include "store/contradiction.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace bantam::store {

tl::unexpected<base::Error> contradiction(const Database& database, const std::string& what) {
  return base::fail(base::ErrorKind::integrity,
                    fmt::format("{} in the store {}", what, base::printable(database.path().string())),
                    "keep this store for inspection and run again with another --store");
}

std::string changed(std::string_view what, std::string_view cell_key) {
  return fmt::format("{} of cell {} is not what was written", what, cell_key);
}

}  // namespace bantam::store
