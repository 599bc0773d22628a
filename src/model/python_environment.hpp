#pragma once
// The Python environment that the converter needs, and llama.cpp's source with the converter in it: both made
// once, on request, in the cache folder. Knows nothing of what is converted.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <string_view>

#include "base/result.hpp"

namespace bantam::model {

// What a first use installs, for the question put to the user.
struct InstallationPlan {
  bool needs_source = false;
  bool needs_environment = false;
  std::string packages;              // "torch 2.11.0, transformers 4.57.6, ..."
  std::uint64_t download_bytes = 0;  // about
  std::uint64_t disk_bytes = 0;      // about
  std::filesystem::path folder;      // where it goes
  bool nothing() const { return !needs_source && !needs_environment; }
};

// `python` is the user's own interpreter; empty: ours.
base::Result<InstallationPlan> plan_installation(const std::filesystem::path& python);

struct ConverterTools {
  std::filesystem::path python;  // interpreter that has the packages
  std::filesystem::path source;  // llama.cpp's source tree
};

using Lines = std::function<void(std::string_view line)>;

// Makes what plan_installation() named. environment, with the remedy, when there is no Python with venv, no
// network or no space; integrity when the source archive is not the pinned one. Interrupted work leaves
// nothing that looks whole.
base::Result<ConverterTools> install_converter(const std::filesystem::path& python, const Lines& on_line);

// The tools as they are; environment, saying which command makes them, when something is missing.
base::Result<ConverterTools> find_converter(const std::filesystem::path& python);

}  // namespace bantam::model
