#pragma once
// Whether answers can have the same bits as those of a record: the machine, the engine and how the work was
// laid out, there and here. Pure.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "reask/compare.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::reask {

// What is known of an asking.
struct Asking {
  std::string machine;  // its identity; empty where nobody tells
  base::Json engine;    // as in Record::engine
  std::vector<record::EngineFacts::Device> devices;
  std::optional<record::Scoring> scoring;
};
Asking asking_of(const record::Record& record);

struct Likeness {
  Place place = Place::other;
  std::vector<std::string> differences;  // "threads: 4 there, 2 here"; none in the same place
};
// A GPU adds up in an order of its own each time, so that it is never the same place.
Likeness likeness(const Asking& there, const Asking& here);

}  // namespace bantam::reask
