#pragma once
// An open file of the system, closed at the end.

#include <unistd.h>
#include <utility>

namespace bantam::base {

// Negative numbers are none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.take()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this == &other) return *this;
    close();
    number_ = other.take();
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  // Leaves it to the caller, open.
  int take() { return std::exchange(number_, -1); }
  void close() {
    if (number_ >= 0) ::close(take());
  }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

}  // namespace bantam::base
