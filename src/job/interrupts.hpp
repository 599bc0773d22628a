#pragma once
// SIGINT, SIGTERM and SIGHUP as something to wait for instead of something that breaks in. While an object
// lives, these signals are blocked in the calling thread and in threads it starts; a child made with fork
// must unblock them.

#include <csignal>
#include <optional>

#include "base/result.hpp"

namespace bantam::job {

class Interrupts {
 public:
  static base::Result<Interrupts> watch();
  ~Interrupts();
  Interrupts(Interrupts&& other) noexcept;
  Interrupts& operator=(Interrupts&&) = delete;
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Readable when a signal waits.
  int descriptor() const { return descriptor_; }
  // Takes in the signals that wait; never blocks.
  void update();
  // How many came so far. One: finish the item and stop. Two: stop at once.
  int count() const { return count_; }
  // Takes in the signals that wait, and tells whether one came: for work that asks now and then.
  bool stopped();
  // Waits for so long, or until a signal comes; tells whether one came.
  bool stopped_within(double seconds);
  // The first one's number; absent when none came.
  std::optional<int> signal_number() const { return signal_number_; }

 private:
  Interrupts(int descriptor, sigset_t previous) : descriptor_(descriptor), previous_(previous) {}
  int descriptor_;
  sigset_t previous_;
  int count_ = 0;
  std::optional<int> signal_number_;
};

}  // namespace bantam::job
