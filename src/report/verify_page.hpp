#pragma once
// What a verification of a store or of a bundle found. Prints nothing.

#include <string>

#include "bundle/check.hpp"
#include "bundle/signature.hpp"
#include "table/render.hpp"
#include "verify/verify.hpp"

namespace bantam::report {

std::string verify_page(const verify::Report& report, table::Format format,
                        const table::TerminalStyle& style);

// A signature that is not what was asked for is a finding, too.
std::string verify_page(const bundle::Checked& checked, const bundle::Signature& signature,
                        table::Format format, const table::TerminalStyle& style);

}  // namespace bantam::report
