#pragma once
// The machine and the engine of this binary, as every record and key names them.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::run {

struct Machine {
  base::Json device;                // fixed facts
  std::string device_identity;      // part of the keys of timings
  std::string cpu_identity;         // decides which kernels work
  base::Json engine;                // version, source, kernels
  std::string engine_identity;      // part of all keys
  int physical_cores = 1;           // the default number of threads
  std::optional<std::string> cpus;  // that may be used, as a list; absent: not known
};

// `disk_path`: a file or folder whose file system the facts are about. Takes a few milliseconds.
Machine describe_machine(const std::filesystem::path& disk_path);

// Of the current start of the machine, by the kernel; empty where it does not tell.
std::string boot_identity();

// usage when a GPU is asked for by a number that none has here.
base::Status check_gpu(const plan::EngineSettings& settings);

// Whether the servers that are named answer. usage for a GPU beside them; environment for one that does not.
base::Status check_rpc(const plan::EngineSettings& settings);
// Warnings of a model whose layers lie on other machines, too; none without.
std::vector<std::string> rpc_warnings(const plan::EngineSettings& settings);
// A warning: layers on a GPU were asked for, and there is none. Absent: nothing of the kind.
std::optional<std::string> no_gpu_for_layers(const plan::EngineSettings& settings);

// A warning: more threads were asked for than there are CPUs.
std::string fewer_threads(std::int64_t asked, std::int64_t used);

}  // namespace bantam::run
