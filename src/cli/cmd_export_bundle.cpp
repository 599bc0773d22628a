#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/files.hpp"
#include "base/text.hpp"
#include "bundle/check.hpp"
#include "bundle/signature.hpp"
#include "bundle/write.hpp"
#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "cli/terminal.hpp"
#include "exchange/export_files.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;
using base::Status;

struct ExportBundleArguments {
  ExportOptions options;
  std::string items = "whole";
  std::string sign_key;
};

// A signature of other content is never left beside the bundle.
Status put(const ExportBundleArguments& arguments, const std::string& text,
           const std::optional<std::string>& signature) {
  const fs::path path = arguments.options.output_path;
  const fs::path beside = bundle::signature_path(path);
  const base::Existing existing = arguments.options.existing();
  const bool is_new = !base::holds(path, text);
  TRY(base::check_place(path, text, existing));
  if (signature || is_new) TRY(base::check_place(beside, signature.value_or(""), existing));
  if (is_new && base::is_there(beside)) {
    std::error_code failed;
    fs::remove(beside, failed);
    if (failed)
      return base::fail(base::ErrorKind::storage,
                        fmt::format("{}: {}", base::printable(beside.string()), failed.message()));
    if (!signature) note(fmt::format("bantam: {} was of the content before, and is gone", beside.string()));
  }
  if (is_new) TRY(base::write_file_atomically(path, text));
  if (signature) TRY(base::write_file_atomically(beside, *signature));
  return {};
}

base::Result<int> export_bundle(const ExportBundleArguments& arguments) {
  TRY_ASSIGN(const bundle::ItemForm items, bundle::item_form_from(arguments.items));
  TRY(check_is_not_store(arguments.options.store, arguments.options.output_path));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.options.store));
  TRY_ASSIGN(const bundle::Written written, bundle::write(store, items));
  for (const std::string& text : written.notes) note("bantam: " + text);
  // Whoever gets it will do the same.
  TRY_ASSIGN(const bundle::Checked checked, bundle::check(written.text));
  const bool verifies = checked.report.findings.empty();
  const bool wants_signature = !arguments.sign_key.empty();
  if (!verifies) {
    const verify::Finding& first = checked.report.findings.front();
    note(fmt::format("bantam: the results do not verify, so the bundle does not{}: {}{}{} ({} in all)",
                     wants_signature ? ", and is not signed" : "", first.place,
                     first.place.empty() ? "" : ": ", first.what, checked.report.findings.size()));
  }
  std::optional<std::string> signature;
  if (verifies && wants_signature) {
    TRY_ASSIGN(signature, bundle::sign(written.text, arguments.sign_key));
  }
  TRY(put(arguments, written.text, signature));
  const std::string& path = arguments.options.output_path;
  TRY(print(path + "\n" + (signature ? bundle::signature_path(path).string() + "\n" : "")));
  return verifies ? kOk : kSomeFailed;
}

}  // namespace

Command setup_export_bundle(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("bundle", "all results as one file that can be verified and imported");
  add_examples(
      *command,
      {{"bantam export bundle --output-path laptop.bundle", "then: bantam verify laptop.bundle"},
       {"bantam export bundle --output-path laptop.bundle --items hashes", "without the texts of data sets"},
       {"bantam export bundle --output-path laptop.bundle --sign-key ~/.ssh/id_ed25519", ""}});
  auto arguments = std::make_shared<ExportBundleArguments>();
  add_export_options(*command, arguments->options, "the file to write", "FILE");
  command
      ->add_option(
          "--items", arguments->items,
          "items whole, or hashes of their content beside their scores, for texts that may not be passed on")
      ->capture_default_str()
      ->type_name("FORM");
  command
      ->add_option("--sign-key", arguments->sign_key,
                   "also write FILE.sig: a signature by this SSH key (by ssh-keygen)")
      ->type_name("KEY");
  return {command, [arguments] { return finish(export_bundle(*arguments)); }};
}

}  // namespace bantam::cli
