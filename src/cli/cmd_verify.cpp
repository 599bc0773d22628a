#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bundle/check.hpp"
#include "bundle/read.hpp"
#include "bundle/signature.hpp"
#include "cli/ask_again_options.hpp"
#include "cli/command.hpp"
#include "cli/signer_options.hpp"
#include "cli/terminal.hpp"
#include "report/verify_page.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using MaybeRequest = std::optional<reask::Request>;

struct VerifyArguments {
  std::string file = "bantam.db";
  std::string format = "table";
  SignerOptions signer;
  AskAgainOptions asking;
};

// What could be read of it; what is damaged was found before.
Result<reask::Cells> cells_of(store::Store& store) {
  reask::Cells cells;
  TRY_ASSIGN(const auto keys, store.cell_keys());
  for (const std::string& key : keys) {
    auto record = store.find_record(key);
    if (!record && record.error().kind == base::ErrorKind::integrity) continue;
    if (!record) return tl::unexpected(record.error());
    if (*record) cells.records.push_back(**std::move(record));
  }
  cells.items = [&store](const record::Record& record) { return store.items(record.cell_key); };
  return cells;
}

Result<reask::Cells> cells_of(const std::string& text) {
  reask::Cells cells;
  auto items = std::make_shared<std::map<std::string, std::vector<record::Item>>>();
  TRY(bundle::read(text, [&](record::FinishedCell cell, bundle::BasisFrom) -> base::Status {
    (*items)[cell.record.cell_key] = std::move(cell.items);
    cells.records.push_back(std::move(cell.record));
    return {};
  }));
  cells.items = [items](const record::Record& record) -> Result<std::vector<record::Item>> {
    return (*items)[record.cell_key];
  };
  return cells;
}

// Prints the page that `make_page` gives, once items were asked again where that is wanted.
template <typename MakePage>
Result<int> finish_page(const VerifyArguments& arguments, const MaybeRequest& request,
                        const Result<reask::Cells>& cells, bool has_findings, const MakePage& make_page) {
  if (!request) {
    TRY(print(make_page(report::AskedAgain{})));
    return has_findings ? kSomeFailed : kOk;
  }
  if (!cells) return tl::unexpected(cells.error());
  std::optional<int> signal;
  const auto outcome = ask_with_progress(*cells, *request, arguments.asking.quiet, signal);
  if (!outcome && outcome.error().kind == base::ErrorKind::interrupted) {
    note("bantam: stopped; nothing was changed");
    return interrupted_code(signal);
  }
  if (!outcome) return tl::unexpected(outcome.error());
  TRY(print(make_page(report::AskedAgain{&*outcome, request->only_looks})));
  return has_findings || !outcome->findings.empty() || !outcome->is_complete() ? kSomeFailed : kOk;
}

Result<int> verify_bundle(const VerifyArguments& arguments, MaybeRequest request, table::Format format) {
  TRY_ASSIGN(const auto signer, signer_of(arguments.signer));
  TRY_ASSIGN(const std::string text, bundle::read_text(arguments.file));
  TRY_ASSIGN(auto checked, bundle::check(text));
  TRY_ASSIGN(const auto signature, bundle::check_signature(text, arguments.file, signer));
  if (const auto wrong = bundle::complaint(signature))
    checked.report.findings.insert(checked.report.findings.begin(), {"", *wrong});
  if (request) request->from_stranger = true;
  const auto cells = request ? cells_of(text) : Result<reask::Cells>(reask::Cells{});
  return finish_page(arguments, request, cells, !checked.report.findings.empty(),
                     [&](const report::AskedAgain& asked) {
                       return report::verify_page(checked, signature, format, page_style(), asked);
                     });
}

Result<int> verify_one(const VerifyArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const MaybeRequest request, ask_again_request(arguments.asking));
  if (bundle::is_bundle(arguments.file)) return verify_bundle(arguments, request, format);
  if (!arguments.signer.allowed.empty() || !arguments.signer.identity.empty())
    return base::fail(base::ErrorKind::usage, "only bundles are signed",
                      "name a file of `bantam export bundle`, or leave --signer and --identity out");
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.file));
  TRY_ASSIGN(const auto found, verify::verify_store(store));
  const auto cells = request ? cells_of(store) : Result<reask::Cells>(reask::Cells{});
  return finish_page(arguments, request, cells, !found.findings.empty(),
                     [&](const report::AskedAgain& asked) {
                       return report::verify_page(found, format, page_style(), asked);
                     });
}

}  // namespace

Command setup_verify(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "verify", "whether a store or a bundle holds what was written, and its figures follow from it");
  add_examples(
      *command,
      {{"bantam verify", "of bantam.db"},
       {"bantam verify theirs.bundle", "of a file that was passed on"},
       {"bantam verify theirs.bundle --signer signers --identity ada@example.org", "and whose it is"},
       {"bantam verify theirs.bundle --ask-again --model small=hf:user/small-GGUF:Q4_K_M",
        "and whether the model answers so"}},
      "Ends with 0 when nothing was found, with 1 when something was, or could not be asked again.");
  auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("store", arguments->file, "the store, or a bundle")
      ->capture_default_str()
      ->type_name("STORE");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  add_signer_options(*command, arguments->signer);
  add_ask_again_options(*command, arguments->asking);
  return {command, [arguments] { return finish(verify_one(*arguments)); }};
}

}  // namespace bantam::cli
