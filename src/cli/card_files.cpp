#include "cli/card_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/existing_file.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/terminal.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;

// Files with results of an earlier card, which are not among these.
std::vector<fs::path> outdated_results(const fs::path& folder, const std::vector<CardFile>& files) {
  std::vector<fs::path> outdated;
  std::error_code error;
  for (auto it = fs::directory_iterator(folder / kCardResultFolder, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (it->path().extension() != ".yaml") continue;
    const fs::path name = fs::path(kCardResultFolder) / it->path().filename();
    if (std::ranges::find(files, name, &CardFile::name) != files.end()) continue;
    const auto text = base::read_file(it->path());
    if (text && text->starts_with(kCardMark)) outdated.push_back(it->path());
  }
  std::ranges::sort(outdated);
  return outdated;
}

base::Status check_places(const fs::path& folder, const std::vector<CardFile>& files,
                          const std::vector<fs::path>& outdated) {
  for (const CardFile& file : files) {
    TRY(base::check_place(folder / file.name, file.content, base::Existing::keep));
  }
  if (outdated.empty()) return {};
  return base::fail(base::ErrorKind::usage,
                    fmt::format("{} is there with results that are not in this card",
                                base::printable(outdated.front().string())),
                    "choose another --output-path, or add --overwrite");
}

}  // namespace

base::Result<std::string> write_card(const fs::path& folder, const std::vector<CardFile>& files,
                                     bool may_replace) {
  const auto outdated = outdated_results(folder, files);
  if (!may_replace) TRY(check_places(folder, files, outdated));
  std::string list;
  for (const CardFile& file : files) {
    TRY(base::write_file_atomically(folder / file.name, file.content));
    list += base::printable((folder / file.name).string()) + "\n";
  }
  for (const fs::path& path : outdated) {
    std::error_code failed;
    fs::remove(path, failed);
    if (failed)
      return base::fail(base::ErrorKind::storage,
                        fmt::format("{}: {}", base::printable(path.string()), failed.message()));
    note(fmt::format("bantam: {} was of an earlier card, and is gone", path.string()));
  }
  return list;
}

}  // namespace bantam::cli
