#pragma once
// What several places have in common, told once: a warning of 27 tasks is one line, not 27.

#include <string>
#include <string_view>
#include <vector>

#include "record/record.hpp"

namespace bantam::report {

// What is told of a place: "nano fp16 qa", "acc is 1 on every item".
struct Told {
  std::string place;  // may be empty
  std::string text;
};

// One line for each text: "nano fp16 qa, nano int8 qa and 25 more: acc is 1 on every item". Texts that differ
// in numbers other than 0 and 1 only count as one, and the first stands for them.
std::vector<std::string> grouped_lines(const std::vector<Told>& told);

// The warnings of a record, each with its task: of a group's, the one below it.
std::vector<Told> warnings_of(const record::Record& record);

// The text without its numbers, but for 0 and 1: the same for texts that grouped_lines() takes as one.
std::string without_numbers(std::string_view text);

// "a", "a and b", "a, b and c"; more than `most` are "a, b and 5 more". 0: all are named.
std::string enumerated(const std::vector<std::string>& parts, std::size_t most = 0);

}  // namespace bantam::report
