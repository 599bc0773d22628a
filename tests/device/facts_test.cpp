#include "device/facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_tree.hpp"

namespace bantam::device {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Two sockets of two cores with two threads each.
void add_server(support::FakeTree& tree) {
  tree.add("proc/cpuinfo",
           "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Example CPU @ 2.00GHz\n"
           "flags\t\t: fpu sse4_2 avx2 avx512f avx512_vnni amx_int8 hypervisor\n\n"
           "processor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Example CPU @ 2.00GHz\n");
  tree.add("sys/devices/system/cpu/online", "0-7\n");
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/";
    const int core = cpu % 4;
    tree.add(folder + "topology/physical_package_id", std::to_string(core / 2));
    tree.add(folder + "topology/core_id", std::to_string(core % 2));
    tree.add(folder + "cache/index0/level", "1").add(folder + "cache/index0/type", "Data");
    tree.add(folder + "cache/index0/size", "48K")
        .add(folder + "cache/index0/shared_cpu_list", std::to_string(core));
    tree.add(folder + "cache/index3/level", "3").add(folder + "cache/index3/type", "Unified");
    tree.add(folder + "cache/index3/size", "30M");
    tree.add(folder + "cache/index3/shared_cpu_list", core / 2 == 0 ? "0-1,4-5" : "2-3,6-7");
    tree.add(folder + "cpufreq/cpuinfo_max_freq", cpu == 3 ? "3500000" : "3000000");
    tree.add(folder + "cpufreq/cpuinfo_min_freq", "800000");
    tree.add(folder + "cpufreq/scaling_governor", "powersave\n");
  }
}

TEST(CpuFacts, OfAServer) {
  support::FakeTree tree;
  add_server(tree);
  const Facts facts = read_facts("/", tree.root());
  EXPECT_EQ(facts.cpu.model, "Example CPU @ 2.00GHz");
  EXPECT_EQ(facts.cpu.vendor, "GenuineIntel");
  EXPECT_EQ(facts.cpu.logical_cpus, 8);
  EXPECT_EQ(facts.cpu.physical_cores, 4);
  EXPECT_EQ(facts.cpu.sockets, 2);
  EXPECT_THAT(facts.cpu.features, ElementsAre("sse4_2", "avx2", "avx512f", "avx512_vnni", "amx_int8"));
  EXPECT_DOUBLE_EQ(facts.cpu.max_hz.value(), 3.5e9);
  EXPECT_DOUBLE_EQ(facts.cpu.min_hz.value(), 8e8);
  EXPECT_EQ(facts.cpu.governor, "powersave");
  EXPECT_EQ(facts.cpu.virtualized, true);
  ASSERT_EQ(facts.cpu.caches.size(), 2U);
  EXPECT_EQ(facts.cpu.caches[0].name, "L1d");
  EXPECT_EQ(facts.cpu.caches[0].bytes, 48 * 1024);
  EXPECT_EQ(facts.cpu.caches[0].count, 4);
  EXPECT_EQ(facts.cpu.caches[1].name, "L3");
  EXPECT_EQ(facts.cpu.caches[1].bytes, 30 << 20);
  EXPECT_EQ(facts.cpu.caches[1].count, 2);
}

TEST(CpuFacts, OfABoardWithBigAndLittleCores) {
  support::FakeTree tree;
  tree.add("proc/cpuinfo",
           "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\nCPU implementer\t: 0x41\nCPU part\t: 0xd05\n\n"
           "processor\t: 1\nFeatures\t: fp asimd asimddp i8mm\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n");
  tree.add("proc/device-tree/model", std::string("Example Board Rev 1.0\0", 22));
  const Facts facts = read_facts("/", tree.root());
  EXPECT_EQ(facts.cpu.model, "Cortex-A55 + Cortex-A76");
  EXPECT_THAT(facts.cpu.features, ElementsAre("neon", "dotprod", "i8mm"));
  EXPECT_EQ(facts.system.board, "Example Board Rev 1.0");
}

TEST(Facts, AreAbsentWithAReasonWhereTheKernelTellsNothing) {
  const support::FakeTree empty;
  const Facts facts = read_facts("/", empty.root());
  EXPECT_FALSE(facts.cpu.model.has_value());
  EXPECT_FALSE(facts.memory.total_bytes.has_value());
  EXPECT_FALSE(facts.memory.swap_bytes.has_value());
  EXPECT_FALSE(facts.limits.memory_bytes.has_value());
  EXPECT_TRUE(facts.accelerators.empty());
  for (const char* fact :
       {"cpu.model", "cpu.governor", "cpu.max_hz", "cpu.physical_cores", "memory.total_bytes",
        "memory.swap_bytes", "limits.memory_bytes", "system.kernel", "accelerators"}) {
    ASSERT_TRUE(facts.absent.contains(fact)) << fact;
    EXPECT_FALSE(facts.absent.at(fact).empty()) << fact;
  }
  const base::Json json = to_json(facts);
  EXPECT_FALSE(base::child_at(json, "cpu").contains("model"));
  EXPECT_FALSE(base::child_at(json, "memory").contains("swap_bytes"));
}

TEST(Facts, OfThisMachineHaveItsCoresAndMemory) {
  const Facts facts = read_facts(".");
  EXPECT_GE(facts.cpu.logical_cpus.value_or(0), 1);
  EXPECT_GT(facts.memory.total_bytes.value_or(0), 64 << 20);
  EXPECT_GT(facts.disk.total_bytes.value_or(0), 0);
  EXPECT_TRUE(facts.limits.allowed_cpus.has_value());
}

TEST(MemoryFacts, AreInBytes) {
  support::FakeTree tree;
  tree.add(
      "proc/meminfo",
      "MemTotal:        8000000 kB\nMemFree: 1 kB\nMemAvailable:    6000000 kB\nSwapTotal:             0 kB\n"
      "HugePages_Total:       4\nHugepagesize:       2048 kB\n");
  tree.add("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  tree.add("sys/devices/system/node/node0/meminfo", "").add("sys/devices/system/node/node1/meminfo", "");
  tree.add("sys/devices/system/node/online", "0-1");
  const Memory memory = read_facts("/", tree.root()).memory;
  EXPECT_EQ(memory.total_bytes, 8'192'000'000);
  EXPECT_EQ(memory.available_bytes, 6'144'000'000);
  EXPECT_EQ(memory.swap_bytes, 0);
  EXPECT_EQ(memory.huge_page_bytes, 2 << 20);
  EXPECT_EQ(memory.huge_pages, 4);
  EXPECT_EQ(memory.transparent_huge_pages, "madvise");
  EXPECT_EQ(memory.numa_nodes, 2);
}

TEST(Limits, OfAUnifiedCgroupAreTheTightestOnTheWayUp) {
  support::FakeTree tree;
  tree.add("proc/self/cgroup", "0::/slice/job\n");
  tree.add("proc/self/status", "Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n");
  tree.add("sys/fs/cgroup/slice/job/memory.max", "max\n")
      .add("sys/fs/cgroup/slice/job/cpu.max", "150000 100000\n");
  tree.add("sys/fs/cgroup/slice/memory.max", "1073741824\n")
      .add("sys/fs/cgroup/slice/cpu.max", "max 100000\n");
  const Limits limits = read_facts("/", tree.root()).limits;
  EXPECT_EQ(limits.memory_bytes, 1 << 30);
  EXPECT_DOUBLE_EQ(limits.cpus.value(), 1.5);
  EXPECT_EQ(limits.allowed_cpus, "0-3");
}

TEST(Limits, OfLegacyCgroupsIgnoreTheKernelsNumberForNone) {
  support::FakeTree tree;
  tree.add("proc/self/cgroup", "4:memory:/job\n1:cpu,cpuacct:/job\n");
  tree.add("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  tree.add("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "536870912\n");
  tree.add("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n")
      .add("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
  const Limits limits = read_facts("/", tree.root()).limits;
  EXPECT_EQ(limits.memory_bytes, 512 << 20);
  EXPECT_FALSE(limits.cpus.has_value());
  tree.add("proc/self/cgroup", "4:memory:/\n");
  EXPECT_FALSE(read_facts("/", tree.root()).limits.memory_bytes.has_value());
}

TEST(DiskFacts, AreThoseOfTheDeepestMountAboveThePath) {
  support::FakeTree tree;
  tree.add("proc/self/mountinfo",
           "2 1 179:1 / /tmp rw,relatime shared:1 - f2fs /dev/mmcblk0p1 rw\n"
           "1 0 8:2 / / rw - ext4 /dev/sda2 rw\n"
           "3 1 8:3 / /tmpx rw - xfs /dev/sda3 rw\n");
  tree.add("sys/dev/block/179:1/queue/rotational", "0\n").add("sys/dev/block/179:1/device/model", "Card\n");
  const Disk disk = read_facts("/tmp/does-not-exist", tree.root()).disk;
  EXPECT_EQ(disk.file_system, "f2fs");
  EXPECT_EQ(disk.source, "/dev/mmcblk0p1");
  EXPECT_EQ(disk.rotational, false);
  EXPECT_EQ(disk.model, "Card");
}

TEST(Accelerators, AreListedOnceEach) {
  support::FakeTree tree;
  tree.add("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t Example GPU\nIRQ: 1\n");
  tree.add("sys/class/drm/card0/device/uevent", "DRIVER=nvidia\nPCI_SLOT_NAME=0000:01:00.0\n");
  tree.add("sys/class/drm/card0-HDMI-A-1/status", "connected");
  tree.add("sys/class/drm/card1/device/uevent", "DRIVER=i915\nPCI_SLOT_NAME=0000:00:02.0\n");
  tree.add("sys/class/drm/card1/device/vendor", "0x8086").add("sys/class/drm/card1/device/device", "0x46a6");
  const auto found = read_facts("/", tree.root()).accelerators;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "Example GPU");
  EXPECT_EQ(found[1].name, "PCI 0x8086:0x46a6");
  EXPECT_EQ(found[1].driver, "i915");
}

TEST(Identity, StaysForOneMachineAndDiffersBetweenMachines) {
  support::FakeTree tree;
  add_server(tree);
  tree.add("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  tree.add("proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\n");
  const std::string first = identity(read_facts("/", tree.root()));
  EXPECT_EQ(first.size(), 12U);
  // What is free now, and a few reserved kilobytes after a new kernel, do not matter.
  tree.add("proc/meminfo", "MemTotal: 8000100 kB\nMemAvailable: 100 kB\n");
  EXPECT_EQ(identity(read_facts("/", tree.root())), first);
  tree.add("etc/machine-id", "ffffffffffffffffffffffffffffffff\n");
  EXPECT_NE(identity(read_facts("/", tree.root())), first);
}

TEST(Identity, TellsNothingOfTheMachineId) {
  support::FakeTree tree;
  tree.add("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
      .add("proc/sys/kernel/hostname", "secret-host\n");
  const std::string text = base::to_text(to_json(read_facts("/", tree.root())));
  EXPECT_EQ(text.find("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(text.find("secret-host"), std::string::npos);
}

}  // namespace
}  // namespace bantam::device
