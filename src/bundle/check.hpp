#pragma once
// Does a bundle hold what was written, and do its figures follow from its raw data? Figures are judged by the
// same code as those of a store (verify/verify.hpp).

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "bundle/form.hpp"
#include "verify/verify.hpp"

namespace bantam::bundle {

// By its name, which ends in .bundle, or by its first byte.
bool is_bundle(const std::filesystem::path& file);

// The text of a bundle's file. bad_input when it cannot be opened, is no file, or longer than kMostBytes.
base::Result<std::string> read_text(const std::filesystem::path& file);

struct Checked {
  Head head;
  std::string sha256;           // of all bytes before the last line; empty without one
  std::int64_t unreadable = 0;  // lines that could not be taken in
  verify::Report report;
};

// bad_input when the text is no bundle or of another version; all else is a finding.
base::Result<Checked> check(std::string_view text);

}  // namespace bantam::bundle
