#pragma once
// Which of several sources the figures of a cell are of. Pure.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "energy/reading.hpp"

namespace bantam::energy {

// The sources of the headline, as places among all: the one with the best grade, among those the one that
// covers most, and among those the one that needs the shortest window; with it all that may be added to it,
// since they are of the same kind and scope: all packages of a machine with two. `wanted`: the name of a
// source, or a kind, within which the same order holds; empty: any. Sources with the same standing: the
// first. Empty where there are none. usage, naming all that there are, for one that is not there.
base::Result<std::vector<std::size_t>> choose_headline(std::span<const SourceFacts> sources,
                                                       const std::string& wanted);

}  // namespace bantam::energy
