#include "measure/load.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>
#include <vector>

#include "base/units.hpp"
#include "measure/resident.hpp"
#include "measure/validity.hpp"

namespace bantam::measure {
namespace {

constexpr double kLeastResidentShare = 0.99;

base::Result<record::Trial> time_load(const char* scenario, const std::filesystem::path& model_file,
                                      const Open& open, const base::Clock& clock) {
  const auto resident_before = resident_bytes(model_file);
  const Snapshot before = read_snapshot();
  const std::int64_t begin_ns = clock.now_ns();
  TRY(open());
  const std::int64_t end_ns = clock.now_ns();
  const Snapshot after = read_snapshot();
  record::Trial trial;
  trial.scenario = scenario;
  trial.wall_s = base::seconds(end_ns - begin_ns);
  trial.counters = counters_between(before.own, after.own);
  trial.counters.update(to_json(window_between(before, after)));
  if (resident_before) trial.counters["file_resident_before_bytes"] = *resident_before;
  return trial;
}

base::Status read_whole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(std::size_t{1} << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size()))) {
  }
  if (in.eof()) return {};
  return base::fail(base::ErrorKind::bad_input, fmt::format("cannot read {}", file.string()));
}

// Where the kernel does not tell, reading it has to be enough.
base::Status check_resident(const std::filesystem::path& file) {
  const auto resident = resident_bytes(file);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!resident || error ||
      static_cast<double>(*resident) >= kLeastResidentShare * static_cast<double>(size)) {
    return {};
  }
  return base::fail(base::ErrorKind::environment,
                    fmt::format("only {} of {} stay in memory after reading it",
                                base::format_bytes(static_cast<double>(*resident)), file.string()));
}

}  // namespace

base::Result<record::Trial> time_cold_load(const std::filesystem::path& model_file, const Open& open,
                                           const base::Clock& clock) {
  TRY(evict(model_file));
  return time_load(kLoadCold, model_file, open, clock);
}

base::Result<record::Trial> time_warm_load(const std::filesystem::path& model_file, const Open& open,
                                           const base::Clock& clock) {
  TRY(read_whole(model_file));
  TRY(check_resident(model_file));
  return time_load(kLoadWarm, model_file, open, clock);
}

}  // namespace bantam::measure
