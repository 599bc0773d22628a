#include "serve/watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>
#include <utility>

#include "store/runner_lock.hpp"

namespace bantam::serve {
namespace {

// Time stamps of files stand still for some milliseconds, so one that is this young may stay when more is
// written.
constexpr std::int64_t kYoung_s = 2;

// Which files lie there and when they were written last; empty where they may change without another stamp.
std::string stamp_of(const std::filesystem::path& store) {
  std::string stamp = "files";
  const std::int64_t now = std::time(nullptr);
  for (const char* ending : {"", "-wal"}) {
    struct stat facts {};
    if (::stat((store.string() + ending).c_str(), &facts) != 0) {
      stamp += " none";
      continue;
    }
    const std::int64_t age = now - facts.st_mtim.tv_sec;
    if (age >= 0 && age < kYoung_s) return "";
    stamp += fmt::format(" {}:{}:{}:{}.{}", facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec,
                         facts.st_mtim.tv_nsec);
  }
  return stamp;
}

}  // namespace

Watch::Watch(std::vector<std::filesystem::path> stores) {
  for (std::filesystem::path& path : stores) stores_.push_back({std::move(path)});
}

void Watch::read(Watched& watched) {
  const std::string stamp = stamp_of(watched.path);
  if (!stamp.empty() && stamp == watched.stamp) return;
  auto glance = store::glance(watched.path);
  watched.problem = glance ? "" : glance.error().message;
  if (glance) watched.glance = *std::move(glance);
  watched.stamp = watched.problem.empty() ? stamp : "";
}

Seen Watch::look() {
  Seen seen;
  for (Watched& watched : stores_) {
    read(watched);
    if (!watched.problem.empty() && seen.problem.empty()) seen.problem = watched.problem;
    const store::Glance& glance = watched.glance;
    seen.results += glance.results + " ";
    if (!glance.is_there) continue;
    seen.is_there = true;
    seen.is_running = seen.is_running || store::RunnerLock::is_taken(watched.path);
    seen.finished += glance.finished;
    seen.open.insert(seen.open.end(), glance.open.begin(), glance.open.end());
  }
  return seen;
}

}  // namespace bantam::serve
