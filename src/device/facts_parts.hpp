#pragma once
// The readers behind read_facts(), one for each part. Each notes in `absent` what it could not find.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "device/facts.hpp"

namespace bantam::device {

using Absent = std::map<std::string, std::string>;

Cpu read_cpu(const std::filesystem::path& root, Absent& absent);
Memory read_memory(const std::filesystem::path& root, Absent& absent);
System read_system(const std::filesystem::path& root, Absent& absent);
Limits read_limits(const std::filesystem::path& root, Absent& absent);
Disk read_disk(const std::filesystem::path& storage_path, const std::filesystem::path& root, Absent& absent);
std::vector<Accelerator> read_accelerators(const std::filesystem::path& root, Absent& absent);

template <typename T>
void note_if_absent(const std::optional<T>& value, const char* fact, const std::string& reason,
                    Absent& absent) {
  if (!value) absent[fact] = reason;
}

}  // namespace bantam::device
