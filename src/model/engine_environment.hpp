#pragma once
// The engine programs that come with bantam (docs/engines.md): their scripts, and the Python environments
// that are made for them on request. Knows nothing of their protocol.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/python_packages.hpp"

namespace bantam::model {

struct KnownEngine {
  std::string_view name;
  std::string_view what;          // which models it takes
  std::uint64_t most_disk_bytes;  // about, with its packages, where PyTorch's ordinary wheel is taken
};

std::span<const KnownEngine> known_engines();

// The variable that names a Python of the user's own, which has the packages.
inline constexpr const char* kEnginePythonVariable = "BANTAM_ENGINE_PYTHON";

struct EngineInstallation {
  std::filesystem::path folder;       // of its environment
  std::vector<std::string> packages;  // "torch==2.9.1", ...
  bool is_there = false;
};

// usage for a name of none.
base::Result<EngineInstallation> engine_installation(std::string_view name);

// Makes the environment, in place of one that is there. The errors of model/python_packages.hpp; interrupted
// work leaves nothing that looks whole.
base::Status install_engine(std::string_view name, const Lines& on_line);

// What starts the program: the words of a command, or for the name of a known engine its script in its
// environment. environment, with the command that makes it, where that is not there; usage as of
// plan::words_of_command().
base::Result<std::vector<std::string>> engine_command(std::string_view program);

// The program that asks an engine program as docs/engines.md says, and tells where it leaves the protocol.
base::Result<std::vector<std::string>> conformance_command();

}  // namespace bantam::model
