#pragma once
// An analysis as tables of short texts for people: what is in which place, and what is marked.

#include <cstddef>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "table/table.hpp"

namespace bantam::report {

// How the value of the configuration in this place stands among all of its metric: best, shared, or none.
// `task`: as in analyze::Winner.
table::Mark winner_mark(const analyze::Analysis& analysis, std::string_view task, std::string_view metric,
                        std::size_t index);

// Speed, memory and size, accuracy, impact on speed and memory, impact on scores, damage, likeness of
// answers. Encoders have tables of their own for speed and memory. Tables and columns without any value are
// left out; why a value is absent that was asked for is a note.
std::vector<table::Table> analysis_tables(const analyze::Analysis& analysis);

// The figures that decide, for the end of a run: speed and memory in one table, the score that leads each
// task, damage and likeness of answers.
std::vector<table::Table> short_tables(const analyze::Analysis& analysis);

// Speed-ups and ratios against the base precision, one table for decoders and one for encoders, and
// differences of scores. impact_tables.cpp
std::vector<table::Table> impact_tables(const analyze::Analysis& analysis);

}  // namespace bantam::report
