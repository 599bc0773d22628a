#pragma once
// The files of a card in their folder: nothing is written before all places are checked. Knows nothing of
// what is in them.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::cli {

struct CardFile {
  std::filesystem::path name;  // within the folder
  std::string content;
};

// Where a hub looks for results, within the folder; and how each of our files there begins.
inline constexpr const char* kCardResultFolder = ".eval_results";
inline constexpr std::string_view kCardMark = "# written by bantam export card\n";

// Writes them, and removes files of results that an earlier card left and this one does not have. A line for
// each path that was written. usage, naming one, for files that are there with other content or are to be
// removed, unless `may_replace`; storage.
base::Result<std::string> write_card(const std::filesystem::path& folder, const std::vector<CardFile>& files,
                                     bool may_replace);

}  // namespace bantam::cli
