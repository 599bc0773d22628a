#include "record/memory_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bantam::record {
namespace {

using base::Json;
using base::Result;

constexpr const char* kMemoryLine = "memory_line";

tl::unexpected<base::Error> refuse(std::string_view what) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("a line of memory {}", what));
}

Result<MemoryPoint> point_from(const Json& seconds, const Json& rss, const Json& private_bytes) {
  if (!seconds.is_number() || !rss.is_number_integer() || !private_bytes.is_number_integer())
    return refuse("has a point that is no number");
  const MemoryPoint point{seconds.get<double>(), rss.get<std::int64_t>(), private_bytes.get<std::int64_t>()};
  if (!(point.seconds >= 0.0) || point.private_bytes < 0 || point.rss_bytes < point.private_bytes)
    return refuse("has a point that cannot be");
  return point;
}

Result<MemoryPhase> phase_from(const Json& json) {
  const auto name = base::string_at(json, "name");
  const auto begin_s = base::number_at(json, "begin_s");
  const auto end_s = base::number_at(json, "end_s");
  if (!name || !begin_s || !end_s || !(*begin_s >= 0.0) || !(*end_s >= *begin_s))
    return refuse("has a phase without a name, or that ends before it begins");
  return MemoryPhase{*name, *begin_s, *end_s};
}

}  // namespace

std::int64_t MemoryLine::private_peak_bytes() const {
  std::int64_t peak = 0;
  for (const MemoryPoint& point : points) peak = std::max(peak, point.private_bytes);
  return peak;
}

Json to_json(const MemoryLine& line) {
  Json json{{"round", line.round},      {"samples", line.samples},    {"within_bytes", line.within_bytes},
            {"seconds", Json::array()}, {"rss_bytes", Json::array()}, {"private_bytes", Json::array()},
            {"phases", Json::array()}};
  for (const MemoryPoint& point : line.points) {
    json["seconds"].push_back(point.seconds);
    json["rss_bytes"].push_back(point.rss_bytes);
    json["private_bytes"].push_back(point.private_bytes);
  }
  for (const MemoryPhase& phase : line.phases)
    json["phases"].push_back({{"name", phase.name}, {"begin_s", phase.begin_s}, {"end_s", phase.end_s}});
  return json;
}

Result<MemoryLine> memory_line_from(const Json& json) {
  const auto round = base::integer_at(json, "round");
  const auto samples = base::integer_at(json, "samples");
  const auto within_bytes = base::integer_at(json, "within_bytes");
  if (!round || !samples || !within_bytes || *round < 0 || *samples < 0 || *within_bytes < 0)
    return refuse("lacks 'round', 'samples' or 'within_bytes'");
  const Json& seconds = base::child_at(json, "seconds");
  const Json& rss = base::child_at(json, "rss_bytes");
  const Json& private_bytes = base::child_at(json, "private_bytes");
  const Json& phases = base::child_at(json, "phases");
  if (!seconds.is_array() || !rss.is_array() || !private_bytes.is_array() || !phases.is_array())
    return refuse("lacks one of its lists");
  if (seconds.empty() || seconds.size() != rss.size() || seconds.size() != private_bytes.size())
    return refuse("is empty, or has lists of different lengths");
  if (seconds.size() > kMostMemoryPoints || phases.size() > kMostMemoryPhases)
    return refuse("is longer than any");
  MemoryLine line{*round, *samples, *within_bytes, {}, {}};
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    TRY_ASSIGN(const MemoryPoint point, point_from(seconds[i], rss[i], private_bytes[i]));
    if (!line.points.empty() && point.seconds < line.points.back().seconds)
      return refuse("goes back in time");
    line.points.push_back(point);
  }
  for (const Json& entry : phases) {
    TRY_ASSIGN(MemoryPhase phase, phase_from(entry));
    line.phases.push_back(std::move(phase));
  }
  return line;
}

std::optional<MemoryLine> memory_line(const Record& record) {
  auto line = memory_line_from(base::child_at(record.task_info, kMemoryLine));
  return line ? std::optional(*std::move(line)) : std::nullopt;
}

bool has_memory_line(const Record& record) {
  return record.task_info.is_object() && record.task_info.contains(kMemoryLine);
}

void set_memory_line(Record& record, const MemoryLine& line) {
  record.task_info[kMemoryLine] = to_json(line);
}

}  // namespace bantam::record
