#pragma once
// Files that are made or fetched once, kept in a cache folder, and used only as long as they are whole:
//   PATH           the content
//   PATH.json      the note, written last: the content's "sha256", and what else this kind of file notes
//   PATH.corrupt   content that no longer had the noted hash
//   *.part         a file that is being written
// A file without its note is not there. One process at a time makes a file. Knows nothing of how files are
// made or of what else their notes say.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "cache/cache.hpp"

namespace bantam::cache {

// Words the error for content that changed; `aside` is its new path.
using ChangedError = std::function<base::Error(const std::filesystem::path& aside)>;

class KeptFile {
 public:
  explicit KeptFile(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }

  // The note of the whole file. Absent when the file is missing or cannot be read, when it has no note, and
  // when `fits` says that the note is one of another content than is wanted. When the content no longer has
  // the noted size or hash, it is set aside, its note is removed, and the error is that of `changed`.
  // interrupted.
  base::Result<std::optional<base::Json>> find(const std::function<bool(const base::Json& note)>& fits,
                                               const ChangedError& changed) const;

  // Gives the finished file `part` its final name, and writes the note. The content's SHA-256 becomes the
  // note's "sha256", in the place of a member of that name, else at the end; it is also the result. storage.
  base::Result<std::string> publish(const std::filesystem::path& part, base::Json note) const;
  // The same for content that has its final name already.
  base::Result<std::string> record(base::Json note) const;

 private:
  std::filesystem::path note_path() const { return path_.string() + ".json"; }
  base::Status write_note(base::Json note, const std::string& sha256) const;

  std::filesystem::path path_;
};

// Renames spoilt content to PATH.corrupt, so that nothing stands in the way of making it again, and gives the
// error of `changed`; integrity, saying so, where it cannot be renamed.
tl::unexpected<base::Error> set_aside(const std::filesystem::path& path, const ChangedError& changed);

// The lock of the one process that makes a file. Absent when the file is there by now, made by another
// process. `wait` is called again and again while another process holds the lock, and may end the waiting
// with an error; without it the wait is silent.
base::Result<std::optional<FileLock>> lock_unless_there(const std::filesystem::path& lock,
                                                        const std::function<base::Result<bool>()>& is_there,
                                                        const std::function<base::Status()>& wait = {});

// The name under which a file is written: in the same folder, ending in ".part". What still lies there at the
// end of this object is removed.
class NewFile {
 public:
  // TARGET.PID.part
  explicit NewFile(std::filesystem::path target);
  NewFile(std::filesystem::path target, std::filesystem::path part);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Syncs the file and gives it the target's name. storage.
  base::Status publish() const;

 private:
  std::filesystem::path target_, path_;
};

// Removes what processes left that were killed while they wrote in `folder`. To be called under the folder's
// lock.
void remove_parts(const std::filesystem::path& folder);

// Files that we made from others: quantized, merged, converted, written from shapes, importance matrices.
// Their notes also say what determines the content ("identity") and its size ("bytes").

// The note of a whole file of this identity, as KeptFile::find(). integrity when the content changed.
base::Result<std::optional<base::Json>> find_made_file(const std::filesystem::path& path,
                                                       std::string_view identity);

// Writes the note of a file that is complete, and gives its SHA-256. `facts` are kept in the note. storage
// when the file is gone or the note cannot be written.
base::Result<std::string> record_made_file(const std::filesystem::path& path, std::string_view identity,
                                           const base::Json& facts = base::Json::object());

struct MadeFile {
  std::string kind;  // the cache's own folder: "quantized", "merged"
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

// All whole files of this kind in the cache folder, by path. Their hashes are not checked. Empty when there
// is no cache folder; environment when nothing says where it would be.
base::Result<std::vector<MadeFile>> list_made_files();

}  // namespace bantam::cache
