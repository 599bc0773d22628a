#pragma once
// Evidence that a program was ended for want of memory. A SIGKILL alone does not tell who sent it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/result.hpp"

namespace bantam::job {

// How many programs the kernel's out-of-memory killer has ended so far: in this program's control group
// (version 2 or 1), to which its children belong; where the group does not tell, on the whole machine.
// Absent: not known. `root` is where proc and sys are.
std::optional<std::int64_t> oom_kills(const std::filesystem::path& root = "/");

// Whether the last words of a program that aborted are about memory that it did not get.
bool tells_of_no_memory(std::string_view last_words);

// kind worker: what a worker asked for "does not fit in memory: WHY".
base::Error out_of_memory(std::string_view why);
// Whether it is such an error, or one of the engine in the same words.
bool is_out_of_memory(const base::Error& error);

// Whether the system had no memory or no process left, as std::thread throws it.
bool is_lack_of_memory(const std::error_code& code);

}  // namespace bantam::job
