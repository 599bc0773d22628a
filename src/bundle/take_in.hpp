#pragma once
// The cells of a bundle into a store, where they stand beside those that were measured here.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "bundle/check.hpp"
#include "store/store.hpp"

namespace bantam::bundle {

struct Taken {
  std::int64_t fresh = 0;
  std::int64_t known = 0;          // cells that the store has
  std::vector<std::string> notes;  // cells that were left out, and why: one sentence each
};

// `checked`: what check() said of this text. A cell that the store has stays as it is there, unless it did
// not end well there and did in the bundle. Each record notes the bundle that it comes from
// (task_info.bundle) and, where there were findings, a warning. Each cell is put in as a whole; the same
// bundle again changes nothing. integrity, with nothing put in, when lines could not be read.
base::Result<Taken> take_in(std::string_view text, const Checked& checked, store::Store& store);

// Whether the record came in a bundle: what it names is somebody else's choice.
bool came_in_bundle(const record::Record& record);

}  // namespace bantam::bundle
