#pragma once
// What of results is nobody else's concern: secrets, and where files lie on the machine.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "record/finished_cell.hpp"

namespace bantam::bundle {

// The text with each absolute path cut down to its last part: "/home/ada/m.gguf" becomes "m.gguf". Those of
// the kernel (/dev, /proc, /sys) stay. A text that begins with a path, and is no sentence, is one path to its
// end.
std::string without_folders(std::string_view text);

// Record and blocks without folders and secrets, items without known secrets. Names, keys and figures stay.
void leave_out_private_parts(record::FinishedCell& cell);

}  // namespace bantam::bundle
