#pragma once
// Another program that is spoken to in lines: an argument list and no shell, a process group of its own that
// is killed as a whole, and that dies with this process. Knows nothing of what the lines mean.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/child.hpp"
#include "base/result.hpp"

namespace bantam::base {

class LineProgram {
 public:
  // The program first: a path, or a name on PATH. It gets our environment without secrets. `stopped` may be
  // empty; once it says true, waiting ends with `interrupted`. environment when it cannot be started.
  static Result<LineProgram> start(const std::vector<std::string>& arguments,
                                   std::function<bool()> stopped = {});
  ~LineProgram();  // kills it
  LineProgram(LineProgram&& other) noexcept;
  LineProgram& operator=(LineProgram&&) = delete;
  LineProgram(const LineProgram&) = delete;
  LineProgram& operator=(const LineProgram&) = delete;

  // Sends the line and its end. environment when the program does not take it in within `seconds`, or has
  // ended.
  Status send(std::string_view line, double seconds);
  // Negative when it has ended or was killed.
  pid_t pid() const { return child_.pid; }

  // The next line, without its end. environment, with the last words of its stderr, when it has ended, writes
  // none within `seconds`, or one of more than `most_bytes`.
  Result<std::string> line(double seconds, std::size_t most_bytes);

 private:
  explicit LineProgram(Child child) : child_(std::move(child)) {}
  // Waits for one of its pipes. False when the time is over.
  Result<bool> wait(bool to_write, std::int64_t until_ns);
  bool read_output();  // false at its end
  void read_errors();
  void kill();
  tl::unexpected<Error> ended();
  std::string last_words() const;  // ": WORDS", or empty

  Child child_;
  std::function<bool()> stopped_;
  std::string name_;
  std::string buffer_;         // what was read
  std::size_t taken_ = 0;      // of the buffer: lines before this were given away
  std::size_t looked_at_ = 0;  // of the buffer: no end of a line from taken_ to this
  std::string words_;          // the end of its stderr
};

}  // namespace bantam::base
