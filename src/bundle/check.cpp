#include "bundle/check.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "bundle/read.hpp"

namespace bantam::bundle {

bool is_bundle(const std::filesystem::path& file) {
  std::error_code missing;
  if (!std::filesystem::is_regular_file(file, missing)) return false;
  return file.extension() == ".bundle" || std::ifstream(file).get() == '{';
}

base::Result<std::string> read_text(const std::filesystem::path& file) {
  std::error_code unknown;
  const std::uintmax_t bytes = std::filesystem::file_size(file, unknown);
  if (!unknown && bytes > kMostBytes)
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} has {} bytes; bundles have at most {}", base::printable(file.string()),
                                  bytes, kMostBytes));
  auto text = base::read_file(file, kMostBytes);
  if (text) return text;
  return base::fail(text.error().kind, base::printable(text.error().message),
                    "name a file of `bantam export bundle`");
}

base::Result<Checked> check(std::string_view text) {
  Checked checked;
  TRY_ASSIGN(Contents contents,
             read(text, [&checked](const record::FinishedCell& cell, BasisFrom from) -> base::Status {
               if (from == BasisFrom::exported) ++checked.report.without_basis;
               verify::check_cell(cell, true, checked.report);
               return {};
             }));
  checked.head = std::move(contents.head);
  checked.sha256 = std::move(contents.sha256);
  checked.unreadable = contents.unreadable;
  auto& findings = checked.report.findings;
  findings.insert(findings.begin(), std::move_iterator(contents.findings.begin()),
                  std::move_iterator(contents.findings.end()));
  return checked;
}

}  // namespace bantam::bundle
