#pragma once
// Which memory a program uses: what is its own, and which pages of mapped files it has read since a moment.
// Knows nothing of models.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::measure {

struct UsedPages {
  std::int64_t private_bytes = 0;    // anonymous and shared memory: it has to stay, where there is no swap
  std::int64_t file_used_bytes = 0;  // of the named files: pages read since forget_used_pages()
  std::int64_t file_resident_bytes = 0;  // of the named files: all pages that are mapped in
  std::int64_t program_bytes = 0;        // of other files, the program itself: its share of mapped pages
};

// Of smaps (proc(5)). `files`: paths as the kernel names them.
UsedPages used_pages_in(std::string_view smaps, const std::set<std::string>& files);

// This program begins to count anew which pages it reads: the kernel forgets which ones were (clear_refs).
// environment when the kernel does not do it.
base::Status forget_used_pages();

// Of this program. A page counts as a whole, and a huge one, too: this is the memory that reads went to, and
// less cannot hold it. environment when smaps cannot be read.
base::Result<UsedPages> read_used_pages(const std::set<std::string>& files);

}  // namespace bantam::measure
