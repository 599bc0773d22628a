#pragma once
// The worker's end of the conversation: one JSON object a line out, one word a line back.

#include <string>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::job {

class Channel {
 public:
  Channel(int input, int output) : input_(input), output_(output) {}

  // The job that the parent sent.
  base::Result<base::Json> receive();
  base::Status send(base::Json message);
  // Sends and waits until the parent has stored it. interrupted when the parent asks to stop.
  base::Status send_and_wait(base::Json message);

 private:
  base::Result<std::string> read_line();

  int input_;
  int output_;
  std::string buffer_;
};

}  // namespace bantam::job
