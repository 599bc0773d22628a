#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "report/verify_page.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace bantam::cli {
namespace {

struct VerifyArguments {
  std::string store = "bantam.db";
  std::string format = "table";
};

base::Result<int> verify_one(const VerifyArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
  TRY_ASSIGN(const auto found, verify::verify_store(store));
  TRY(print(report::verify_page(found, format, page_style())));
  return found.findings.empty() ? kOk : kSomeFailed;
}

}  // namespace

Command setup_verify(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("verify", "whether a store holds what was written, and its figures follow from it");
  add_examples(*command, {{"bantam verify", "of bantam.db"}, {"bantam verify other.db -o json", ""}},
               "Ends with 0 when nothing was found, with 1 when something was.");
  auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("store", arguments->store, "the store")->capture_default_str()->type_name("STORE");
  command->add_option("-o,--output", arguments->format, "table, json, csv or md")
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return finish(verify_one(*arguments)); }};
}

}  // namespace bantam::cli
