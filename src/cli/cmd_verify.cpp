#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "bundle/check.hpp"
#include "bundle/signature.hpp"
#include "cli/command.hpp"
#include "cli/signer_options.hpp"
#include "cli/terminal.hpp"
#include "report/verify_page.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace bantam::cli {
namespace {

struct VerifyArguments {
  std::string file = "bantam.db";
  std::string format = "table";
  SignerOptions signer;
};

base::Result<int> verify_bundle(const VerifyArguments& arguments, table::Format format) {
  TRY_ASSIGN(const auto signer, signer_of(arguments.signer));
  TRY_ASSIGN(const std::string text, bundle::read_text(arguments.file));
  TRY_ASSIGN(auto checked, bundle::check(text));
  TRY_ASSIGN(const auto signature, bundle::check_signature(text, arguments.file, signer));
  if (const auto wrong = bundle::complaint(signature))
    checked.report.findings.insert(checked.report.findings.begin(), {"", *wrong});
  TRY(print(report::verify_page(checked, signature, format, page_style())));
  return checked.report.findings.empty() ? kOk : kSomeFailed;
}

base::Result<int> verify_one(const VerifyArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  if (bundle::is_bundle(arguments.file)) return verify_bundle(arguments, format);
  if (!arguments.signer.allowed.empty() || !arguments.signer.identity.empty())
    return base::fail(base::ErrorKind::usage, "only bundles are signed",
                      "name a file of `bantam export bundle`, or leave --signer and --identity out");
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.file));
  TRY_ASSIGN(const auto found, verify::verify_store(store));
  TRY(print(report::verify_page(found, format, page_style())));
  return found.findings.empty() ? kOk : kSomeFailed;
}

}  // namespace

Command setup_verify(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "verify", "whether a store or a bundle holds what was written, and its figures follow from it");
  add_examples(
      *command,
      {{"bantam verify", "of bantam.db"},
       {"bantam verify other.db -o json", ""},
       {"bantam verify theirs.bundle", "of a file that was passed on"},
       {"bantam verify theirs.bundle --signer signers --identity ada@example.org", "and whose it is"}},
      "Ends with 0 when nothing was found, with 1 when something was.");
  auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("store", arguments->file, "the store, or a bundle")
      ->capture_default_str()
      ->type_name("STORE");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  add_signer_options(*command, arguments->signer);
  return {command, [arguments] { return finish(verify_one(*arguments)); }};
}

}  // namespace bantam::cli
