#pragma once
// The Python environment that the converter needs, and llama.cpp's source with the converter in it: both made
// once, on request, in the cache folder. Knows nothing of what is converted.

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "model/python_packages.hpp"

namespace bantam::model {

// What a first use installs, for the question put to the user.
struct InstallationPlan {
  bool needs_source = false;       // llama.cpp's source
  bool needs_environment = false;  // Python packages
  std::string packages;            // "torch 2.11.0, transformers 4.57.6, ..."
  std::filesystem::path folder;    // where the packages go
  bool nothing() const { return !needs_source && !needs_environment; }
};

// About what an installation takes at most. PyTorch's ordinary wheel for x86-64 brings CUDA libraries, which
// are most of it; where an index with its CPU-only wheel can be reached, that one is taken.
inline constexpr std::uint64_t kMostDownloadBytes = 2'900'000'000;
inline constexpr std::uint64_t kMostDiskBytes = 5'300'000'000;

// `python` is the user's own interpreter, which has the packages; empty: ours.
base::Result<InstallationPlan> plan_installation(const std::filesystem::path& python);

struct ConverterTools {
  std::filesystem::path python;   // interpreter that has the packages
  std::filesystem::path source;   // llama.cpp's source tree
  std::filesystem::path scripts;  // our own, which run in it: convert.py, tokens.py, sample_lines.json
};

// Makes what plan_installation() named. environment, with the remedy, when there is no Python with venv, no
// network, or a user's interpreter lacks a package; storage when there is no space; integrity when the source
// archive is not the pinned one. Interrupted work leaves nothing that looks whole.
base::Status install_converter(const std::filesystem::path& python, const Lines& on_line);

// The tools as they are; environment, saying which command makes them, when something is missing.
base::Result<ConverterTools> find_converter(const std::filesystem::path& python);

// The source archive and the package list: what a conversion's result depends on beside the folder.
base::Result<std::string> converter_version();

}  // namespace bantam::model
