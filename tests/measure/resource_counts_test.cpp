#include "measure/resource_counts.hpp"

#include <gtest/gtest.h>

#include "support/fake_tree.hpp"

namespace bantam::measure {
namespace {

TEST(ResourceCounts, AreReadOnlyOnceTheyAreAskedForAndTellWhatCameInBetween) {
  EXPECT_TRUE(resources_between(read_resources(), read_resources()).empty());
  support::FakeTree tree;
  tree.add("proc/self/io", "rchar: 999\nread_bytes: 4096\nwrite_bytes: 7\n")
      .add("proc/pressure/io",
           "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 total=9\n")
      .add("proc/pressure/memory", "no such line");
  count_resources(tree.root() / "proc");
  const ResourceCounts before = read_resources();
  tree.add("proc/self/io", "rchar: 999\nread_bytes: 1052672\nwrite_bytes: 7\n")
      .add("proc/pressure/io",
           "some avg10=9.00 avg60=0.00 avg300=0.00 total=1750000\nfull avg10=0.00 total=9\n");
  const base::Json between = resources_between(before, read_resources());
  EXPECT_EQ(between.at("disk_read_bytes"), 1048576);
  EXPECT_DOUBLE_EQ(between.at("io_stall_s").get<double>(), 0.25);
  EXPECT_FALSE(between.contains("memory_stall_s")) << "a line of another form tells nothing";
  EXPECT_FALSE(between.contains("cpu_stall_s")) << "the file is not there";
}

}  // namespace
}  // namespace bantam::measure
