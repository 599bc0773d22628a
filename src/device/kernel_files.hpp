#pragma once
// Small text files of the kernel under /proc and /sys. What cannot be read is absent. Knows nothing of what
// they mean.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::device {

// The whole content without white space at its ends; absent when unreadable (at most 16 MiB).
std::optional<std::string> read_text(const std::filesystem::path& path);
std::optional<std::int64_t> read_integer(const std::filesystem::path& path);

// The value of the first line "key: value" or "key value" of `text`; absent when there is no such line.
std::optional<std::string> field(std::string_view text, std::string_view key);
// The leading integer of that value ("1234 kB" gives 1234).
std::optional<std::int64_t> integer_field(std::string_view text, std::string_view key);

// Words between blanks and tabs, none empty.
std::vector<std::string_view> words(std::string_view line);

// Names in a folder, sorted; empty when it cannot be listed.
std::vector<std::string> names_in(const std::filesystem::path& folder);

// The members of a kernel list such as "0-3,8"; absent when it is malformed.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

}  // namespace bantam::device
