#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cache/embedded.hpp"
#include "cache/kept_file.hpp"
#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/models_commands.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "hub/hub_cache.hpp"
#include "shape/shape.hpp"

namespace bantam::cli {
namespace {

using base::Json;
using base::Result;
using report::Table;

// All that can be named without fetching anything.
struct Known {
  std::vector<cache::EmbeddedFile> embedded;
  std::vector<shape::Shape> shapes;
  std::string hub_root;
  std::vector<hub::CachedSnapshot> snapshots;
  std::string made_root;
  std::vector<cache::MadeFile> made;
};

// nano/nano-f16.gguf is named embedded:nano.
std::string embedded_reference(const cache::EmbeddedFile& file) {
  return "embedded:" + std::string(file.name.substr(0, file.name.find('/')));
}

bool is_model_snapshot(const hub::CachedSnapshot& snapshot) {
  return snapshot.repository.kind == hub::RepositoryKind::models;
}

std::string hub_reference(const hub::CachedSnapshot& snapshot) {
  const std::string& revision = snapshot.revisions.empty() ? snapshot.commit : snapshot.revisions.front();
  const std::string at = revision == hub::kMainRevision ? std::string() : "@" + revision;
  return fmt::format("hf:{}{}", snapshot.repository.name, at);
}

Result<Known> find_known() {
  Known known;
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (file.name.ends_with("-f16.gguf")) known.embedded.push_back(file);
  }
  TRY_ASSIGN(known.shapes, shape::known_shapes());
  TRY_ASSIGN(const hub::HubCache cache, hub::HubCache::shared());
  known.hub_root = cache.root().string();
  for (hub::CachedSnapshot& snapshot : hub::list_cached(cache)) {
    if (is_model_snapshot(snapshot)) known.snapshots.push_back(std::move(snapshot));
  }
  TRY_ASSIGN(const std::filesystem::path made_root, base::cache_folder());
  known.made_root = made_root.string();
  TRY_ASSIGN(known.made, cache::list_made_files());
  return known;
}

Json json_of(const hub::CachedSnapshot& snapshot) {
  Json json{{"reference", hub_reference(snapshot)},
            {"commit", snapshot.commit},
            {"revisions", snapshot.revisions},
            {"bytes", snapshot.bytes},
            {"files", Json::array()}};
  for (const hub::CachedFile& file : snapshot.files) {
    json["files"].push_back({{"name", file.name}, {"path", file.path.string()}, {"bytes", file.bytes}});
  }
  return json;
}

Json to_json(const Known& known) {
  Json json{{"embedded", Json::array()}, {"synthetic", Json::array()}};
  for (const cache::EmbeddedFile& file : known.embedded) {
    json["embedded"].push_back({{"reference", embedded_reference(file)}, {"bytes", file.content().size()}});
  }
  for (const shape::Shape& shape : known.shapes) {
    json["synthetic"].push_back({{"reference", "synthetic:" + shape.name},
                                 {"title", shape.title},
                                 {"architecture", shape.architecture},
                                 {"parameters", shape.published_parameters}});
  }
  json["hub"] = {{"folder", known.hub_root}, {"snapshots", Json::array()}};
  for (const hub::CachedSnapshot& snapshot : known.snapshots) {
    json["hub"]["snapshots"].push_back(json_of(snapshot));
  }
  json["made"] = {{"folder", known.made_root}, {"files", Json::array()}};
  for (const cache::MadeFile& file : known.made) {
    json["made"]["files"].push_back(
        {{"kind", file.kind}, {"path", file.path.string()}, {"bytes", file.bytes}});
  }
  return json;
}

std::string bytes(std::uint64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

Table embedded_table(const Known& known) {
  Table table = text_table("In this program", {"model", "size"});
  for (const cache::EmbeddedFile& file : known.embedded) {
    add_row(table, {embedded_reference(file), bytes(file.content().size())});
  }
  return table;
}

Table shapes_table(const Known& known) {
  Table table = text_table("Shapes: random weights, for speed and memory", {"model", "parameters"});
  for (const shape::Shape& shape : known.shapes) {
    add_row(table,
            {"synthetic:" + shape.name, base::format_count(static_cast<double>(shape.published_parameters))});
  }
  return table;
}

Table hub_table(const Known& known) {
  Table table = text_table("Fetched from the hub", {"model", "file", "size"}, 2);
  for (const hub::CachedSnapshot& snapshot : known.snapshots) {
    for (const hub::CachedFile& file : snapshot.files) {
      add_row(table, {hub_reference(snapshot), file.name, bytes(file.bytes)});
    }
  }
  table.remarks.push_back(
      fmt::format("In {}, shared with other tools. To free the space of a model, remove its folder there: "
                  "models--USER--REPO.",
                  base::printable(known.hub_root)));
  return table;
}

Table made_table(const Known& known) {
  Table table = text_table("Made here", {"kind", "file", "size"}, 2);
  std::uint64_t total = 0;
  for (const cache::MadeFile& file : known.made) {
    add_row(table, {file.kind, file.path.lexically_relative(known.made_root).string(), bytes(file.bytes)});
    total += file.bytes;
  }
  table.remarks.push_back(
      fmt::format("{} in {}. All of it is made again when it is needed; to free the space, "
                  "remove what you like there.",
                  bytes(total), base::printable(known.made_root)));
  return table;
}

std::string page(const Known& known, report::Format format, const report::TerminalStyle& style) {
  std::string text;
  for (const Table& table :
       {embedded_table(known), shapes_table(known), hub_table(known), made_table(known)}) {
    if (table.rows.empty()) continue;
    text += (text.empty() ? "" : "\n") + with_title(table, format, style);
  }
  return text;
}

Result<int> list_and_print(const std::string& format_name) {
  TRY_ASSIGN(const report::Format format, report::parse_format(format_name));
  TRY_ASSIGN(const Known known, find_known());
  const Terminal terminal = stdout_terminal();
  TRY(print(format == report::Format::json ? base::to_text(to_json(known), 2) + "\n"
                                           : page(known, format, {terminal.columns, terminal.colour})));
  return kOk;
}

}  // namespace

Command setup_models_list(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "models that are at hand, without fetching anything");
  auto format = std::make_shared<std::string>("table");
  command->add_option("-o,--output", *format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [format] {
            const auto code = list_and_print(*format);
            return code ? *code : report_error(code.error());
          }};
}

}  // namespace bantam::cli
