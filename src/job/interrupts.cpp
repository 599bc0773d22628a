#include "job/interrupts.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"

namespace bantam::job {

base::Result<Interrupts> Interrupts::watch() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    // An ignored signal (nohup) stays ignored.
    struct sigaction current {};
    const bool ignored = sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
    if (!ignored) sigaddset(&watched, number);
  }
  sigset_t previous;
  pthread_sigmask(SIG_BLOCK, &watched, &previous);
  const int descriptor = ::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor < 0) {
    return base::fail(base::ErrorKind::environment,
                      fmt::format("cannot watch signals: {}", base::errno_text(errno)));
  }
  return Interrupts(descriptor, previous);
}

Interrupts::Interrupts(Interrupts&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      previous_(other.previous_),
      count_(other.count_),
      signal_number_(other.signal_number_) {}

Interrupts::~Interrupts() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void Interrupts::update() {
  signalfd_siginfo arrived{};
  while (::read(descriptor_, &arrived, sizeof arrived) == static_cast<ssize_t>(sizeof arrived)) {
    if (count_++ == 0) signal_number_ = static_cast<int>(arrived.ssi_signo);
  }
}

bool Interrupts::stopped() {
  update();
  return count_ > 0;
}

bool Interrupts::stopped_within(double seconds) {
  constexpr double kLongestPollS = 60.0;
  const base::MonotonicClock clock;
  const std::int64_t end_ns = clock.now_ns() + static_cast<std::int64_t>(seconds * 1e9);
  while (!stopped()) {
    const double left_s = base::seconds(end_ns - clock.now_ns());
    if (left_s <= 0.0) return false;
    pollfd signals{descriptor_, POLLIN, 0};
    ::poll(&signals, 1, static_cast<int>(std::min(left_s, kLongestPollS) * 1e3) + 1);
  }
  return true;
}

}  // namespace bantam::job
