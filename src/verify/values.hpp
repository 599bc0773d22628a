#pragma once
// When a value of a record is the one that its raw data give, and how a difference is told.

#include <string>
#include <string_view>

#include "record/record.hpp"

namespace bantam::verify {

// The same arithmetic on another machine.
bool is_same(double a, double b);
bool is_same(const record::Value& a, const record::Value& b);

// Of shares, the ends of whose interval some keep with six digits. An imported one keeps the standard error
// of the tool that it comes from, which may have another formula. `own` has n.
bool is_same_share(const record::Value& value, const record::Value& own, bool is_imported);

// "0.7 [0.4, 0.9]"
std::string text(const record::Value& value);

// "ttft_s is 0.1, its trials give 0.2"; what looks the same differs in the rest.
std::string difference(const std::string& name, const record::Value& value, std::string_view source,
                       const record::Value& own);

}  // namespace bantam::verify
