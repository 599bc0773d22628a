#pragma once
// The results of a store as the text of a bundle (bundle/form.hpp). The same store gives the same text.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "bundle/form.hpp"
#include "store/store.hpp"

namespace bantam::bundle {

struct Written {
  std::string text;
  Head head;
  std::string sha256;              // of all but the last line
  std::vector<std::string> notes;  // cells that were left out, and why
};

// The newest finished attempt of each cell, in the store's order, with all that it rests on and without what
// is private (record/private_parts.hpp). integrity, naming the cell, when its rows are not those that it
// ended with; bad_input when there is no record, or the text would be longer than kMostBytes.
base::Result<Written> write(store::Store& store, ItemForm items);

}  // namespace bantam::bundle
