#pragma once
// Shows downloads on stderr: on a terminal one live line with rate and ETA, elsewhere a plain line now and
// then.

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "cli/terminal.hpp"
#include "hub/download.hpp"

namespace bantam::cli {

class TransferLine {
 public:
  TransferLine(Terminal terminal, bool quiet) : terminal_(terminal), quiet_(quiet) {}
  ~TransferLine() { clear(); }
  TransferLine(const TransferLine&) = delete;
  TransferLine& operator=(const TransferLine&) = delete;

  void show(const hub::Transfer& transfer);
  // Takes the live line away, before something else is written.
  void clear();

 private:
  Terminal terminal_;
  bool quiet_;
  base::MonotonicClock clock_;
  std::string name_;
  std::int64_t last_shown_ns_ = 0;
  bool line_is_open_ = false;
};

}  // namespace bantam::cli
