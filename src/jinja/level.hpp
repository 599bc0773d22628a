#pragma once
// How deep something is inside of what encloses it.

namespace bantam::jinja {

// Counts itself in `depth` as long as it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --depth_; }

 private:
  int& depth_;
};

}  // namespace bantam::jinja
