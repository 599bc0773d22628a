#pragma once
// The results of a store as JSON lines, for programs that read them one by one: each line is an object that
// says what it is and by which version. Trials and items are written as they come, so that none is held.
//
//   {"schema":1,"kind":"record","record":{...}}
//   {"schema":1,"kind":"trial","cell_key":...,"model":...,"precision":...,"attempt":1,"trial":{...}}
//   {"schema":1,"kind":"item","cell_key":...,"model":...,"precision":...,"item":{...}}

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "exchange/sources.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// Of the lines. A reader takes lines of kinds that it does not know, and members, as of no concern to it.
inline constexpr int kJsonlSchema = 1;

struct JsonlParts {
  bool trials = false;
  bool items = false;
};

struct JsonlSources {
  const std::vector<record::Record>& records;
  EachTrial trials;
  EachItem items;
};

// Takes one line with its line break.
using TakeLine = std::function<base::Status(std::string_view line)>;

// The records in their order, below each its trials, then its items; without what is private
// (record/private_parts.hpp). bad_input when there is no record; errors of the sources and of `take` are
// passed on.
base::Status write_jsonl(const JsonlSources& sources, const JsonlParts& parts, const TakeLine& take);

}  // namespace bantam::exchange
