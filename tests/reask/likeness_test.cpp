#include "reask/likeness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::reask {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Asking asking() {
  Asking asking;
  asking.machine = "m1";
  asking.engine = {{"identity", "llama 1, AVX2"}, {"threads", 2}, {"n_ctx", 512}, {"repack", true}};
  asking.devices = {{"CPU", "cpu"}};
  asking.scoring.emplace();
  asking.scoring->own_kernels = "own 1";
  asking.scoring->shared_prefixes = true;
  return asking;
}

TEST(Likeness, machine_engine_and_layout_make_the_same_place) {
  EXPECT_EQ(likeness(asking(), asking()).place, Place::same);
  EXPECT_THAT(likeness(asking(), asking()).differences, IsEmpty());
}

TEST(Likeness, whatever_differs_is_told) {
  Asking here = asking();
  here.machine = "m2";
  here.engine["threads"] = 4;
  here.engine.erase("n_ctx");
  here.scoring->own_kernels.clear();
  const Likeness alike = likeness(asking(), here);
  EXPECT_EQ(alike.place, Place::other);
  EXPECT_THAT(alike.differences,
              ElementsAre("another machine", "threads: 2 there, 4 here", "n_ctx: 512 there, not told here",
                          "kernels: own 1, shared prefixes there, the engine's, shared "
                          "prefixes here"));
}

// A record that does not tell its machine cannot be of this one.
TEST(Likeness, what_is_not_told_is_not_the_same) {
  Asking there = asking();
  Asking here = asking();
  there.machine.clear();
  here.machine.clear();
  EXPECT_THAT(likeness(there, here).differences, ElementsAre("another machine"));
}

TEST(Likeness, a_gpu_is_never_the_same_place) {
  Asking gpu = asking();
  gpu.devices.push_back({"CUDA0", "gpu"});
  EXPECT_EQ(likeness(gpu, gpu).place, Place::other);
  EXPECT_EQ(likeness(gpu, asking()).place, Place::other_kind);
  EXPECT_EQ(likeness(asking(), gpu).place, Place::other_kind);
}

}  // namespace
}  // namespace bantam::reask
