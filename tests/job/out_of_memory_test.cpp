#include "job/out_of_memory.hpp"

#include <gtest/gtest.h>

#include "support/fake_tree.hpp"

namespace bantam::job {
namespace {

// The forms of the files are those of Linux: cgroups(7), its cgroup-v2.rst and memory.rst, proc_vmstat(5).
constexpr const char* kEvents = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n";
constexpr const char* kControl = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n";

TEST(OomKills, AreThoseOfTheControlGroup) {
  support::FakeTree two;
  two.add("proc/self/cgroup", "0::/user.slice/a\n").add("sys/fs/cgroup/user.slice/a/memory.events", kEvents);
  EXPECT_EQ(oom_kills(two.root()), 2);
  support::FakeTree one;
  one.add("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/a/b\n0::/\n")
      .add("sys/fs/cgroup/memory/a/b/memory.oom_control", kControl);
  EXPECT_EQ(oom_kills(one.root()), 5);
}

TEST(OomKills, OfAContainerStandAtTheRoot) {
  support::FakeTree tree;
  tree.add("proc/self/cgroup", "0::/docker/4f\n").add("sys/fs/cgroup/memory.events", kEvents);
  EXPECT_EQ(oom_kills(tree.root()), 2);
}

TEST(OomKills, AreTheMachinesWhereNoGroupTells) {
  support::FakeTree tree;
  tree.add("proc/self/cgroup", "0::/\n").add("proc/vmstat", "pswpin 7\noom_kill 9\ndrop_pagecache 0\n");
  EXPECT_EQ(oom_kills(tree.root()), 9);
  EXPECT_EQ(oom_kills(support::FakeTree().root()), std::nullopt);
}

TEST(OutOfMemory, IsToldByTheLastWordsOfAProgram) {
  // What GCC's runtime and ggml print before they abort.
  EXPECT_TRUE(tells_of_no_memory(
      "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n"));
  EXPECT_TRUE(tells_of_no_memory("ggml_aligned_malloc: insufficient memory (attempted to allocate 99 MB)"));
  // As ggml_init() and ggml_gallocr_reserve() end when malloc() gave nothing.
  EXPECT_TRUE(tells_of_no_memory("ggml.c:1644: GGML_ASSERT(ctx->mem_buffer != NULL) failed"));
  EXPECT_TRUE(tells_of_no_memory("ggml-alloc.c:854: GGML_ASSERT(galloc->node_allocs != NULL) failed"));
  EXPECT_TRUE(
      tells_of_no_memory("terminate called after throwing an instance of 'std::system_error'\n"
                         "  what():  Resource temporarily unavailable\n"));
  EXPECT_TRUE(tells_of_no_memory("graph allocation: failed to reserve memory"));
  EXPECT_FALSE(tells_of_no_memory("GGML_ASSERT(n_rows > 0) failed"));
}

TEST(OutOfMemory, IsKnownByItsWords) {
  EXPECT_TRUE(is_out_of_memory(out_of_memory("why")));
  EXPECT_FALSE(is_out_of_memory({base::ErrorKind::worker, "the worker died of SIGKILL", ""}));
}

}  // namespace
}  // namespace bantam::job
