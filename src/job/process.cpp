#include "job/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>
#include <vector>

#include "base/address_space.hpp"
#include "base/child.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/pauses.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "job/channel.hpp"
#include "job/limits.hpp"
#include "job/memory_probe.hpp"
#include "job/out_of_memory.hpp"

namespace bantam::job {
namespace {

constexpr std::size_t kPageBytes = sizeof(engine::Heartbeat);

constexpr int kNotInGroup = 126;  // status of a worker that could not enter its control group

// cgroup.procs of the group that workers of this thread begin in, open; -1: the parent's.
thread_local int group_to_enter = -1;

tl::unexpected<base::Error> cannot(const char* what) {
  return base::fail(base::ErrorKind::environment,
                    fmt::format("cannot {}: {}", what, base::errno_text(errno)));
}

using base::make_pipe;
using base::Pipe;

struct ChildSide {
  int input;
  int messages;
  int errors;
  int heartbeat;
  int control_group;  // -1: the parent's
  pid_t parent;
  rlim_t data_limit;
  char* const* environment;
  const char* program;  // as this one was started; null: not known
};

// Between fork and exec: only calls that are safe after fork in a program with threads.
[[noreturn]] void become_worker(const ChildSide& side) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != side.parent) ::_exit(127);
  if (side.control_group >= 0 && ::write(side.control_group, "0", 1) != 1) ::_exit(kNotInGroup);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Terminals and service managers send these to both processes; the parent decides what becomes of it.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  lower_limit(RLIMIT_CORE, 0);
  lower_limit(RLIMIT_NOFILE, 256);
  lower_limit(RLIMIT_DATA, side.data_limit);
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
  ::execve("/proc/self/exe", arguments, side.environment);
  if (side.program != nullptr) ::execve(side.program, arguments, side.environment);  // there is no /proc
  ::_exit(127);
}

// Until the child has become another program, or has ended, which closes its ends. Before, its memory is a
// copy of ours, and would be taken for the worker's.
void wait_for_exec(Pipe started) {
  started.write_end = Descriptor();
  char nothing = 0;
  while (::read(started.read_end.number(), &nothing, 1) < 0 && errno == EINTR) {
  }
}

rlim_t physical_memory_bytes() {
  return static_cast<rlim_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

base::Result<SpawnedWorker> SpawnedWorker::spawn() {
  const Descriptor page(::memfd_create("bantam-heartbeat", MFD_CLOEXEC));
  if (page.number() < 0 || ::ftruncate(page.number(), kPageBytes) != 0) return cannot("make shared memory");
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, page.number(), 0);
  if (memory == MAP_FAILED) return cannot("map shared memory");
  SpawnedWorker worker;
  worker.heartbeat_ = new (memory) engine::Heartbeat(0);

  TRY_ASSIGN(Pipe input, make_pipe());
  TRY_ASSIGN(Pipe messages, make_pipe());
  TRY_ASSIGN(Pipe errors, make_pipe());
  std::vector<std::string> settings = base::environment_without_secrets();
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);
  const ChildSide side{input.read_end.number(),
                       messages.write_end.number(),
                       errors.write_end.number(),
                       page.number(),
                       group_to_enter,
                       ::getpid(),
                       physical_memory_bytes(),
                       environment.data(),
                       reinterpret_cast<const char*>(::getauxval(AT_EXECFN))};
  TRY_ASSIGN(Pipe started, make_pipe());
  const pid_t child = ::fork();
  if (child == 0) become_worker(side);
  if (child < 0) return cannot("start a worker process");
  wait_for_exec(std::move(started));
  worker.pid_ = child;
  worker.input_ = std::move(input.write_end);
  worker.messages_ = std::move(messages.read_end);
  worker.errors_ = std::move(errors.read_end);
  ::fcntl(worker.messages(), F_SETFL, O_NONBLOCK);
  ::fcntl(worker.errors(), F_SETFL, O_NONBLOCK);
  return worker;
}

SpawnedWorker::SpawnedWorker(SpawnedWorker&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      messages_(std::move(other.messages_)),
      errors_(std::move(other.errors_)),
      heartbeat_(std::exchange(other.heartbeat_, nullptr)) {}

SpawnedWorker::~SpawnedWorker() {
  if (pid_ > 0) {
    kill_now();
    reap();
  }
  if (heartbeat_) ::munmap(heartbeat_, kPageBytes);
}

std::uint64_t SpawnedWorker::heartbeat() const {
  return heartbeat_->load(std::memory_order_relaxed);
}

void SpawnedWorker::kill_now() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int SpawnedWorker::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

bool has_worker_descriptors() {
  struct stat messages {};
  struct stat page {};
  return ::fstat(kMessageDescriptor, &messages) == 0 && S_ISFIFO(messages.st_mode) &&
         ::fstat(kHeartbeatDescriptor, &page) == 0 && page.st_size == static_cast<off_t>(kPageBytes);
}

engine::Heartbeat* map_heartbeat() {
  void* memory = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, kHeartbeatDescriptor, 0);
  if (memory == MAP_FAILED) return nullptr;
  return std::launder(static_cast<engine::Heartbeat*>(memory));
}

namespace {

using base::ErrorKind;
using base::Json;
using base::Status;

constexpr std::size_t kMaxLineBytes = 256U << 20;
constexpr int kPollMilliseconds = 200;
constexpr std::size_t kLastWords = 4096;
constexpr std::size_t kMostOfWords = 300;

// Nanoseconds of CPU that the process has used; 0 when they cannot be read.
std::int64_t cpu_time_ns(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

// Sees whether the worker gets on: a message, a heartbeat or, where that counts, CPU time.
class Watchdog {
 public:
  Watchdog(const SpawnedWorker& worker, const WorkerOptions& options) : worker_(worker), options_(options) {
    progressed();
  }
  void progressed() { last_ns_ = clock_.now_ns(); }
  bool expired() {
    // While we were stopped ourselves (Ctrl-Z stops both) nobody can say what the worker did.
    if (const base::Pauses pauses = base::pauses(); base::paused_between(pauses_, pauses)) {
      pauses_ = pauses;
      progressed();
    }
    if (const auto beat = worker_.heartbeat(); beat != beat_) {
      beat_ = beat;
      progressed();
    }
    if (options_.busy_is_alive) {
      if (const auto used_ns = cpu_time_ns(worker_.pid()); used_ns != cpu_time_ns_) {
        cpu_time_ns_ = used_ns;
        progressed();
      }
    }
    return base::seconds(clock_.now_ns() - last_ns_) > options_.hang_timeout_s;
  }

 private:
  const SpawnedWorker& worker_;
  const WorkerOptions& options_;
  base::MonotonicClock clock_;
  base::Pauses pauses_ = base::pauses();
  std::int64_t last_ns_ = 0;
  std::uint64_t beat_ = 0;
  std::int64_t cpu_time_ns_ = 0;
};

// One conversation with one worker.
class Conversation {
 public:
  Conversation(SpawnedWorker worker, const WorkerOptions& options, Interrupts* interrupts,
               const MessageSink& sink)
      : worker_(std::move(worker)), options_(options), interrupts_(interrupts), sink_(sink) {}

  base::Result<Json> run(const Json& job) {
    const auto oom_kills_before = oom_kills();
    send(base::to_text(job));
    Watchdog watchdog(worker_, options_);
    while (open_) {
      wait_and_read(watchdog);
      if (interrupts_) interrupts_->update();
      tell_of_interrupt();
      if (options_.on_tick && open_) options_.on_tick();
      if (interrupts_ && interrupts_->count() >= (options_.kill_on_interrupt ? 1 : 2)) {
        stopped_ = true;
        worker_.kill_now();
      }
      if (watchdog.expired() && !hung_) {
        hung_ = true;
        worker_.kill_now();
      }
    }
    const int status = worker_.reap();
    const auto oom_kills_after = oom_kills();
    judge_death(status, oom_kills_before && oom_kills_after && *oom_kills_after > *oom_kills_before);
    if (answer_) return *std::move(answer_);
    if (error_ && !stopped_) return tl::unexpected(*std::move(error_));
    return base::fail(ErrorKind::interrupted, "stopped");
  }

  pid_t pid() const { return worker_.pid(); }

 private:
  void wait_and_read(Watchdog& watchdog) {
    std::array<pollfd, 3> watched{{{worker_.messages(), POLLIN, 0},
                                   {worker_.errors(), POLLIN, 0},
                                   {interrupts_ ? interrupts_->descriptor() : -1, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), kPollMilliseconds) <= 0) return;
    if (watched[1].revents) read_errors();
    if (!watched[0].revents) return;
    std::array<char, 1 << 16> block;
    const ssize_t got = ::read(worker_.messages(), block.data(), block.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      read_errors();
      open_ = false;
      return;
    }
    watchdog.progressed();
    take(std::string_view(block.data(), static_cast<std::size_t>(got)));
    watchdog.progressed();  // the time we spent on the message is not the worker's
  }

  void tell_of_interrupt() {
    if (told_ || !interrupts_ || interrupts_->count() == 0) return;
    told_ = true;
    if (options_.on_interrupt) options_.on_interrupt();
  }

  void read_errors() {
    std::array<char, 4096> block;
    ssize_t got = 0;
    while ((got = ::read(worker_.errors(), block.data(), block.size())) > 0) {
      // Nobody reads it to its end, but a full pipe would stop the worker.
      last_words_.append(block.data(), static_cast<std::size_t>(got));
      if (last_words_.size() > kLastWords) last_words_.erase(0, last_words_.size() - kLastWords);
    }
  }

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto newline = bytes.find('\n');
      line_.append(bytes.substr(0, newline));
      if (line_.size() > kMaxLineBytes) {
        set_error({ErrorKind::worker, "the worker sent a message without end", ""});
        worker_.kill_now();
        line_.clear();
      }
      if (newline == std::string_view::npos) return;
      bytes.remove_prefix(newline + 1);
      if (!error_) accept(line_);
      line_.clear();
    }
  }

  void accept(const std::string& line) {
    const auto json = base::parse_json(line, "message of the worker");
    if (!json) return set_error(json.error());
    const std::string type = base::string_at(*json, "type").value_or("");
    if (type == kDone) {
      answer_ = base::child_at(*json, "answer");
    } else if (type == kFailed) {
      set_error(
          {base::error_kind_from(base::string_at(*json, "kind").value_or("")).value_or(ErrorKind::worker),
           base::string_at(*json, "message").value_or("the worker failed"),
           base::string_at(*json, "hint").value_or("")});
    } else {
      const auto message = message_from(*json);
      if (const Status taken = message ? sink_(*message) : tl::unexpected(message.error()); !taken) {
        set_error(taken.error());
        worker_.kill_now();
        return;
      }
      if (base::bool_at(*json, "ack").value_or(false)) acknowledge();
    }
  }

  void acknowledge() {
    if (interrupts_) interrupts_->update();
    const bool stop = interrupts_ && interrupts_->count() > 0;
    stopped_ = stopped_ || stop;
    send(stop ? "stop" : "go");
  }

  // A worker that died meanwhile is judged by its death, not by the broken pipe.
  void send(const std::string& text) {
    const std::string line = text + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
      const ssize_t written = ::write(worker_.input(), line.data() + sent, line.size() - sent);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return;
      sent += static_cast<std::size_t>(written);
    }
  }

  void set_error(base::Error error) {
    if (!error_) error_ = std::move(error);
  }

  // Whether the death of this signal, which we did not send, was for want of memory.
  bool died_of_no_memory(int signal, bool was_oom_kill) const {
    return (signal == SIGKILL && was_oom_kill) || (signal == SIGABRT && tells_of_no_memory(last_words_));
  }

  // The engine does not look at every allocation that fails.
  static std::string why_maybe(int signal) {
    const auto limit = base::address_space_limit();
    if (!limit || (signal != SIGABRT && signal != SIGSEGV && signal != SIGBUS)) return "";
    return fmt::format(
        "it may have got no memory: its address space is limited to {} (ulimit -v); raise the limit",
        base::format_bytes(static_cast<double>(*limit)));
  }

  // What ggml writes before it gives up, ".../ggml.c:12: what was wrong", without the folder; empty where the
  // last line is no such.
  std::string engine_words(int signal) const {
    if (signal != SIGABRT) return {};
    std::string_view line = base::trim(last_words_);
    line = line.substr(line.rfind('\n') + 1);  // all of it where there is none
    const std::size_t place = line.find(": ");
    if (place == std::string_view::npos || place == 0) return {};
    const std::string_view file = line.substr(0, place);
    const std::size_t colon = file.rfind(':');
    const bool has_line = colon != std::string_view::npos && colon + 1 < file.size() &&
                          file.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    if (!has_line) return {};
    return fmt::format(": {} ({})", base::printable(line.substr(place + 2, kMostOfWords)),
                       base::printable(file.substr(file.rfind('/') + 1)));
  }

  void judge_death(int status, bool was_oom_kill) {
    if (WIFSIGNALED(status) && !stopped_) {
      if (hung_) {
        set_error({ErrorKind::worker,
                   fmt::format("the worker hung: no token for {:g} s; killed", options_.hang_timeout_s),
                   "give more time with --hang-timeout"});
        return;
      }
      if (error_ && error_->kind != ErrorKind::worker) return;  // we killed it for that error
      const std::string signal = signal_name(WTERMSIG(status));
      answer_.reset();
      if (died_of_no_memory(WTERMSIG(status), was_oom_kill)) {
        error_ =
            out_of_memory(WTERMSIG(status) == SIGKILL ? "the system's out-of-memory killer ended the worker"
                                                      : "the worker got no more memory and gave up");
        error_->signal = signal;
        return;
      }
      error_ = base::Error{ErrorKind::worker,
                           fmt::format("the worker died of {}{}", signal, engine_words(WTERMSIG(status))),
                           why_maybe(WTERMSIG(status)), signal};
    } else if (!answer_ && !error_ && !stopped_) {
      set_error({ErrorKind::worker,
                 fmt::format("the worker ended with status {} and no result", WEXITSTATUS(status)), ""});
    }
  }

  SpawnedWorker worker_;
  const WorkerOptions& options_;
  Interrupts* interrupts_;
  const MessageSink& sink_;
  std::optional<Json> answer_;
  std::optional<base::Error> error_;
  std::string line_;
  std::string last_words_;  // of what the worker wrote to stderr
  bool stopped_ = false;    // by an interrupt
  bool open_ = true;
  bool hung_ = false;
  bool told_ = false;
};

}  // namespace

std::string signal_name(int number) {
  const char* abbreviation = ::sigabbrev_np(number);
  return abbreviation ? fmt::format("SIG{}", abbreviation) : fmt::format("signal {}", number);
}

base::Result<Json> run_worker(const Json& job, const WorkerOptions& options, Interrupts* interrupts,
                              const MessageSink& on_message, const StartSink& on_start) {
  base::watch_pauses();
  TRY_ASSIGN(SpawnedWorker worker, SpawnedWorker::spawn());
  if (on_start) on_start(worker.pid());
  return Conversation(std::move(worker), options, interrupts, on_message).run(job);
}

base::Result<MemoryProbeAnswer> run_memory_probe(const MemoryProbeJob& job, const WorkerOptions& options,
                                                 Interrupts* interrupts, int control_group) {
  group_to_enter = control_group;
  auto answer = run_worker(job, options, interrupts);
  group_to_enter = -1;
  return answer;
}

}  // namespace bantam::job
