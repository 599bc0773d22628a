#pragma once
// --signer and --identity: whose signature a bundle has to have.

#include <optional>
#include <string>

#include "base/result.hpp"
#include "bundle/signature.hpp"

namespace CLI {
class App;
}

namespace bantam::cli {

struct SignerOptions {
  std::string allowed;
  std::string identity;
};

void add_signer_options(CLI::App& command, SignerOptions& options);
// Absent when none is asked for; usage when one of the two is missing.
base::Result<std::optional<bundle::Signer>> signer_of(const SignerOptions& options);

}  // namespace bantam::cli
