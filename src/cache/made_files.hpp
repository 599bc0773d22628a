#pragma once
// The note beside a file that we made (PATH.json): what it was made from, its size and hash. A file counts as
// whole only with a fitting note. Knows nothing of how files are made.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::cache {

// Writes the note; gives the file's sha256. `identity` determines the content; `facts` are kept with it for
// people. storage when the file is gone or the note cannot be written.
base::Result<std::string> record_file(const std::filesystem::path& path, std::string_view identity,
                                      const base::Json& facts = base::Json::object());

// integrity when there is a note of this identity, but the file beside it is another one than was made: it is
// then set aside under its name with ".corrupt", and nothing stands in the way of making it again. Does
// nothing where file or note are missing.
base::Status check_unchanged(const std::filesystem::path& path, std::string_view identity);

// The note of a whole file of this identity, with its "sha256" and the facts that were kept; absent when the
// file, its note, or the agreement of both is missing.
std::optional<base::Json> recorded_note(const std::filesystem::path& path, std::string_view identity);
// The sha256 of a whole file of this identity; absent when the file, its note, or the agreement of both is
// missing.
std::optional<std::string> recorded_sha256(const std::filesystem::path& path, std::string_view identity);

// What the cache folder holds of files that we made: quantized, merged, converted, written from shapes,
// importance matrices. Only whole ones, which have a note beside them (cache/made_files.hpp).

// Ends the name of a file that is being written.
inline constexpr std::string_view kPartSuffix = ".part";

struct MadeFile {
  std::string kind;  // the cache's own folder: "quantized", "merged"
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

// By path. Empty when there is no cache folder; environment when nothing says where it would be.
base::Result<std::vector<MadeFile>> list_made_files();

}  // namespace bantam::cache
