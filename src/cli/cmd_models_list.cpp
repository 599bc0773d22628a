#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/files.hpp"
#include "cache/embedded.hpp"
#include "cache/kept_file.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "hub/hub_cache.hpp"
#include "report/model_list_page.hpp"
#include "shape/shape.hpp"

namespace bantam::cli {
namespace {

using base::Result;

Result<report::KnownModels> find_known() {
  report::KnownModels known;
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (file.name.ends_with("-f16.gguf")) known.embedded.push_back(file);
  }
  TRY_ASSIGN(known.shapes, shape::known_shapes());
  TRY_ASSIGN(const hub::HubCache cache, hub::HubCache::shared());
  known.hub_root = cache.root().string();
  for (hub::CachedSnapshot& snapshot : hub::list_cached(cache)) {
    if (snapshot.repository.kind == hub::RepositoryKind::models)
      known.snapshots.push_back(std::move(snapshot));
  }
  TRY_ASSIGN(const std::filesystem::path made_root, base::cache_folder());
  known.made_root = made_root.string();
  TRY_ASSIGN(known.made, cache::list_made_files());
  return known;
}

Result<int> list_and_print(const std::string& format_name) {
  TRY_ASSIGN(const table::Format format, table::parse_format(format_name));
  TRY_ASSIGN(const report::KnownModels known, find_known());
  TRY(print(report::model_list_page(known, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_models_list(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "models that are at hand, without fetching anything");
  add_examples(*command, {{"bantam models list", ""}, {"bantam models list -o json", ""}});
  auto format = std::make_shared<std::string>("table");
  command->add_option("-o,--output", *format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [format] { return finish(list_and_print(*format)); }};
}

}  // namespace bantam::cli
