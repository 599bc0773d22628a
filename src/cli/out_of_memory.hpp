#pragma once
// What the program says when there is no memory left. Needs none itself.

namespace bantam::cli {

// Says it on stderr and returns the exit code. Where a std::bad_alloc cannot reach main(), because it is
// thrown on a thread, in a destructor or before main() begins, the program ends in the same way, and so it
// does where libraries would not find the memory to begin with.
int report_out_of_memory();

}  // namespace bantam::cli
