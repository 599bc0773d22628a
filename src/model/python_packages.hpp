#pragma once
// Python environments of our own: made with venv, filled by pip. Knows nothing of what their packages are
// for.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/subprocess.hpp"

namespace bantam::model {

using Lines = std::function<void(std::string_view line)>;

// A Python program that sees nothing of the user's own packages, secrets and network settings of the hub.
base::Program python_program(const std::filesystem::path& python);

inline constexpr double kQuickTimeout_s = 300.0;
base::Result<base::ProgramEnd> run_python(const std::filesystem::path& python,
                                          std::vector<std::string> arguments, const Lines& on_line = {},
                                          std::optional<double> timeout_s = std::nullopt);

// In place of what is there. environment, with the remedy, when there is no Python with venv.
base::Status make_venv(const std::filesystem::path& folder);

// `what` is fetched, for messages. storage when there is no space; environment, with pip's last words,
// otherwise.
base::Status pip(const std::filesystem::path& python, std::vector<std::string> arguments,
                 std::string_view what, const Lines& on_line);

// storage when fewer bytes are free. Makes the folder.
base::Status check_space(const std::filesystem::path& folder, std::uint64_t bytes);

// A folder that was filled to the end.
bool is_complete(const std::filesystem::path& folder);
base::Status mark_complete(const std::filesystem::path& folder);

// Its "name==version" lines.
std::vector<std::string> pinned_packages(const std::string& requirements);

}  // namespace bantam::model
