#include "cli/signer_options.hpp"

#include <CLI/CLI.hpp>

namespace bantam::cli {

void add_signer_options(CLI::App& command, SignerOptions& options) {
  command
      .add_option("--signer", options.allowed,
                  "whose signatures are known: a file of allowed signers, as of ssh-keygen")
      ->type_name("FILE");
  command.add_option("--identity", options.identity, "the one in it who must have signed")->type_name("NAME");
}

base::Result<std::optional<bundle::Signer>> signer_of(const SignerOptions& options) {
  if (options.allowed.empty() && options.identity.empty()) return std::nullopt;
  if (options.allowed.empty() || options.identity.empty())
    return base::fail(base::ErrorKind::usage, "--signer and --identity belong together",
                      "give both: a file of allowed signers, and the name of one of them");
  return bundle::Signer{options.allowed, options.identity};
}

}  // namespace bantam::cli
