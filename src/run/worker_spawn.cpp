#include "run/worker_spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <utility>

#include "base/files.hpp"

namespace bantam::run {
namespace {

constexpr std::size_t kPageBytes = sizeof(engine::Heartbeat);

tl::unexpected<base::Error> cannot(const char* what) {
  return base::fail(base::ErrorKind::environment,
                    fmt::format("cannot {}: {}", what, base::errno_text(errno)));
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

base::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot("make a pipe");
  return Pipe{ends[0], ends[1]};
}

void close_all(std::initializer_list<int> descriptors) {
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

void set_limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
  ::setrlimit(resource, &limit);
}

struct ChildSide {
  int input;
  int messages;
  int errors;
  int heartbeat;
  pid_t parent;
  rlim_t data_limit;
};

// Between fork and exec: only calls that are safe after fork in a program with threads.
[[noreturn]] void become_worker(const ChildSide& side) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != side.parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Terminals and service managers send these to both processes; the parent decides what becomes of it.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_NOFILE, 256);
  set_limit(RLIMIT_DATA, side.data_limit);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  // Away from 0..4 first, so that no dup2 below overwrites a descriptor that is still needed.
  const std::array<int, 5> away{::fcntl(side.input, F_DUPFD, 10), ::fcntl(nowhere, F_DUPFD, 10),
                                ::fcntl(side.errors, F_DUPFD, 10), ::fcntl(side.messages, F_DUPFD, 10),
                                ::fcntl(side.heartbeat, F_DUPFD, 10)};
  for (int target = 0; target < 5; ++target) {
    ::dup2(away[static_cast<std::size_t>(target)], target);
    ::close(away[static_cast<std::size_t>(target)]);
  }
  char name[] = "bantam";
  char command[] = "worker";
  char* arguments[] = {name, command, nullptr};
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

rlim_t physical_memory_bytes() {
  return static_cast<rlim_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

base::Result<SpawnedWorker> SpawnedWorker::spawn() {
  const int page = ::memfd_create("bantam-heartbeat", MFD_CLOEXEC);
  if (page < 0 || ::ftruncate(page, kPageBytes) != 0) return cannot("make shared memory");
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
  if (memory == MAP_FAILED) return cannot("map shared memory");
  SpawnedWorker worker;
  worker.heartbeat_ = new (memory) engine::Heartbeat(0);

  TRY_ASSIGN(const Pipe input, make_pipe());
  TRY_ASSIGN(const Pipe messages, make_pipe());
  TRY_ASSIGN(const Pipe errors, make_pipe());
  const ChildSide side{input.read_end, messages.write_end, errors.write_end,
                       page,           ::getpid(),         physical_memory_bytes()};
  const pid_t child = ::fork();
  if (child == 0) become_worker(side);
  close_all({input.read_end, messages.write_end, errors.write_end, page});
  worker.input_ = input.write_end;
  worker.messages_ = messages.read_end;
  worker.errors_ = errors.read_end;
  if (child < 0) return cannot("start a worker process");
  worker.pid_ = child;
  ::fcntl(worker.messages_, F_SETFL, O_NONBLOCK);
  ::fcntl(worker.errors_, F_SETFL, O_NONBLOCK);
  return worker;
}

SpawnedWorker::SpawnedWorker(SpawnedWorker&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      messages_(std::exchange(other.messages_, -1)),
      errors_(std::exchange(other.errors_, -1)),
      heartbeat_(std::exchange(other.heartbeat_, nullptr)) {}

SpawnedWorker::~SpawnedWorker() {
  if (pid_ > 0) {
    kill_now();
    reap();
  }
  close_all({input_, messages_, errors_});
  if (heartbeat_) ::munmap(heartbeat_, kPageBytes);
}

std::uint64_t SpawnedWorker::heartbeat() const {
  return heartbeat_->load(std::memory_order_relaxed);
}

void SpawnedWorker::kill_now() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

void SpawnedWorker::close_input() {
  close_all({std::exchange(input_, -1)});
}

int SpawnedWorker::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

engine::Heartbeat* map_heartbeat() {
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, kHeartbeatDescriptor, 0);
  if (memory == MAP_FAILED) return nullptr;
  return std::launder(static_cast<engine::Heartbeat*>(memory));
}

}  // namespace bantam::run
