#include "report/device_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

// What is absent is left out; a hostile name stays harmless.
DevicePage board() {
  DevicePage page;
  page.facts.cpu.model = "Cortex-A76 \x1b[2J";
  page.facts.cpu.architecture = "aarch64";
  page.facts.cpu.physical_cores = 4;
  page.facts.cpu.caches = {{"L1d", 65536, 4}, {"L3", 2 << 20, 1}};
  page.facts.cpu.features = {"neon", "dotprod"};
  page.facts.cpu.max_hz = 2.4e9;
  page.facts.cpu.virtualized = false;
  page.facts.memory.total_bytes = std::int64_t{8} << 30;
  page.facts.memory.swap_bytes = 0;
  page.facts.limits.cpus = 2.5;
  page.facts.system.board = "Raspberry Pi 5";
  page.facts.disk.file_system = "ext4";
  page.facts.absent = {{"cpu.governor", "no cpufreq"}};
  page.engine = {{"version", "b1"}, {"backends", {"CPU", "BLAS"}}, {"details", base::Json::object()}};
  page.kernels = run::KernelVerdicts({{"q4_0", {false, true, "SIGILL"}},
                                      {"q4_K", {true, true, ""}},
                                      {"q8_0", {false, false, "error 0.3 above 0.01"}}});
  page.sensors = {{"rapl", "energy", "uJ", device::Grade::b, true, "/sys/rapl", "", "package", 0.001},
                  {"thermal", "temperature", "mdegC", std::nullopt, false, "", "no thermal zone"}};
  return page;
}

TEST(device_page, facts_stand_one_a_line_and_what_is_missing_has_a_reason) {
  EXPECT_EQ(device_page(board(), table::Format::table, {80, false}),
            "CPU\n"
            "  model               Cortex-A76 \\x1b[2J\n"
            "  architecture        aarch64\n"
            "  cores               4 physical, ? logical\n"
            "  caches              L1d 64.0 KiB x 4, L3 2.00 MiB\n"
            "  features            neon dotprod\n"
            "  frequency           2.40 GHz\n"
            "  virtualized         no\n"
            "\n"
            "Memory\n"
            "  total               8.00 GiB\n"
            "  swap                none\n"
            "  CPU limit           2.5 CPUs\n"
            "\n"
            "System\n"
            "  board               Raspberry Pi 5\n"
            "  file system         ext4\n"
            "  accelerators        none: no device shows itself\n"
            "\n"
            "Engine\n"
            "  version             b1\n"
            "  backends            CPU BLAS\n"
            "  kernel q4_0         slow path only (SIGILL)\n"
            "  kernel q8_0         unusable (error 0.3 above 0.01)\n"
            "  kernels tested ok   q4_K\n"
            "\n"
            "Sensors\n"
            "  rapl                found  energy in uJ, grade B, scope package\n"
            "  thermal             missing  temperature: no thermal zone\n"
            "\n"
            "Not known\n"
            "  cpu.governor        no cpufreq\n");
}

TEST(device_page, json_has_the_same_verdicts) {
  const auto json = base::parse_json(device_page(board(), table::Format::json, {}), "page").value();
  EXPECT_EQ(json["kernels"]["q4_0"], "slow path only: SIGILL");
  EXPECT_EQ(json["kernels"]["q4_K"], "ok");
  EXPECT_EQ(json["engine"]["version"], "b1");
  EXPECT_EQ(json["sensors"].size(), 2U);
  EXPECT_EQ(json["sensors"][0]["scope"], "package");
  EXPECT_EQ(json["sensors"][0]["update_period_s"], 0.001);
}

}  // namespace
}  // namespace bantam::report
