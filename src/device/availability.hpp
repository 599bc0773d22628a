#pragma once
// Things that only trying tells: whether a library can be loaded, whether a counter can be opened.

namespace bantam::device {

// Loads the library and lets go of it again.
bool library_loads(const char* name);

// Opens this thread's cycle counter (user mode) and closes it again.
bool cycle_counter_opens();

}  // namespace bantam::device
