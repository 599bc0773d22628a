#pragma once
// The worker's end of the conversation: one JSON object per line out, one word per line back.

#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "job/messages.hpp"

namespace bantam::job {

// "type" of the last message: {"answer"}, or {"kind", "message", "hint"}.
inline constexpr const char* kDone = "done";
inline constexpr const char* kFailed = "failed";

class Channel {
 public:
  Channel(int input, int output) : input_(input), output_(output) {}

  // The job that the parent sent.
  base::Result<base::Json> receive();
  base::Status send(const Message& message);
  // Sends and waits until the parent has stored it. interrupted when the parent asks to stop.
  base::Status send_and_wait(const Message& message);
  // The end of the job: its answer, or why there is none.
  base::Status finish(const base::Result<base::Json>& answer);

 private:
  base::Result<std::string> read_line();
  base::Status write(const base::Json& message);

  int input_;
  int output_;
  std::string buffer_;
};

}  // namespace bantam::job
