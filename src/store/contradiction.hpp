#pragma once
// How a store says that its content is not what was written.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/sqlite.hpp"

namespace bantam::store {

// integrity: what is wrong in the store of this database.
tl::unexpected<base::Error> contradiction(const Database& database, const std::string& what);
// "a trial of cell ... is not what was written".
std::string changed(std::string_view what, std::string_view cell_key);

}  // namespace bantam::store
