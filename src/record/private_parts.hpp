#pragma once
// What of results is nobody else's concern: secrets, and where files lie on the machine.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "record/finished_cell.hpp"

namespace bantam::record {

// The text with each absolute path cut down to its last part: "/home/ada/m.gguf" becomes "m.gguf", also
// behind "file://" and options of one letter ("-I"). Those of the kernel (/dev, /proc, /sys) stay. A text
// that begins with a path, and is no sentence, is one path to its end.
std::string without_folders(std::string_view text);

// What these names of models become, all of one store: a path its last part, with a mark where two models
// would have one name.
std::map<std::string, std::string> models_without_folders(const std::set<std::string>& models);

// The text with "***" for the value of each name that says that it is a secret: "token=***,dtype=float16",
// also as Python and JSON write it ("'token': '***'").
std::string without_secret_arguments(std::string_view text);

// A record or block without folders and secrets, an item without known secrets: its texts are those of a data
// set. The model's name, keys and figures stay. All of them of a cell.
void leave_out_private_parts(Record& record);
void leave_out_private_parts(Block& block);
void leave_out_private_parts(Item& item);
void leave_out_private_parts(FinishedCell& cell);
// Records of one store, or of several that are passed on together, with the names of their models.
void leave_out_private_parts(std::vector<Record>& records);

}  // namespace bantam::record
