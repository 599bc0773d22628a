#pragma once
// What goes on in some stores, seen from outside. Knows nothing of what is made of their results.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/glance.hpp"

namespace bantam::serve {

// All stores together.
struct Seen {
  bool is_there = false;    // one of them at least
  bool is_running = false;  // a run, or another command that writes, has one of them
  std::int64_t finished = 0;
  std::vector<store::OpenAttempt> open;
  std::string results;  // another text whenever the finished attempts are others
  std::string problem;  // why a store cannot be read; empty: all can, or are not there yet
};

class Watch {
 public:
  explicit Watch(std::vector<std::filesystem::path> stores);
  // Opens a store only if its files may have changed since the last look. One thread at a time, and no other
  // may have the stores open.
  Seen look();

 private:
  struct Watched {
    std::filesystem::path path;
    std::string stamp = {};  // of the files when they were read last; empty: they are to be read
    store::Glance glance = {};
    std::string problem = {};
  };
  static void read(Watched& watched);
  std::vector<Watched> stores_;
};

}  // namespace bantam::serve
