#include "measure/memory_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace bantam::measure {
namespace {

using record::MemoryPhase;
using record::MemoryPoint;
using Points = std::vector<MemoryPoint>;
using testing::ElementsAre;

constexpr std::int64_t kPage = 4096;

// A load, a plateau with noise, peaks of one sample, and steps: by whole pages, 0.1 s apart.
Points random_line(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&random](int most) {
    return static_cast<std::int64_t>(random() % static_cast<unsigned>(most));
  };
  Points points;
  std::int64_t base = 100;
  for (std::size_t i = 0; i < count; ++i) {
    if (i < count / 10) base += below(2000);
    if (below(50) == 0) base += below(4000) - 2000;
    base = std::max<std::int64_t>(base, 10);
    const std::int64_t peak = below(97) == 0 ? below(30000) : 0;
    const std::int64_t private_pages = base + peak + below(6);
    const std::int64_t pages = private_pages + below(3) * 500;
    points.push_back({0.1 * static_cast<double>(i), pages * kPage, private_pages * kPage});
  }
  return points;
}

// The point that holds at that time.
const MemoryPoint& holding(const Points& line, double seconds) {
  const auto next = std::ranges::upper_bound(line, seconds, {}, &MemoryPoint::seconds);
  return next == line.begin() ? line.front() : *(next - 1);
}

void expect_extremes_and_ends(const Points& line, const Points& all) {
  EXPECT_EQ(line.front(), all.front());
  EXPECT_EQ(line.back(), all.back());
  for (const auto figure : {&MemoryPoint::rss_bytes, &MemoryPoint::private_bytes}) {
    EXPECT_EQ((*std::ranges::max_element(line, {}, figure)).*figure,
              (*std::ranges::max_element(all, {}, figure)).*figure);
    EXPECT_EQ((*std::ranges::min_element(line, {}, figure)).*figure,
              (*std::ranges::min_element(all, {}, figure)).*figure);
  }
}

void expect_within(const Points& line, const Points& all, std::int64_t within_bytes) {
  for (const MemoryPoint& point : all) {
    const MemoryPoint& held = holding(line, point.seconds);
    EXPECT_LE(std::abs(held.rss_bytes - point.rss_bytes), within_bytes) << point.seconds;
    EXPECT_LE(std::abs(held.private_bytes - point.private_bytes), within_bytes) << point.seconds;
  }
}

TEST(Thin, KeepsEndsExtremesAndOrderOfAnyLine) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    for (const std::size_t count : {1U, 2U, 7U, 150U, 201U, 3000U}) {
      for (const std::size_t most : {6U, 20U, 200U}) {
        SCOPED_TRACE(testing::Message() << seed << " " << count << " " << most);
        const Points all = random_line(count, seed);
        Points line = all;
        const std::int64_t within_bytes = thin(line, most);
        ASSERT_FALSE(line.empty());
        EXPECT_LE(line.size(), most);
        expect_extremes_and_ends(line, all);
        expect_within(line, all, within_bytes);
        auto from = all.begin();
        for (const MemoryPoint& point : line) {
          from = std::find(from, all.end(), point);
          ASSERT_NE(from, all.end()) << "none is new, and the order stays";
          ++from;
        }
      }
    }
  }
}

// As a sampler does: whenever there is no room it thins what it has.
TEST(Thin, AgainAndAgainLosesNoExtreme) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Points all = random_line(5000, seed);
    Points line;
    std::int64_t within_bytes = 0;
    for (const MemoryPoint& point : all) {
      if (line.size() == 512) within_bytes += thin(line, 256);
      line.push_back(point);
    }
    within_bytes += thin(line, 200);
    EXPECT_LE(line.size(), 200U);
    expect_extremes_and_ends(line, all);
    expect_within(line, all, within_bytes);
  }
}

TEST(Thin, LeavesOutWhatIsAsBeforeEvenWhereThereIsRoom) {
  Points line{
      {0.0, 8192, 4096}, {0.1, 8192, 4096}, {0.2, 8192, 4096}, {0.3, 12288, 4096}, {0.4, 12288, 4096}};
  EXPECT_EQ(thin(line, 200), 0);
  // 0.4 is the end.
  EXPECT_THAT(line, ElementsAre(MemoryPoint{0.0, 8192, 4096}, MemoryPoint{0.3, 12288, 4096},
                                MemoryPoint{0.4, 12288, 4096}));
  Points none;
  EXPECT_EQ(thin(none, 200), 0);
  EXPECT_TRUE(none.empty());
}

TEST(Thin, AllocatesNothing) {
  Points line = random_line(3000, 1);
  const MemoryPoint* place = line.data();
  const std::size_t room = line.capacity();
  thin(line, 200);
  EXPECT_EQ(line.data(), place);
  EXPECT_EQ(line.capacity(), room);
}

TEST(Phases, FollowTheTrials) {
  std::vector<MemoryPhase> phases;
  const auto ended = [&phases](const std::string& scenario, bool warmup, double wall_s, double now_s) {
    record::Trial trial;
    trial.scenario = scenario;
    trial.warmup = warmup;
    trial.wall_s = wall_s;
    note_phase(phases, trial, now_s);
  };
  ended("load_cold", false, 0.5, 0.75);
  ended("load_warm", false, 0.25, 1.5);
  ended("single_stream", true, 0.5, 2.5);
  ended("single_stream", true, 0.5, 3.25);
  ended("single_stream", false, 0.5, 4.0);
  ended("single_stream", false, 0.5, 5.0);
  EXPECT_THAT(phases, ElementsAre(MemoryPhase{"load_cold", 0.25, 0.75}, MemoryPhase{"load_warm", 1.25, 1.5},
                                  MemoryPhase{"single_stream warm-up", 2.0, 3.25},
                                  MemoryPhase{"single_stream", 3.5, 5.0}));
  for (int i = 0; i < 100; ++i) ended(std::to_string(i), false, 0.1, 6.0 + i);
  EXPECT_EQ(phases.size(), record::kMostMemoryPhases);
}

TEST(MemoryLine, IsSmallAndReadable) {
  PrivateMemory seen;
  seen.points = random_line(500, 3);
  for (MemoryPoint& point : seen.points) point.seconds += 0.000456;
  seen.samples = 500;
  seen.within_bytes = 7;
  const record::MemoryLine line = memory_line(seen, {{"load_warm", 0.5, 1.0}}, 2);
  EXPECT_EQ(line.round, 2);
  EXPECT_EQ(line.samples, 500);
  EXPECT_GE(line.within_bytes, 7 + kPage);
  EXPECT_LE(line.points.size(), record::kMostMemoryPoints);
  EXPECT_EQ(line.points.front().seconds, 0.0);
  EXPECT_EQ(line.points.back().seconds, 49.9);
  const auto peak = std::ranges::max_element(seen.points, {}, &MemoryPoint::private_bytes)->private_bytes;
  EXPECT_EQ(line.private_peak_bytes(), peak);
  const auto read = record::memory_line_from(base::parse_json(base::to_text(to_json(line)), "line").value());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, line);
}

}  // namespace
}  // namespace bantam::measure
