#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "bundle/check.hpp"
#include "bundle/signature.hpp"
#include "bundle/take_in.hpp"
#include "cli/command.hpp"
#include "cli/signer_options.hpp"
#include "cli/terminal.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct ImportBundleArguments {
  std::vector<std::string> files;
  std::string store = "bantam.db";
  SignerOptions signer;
  bool take_unverified = false;
  bool dry_run = false;
};

struct CheckedFile {
  std::string path;
  std::string text;
  bundle::Checked checked;
};

Result<CheckedFile> check_file(const std::string& path, const ImportBundleArguments& arguments) {
  TRY_ASSIGN(const auto signer, signer_of(arguments.signer));
  TRY_ASSIGN(std::string text, bundle::read_text(path));
  auto checked = bundle::check(text);
  if (!checked)
    return base::fail(checked.error().kind,
                      fmt::format("{}: {}", base::printable(path), checked.error().message),
                      checked.error().hint);
  TRY_ASSIGN(const auto signature, bundle::check_signature(text, path, signer));
  auto& findings = checked->report.findings;
  if (const auto wrong = bundle::complaint(signature)) findings.insert(findings.begin(), {"", *wrong});
  note(fmt::format("bantam: {}. {}", path, bundle::sentence(signature)));
  if (findings.empty()) return CheckedFile{path, std::move(text), *std::move(checked)};
  const std::string what = findings.front().place.empty()
                               ? findings.front().what
                               : fmt::format("{}: {}", findings.front().place, findings.front().what);
  const std::string message =
      fmt::format("{} does not verify: {}{}", base::printable(path), what,
                  findings.size() > 1 ? fmt::format(" (and {} more)", findings.size() - 1) : "");
  if (!arguments.take_unverified)
    return base::fail(base::ErrorKind::integrity, message,
                      "`bantam verify` names all that is wrong; --take-unverified takes it in all the same");
  note("bantam: " + message);
  return CheckedFile{path, std::move(text), *std::move(checked)};
}

Result<int> import_bundles(const ImportBundleArguments& arguments) {
  std::vector<CheckedFile> files;
  for (const std::string& path : arguments.files) {
    TRY_ASSIGN(files.emplace_back(), check_file(path, arguments));
  }
  if (arguments.dry_run) {
    std::string list;
    for (const CheckedFile& file : files)
      list += fmt::format("{}: {} records, {} trials, {} items\n", base::printable(file.path),
                          file.checked.report.cells, file.checked.report.trials, file.checked.report.items);
    TRY(print(list));
    return kOk;
  }
  TRY_ASSIGN(store::Store store, store::Store::open(arguments.store));
  for (const CheckedFile& file : files) {
    TRY_ASSIGN(const bundle::Taken taken, bundle::take_in(file.text, file.checked, store));
    for (const std::string& text : taken.notes) note("bantam: " + text);
    note(fmt::format("bantam: {} records of {} imported into {}{}", taken.fresh, file.path, arguments.store,
                     taken.known > 0 ? fmt::format(", {} were there already", taken.known) : ""));
  }
  return kOk;
}

}  // namespace

Command setup_import_bundle(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("bundle", "what bantam export bundle wrote, on this or other machines");
  add_examples(*command,
               {{"bantam import bundle laptop.bundle phone.bundle --store all.db",
                 "then: bantam analyze --store all.db"},
                {"bantam import bundle theirs.bundle --store theirs.db --signer signers --identity ada",
                 "only if ada signed it"}},
               "Each bundle is verified first; nothing is imported unless all are as they were written.");
  auto arguments = std::make_shared<ImportBundleArguments>();
  command->add_option("files", arguments->files, "bundles")->required()->type_name("FILE");
  command->add_option("--store", arguments->store, "the store to add to")
      ->capture_default_str()
      ->type_name("FILE");
  add_signer_options(*command, arguments->signer);
  command->add_flag("--take-unverified", arguments->take_unverified,
                    "take in also what does not verify; each record then says so");
  command->add_flag("--dry-run", arguments->dry_run, "verify and count, add nothing");
  return {command, [arguments] { return finish(import_bundles(*arguments)); }};
}

}  // namespace bantam::cli
