#pragma once
// The scores of a record's groups against those of their tasks. Pure.

#include "record/record.hpp"
#include "verify/verify.hpp"

namespace bantam::verify {

// Groups of a record, more of which are not judged: a stranger's may name any number.
inline constexpr std::size_t kMostGroups = 500;

// Of the record's own group and of those within it. A record does not say whether items or tasks count the
// same in a group's score: either mean will do. Of imported groups only the value is judged, and where not
// all their tasks are there it is named among what is not.
void check_groups(const record::Record& record, Figures& figures);

}  // namespace bantam::verify
