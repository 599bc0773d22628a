#include "report/model_list_page.hpp"

#include <fmt/format.h>

#include "base/units.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Table;

// nano/nano-f16.gguf is named embedded:nano.
std::string embedded_reference(const cache::EmbeddedFile& file) {
  return "embedded:" + std::string(file.name.substr(0, file.name.find('/')));
}

std::string hub_reference(const hub::CachedSnapshot& snapshot) {
  const std::string& revision = snapshot.revisions.empty() ? snapshot.commit : snapshot.revisions.front();
  const std::string at = revision == hub::kMainRevision ? std::string() : "@" + revision;
  return fmt::format("hf:{}{}", snapshot.repository.name, at);
}

Json to_json(const hub::CachedSnapshot& snapshot) {
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

std::string bytes(std::uint64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

Table embedded_table(const KnownModels& known) {
  Table table("In this program", 1, {"model", "size"});
  for (const cache::EmbeddedFile& file : known.embedded) {
    table.add_row({embedded_reference(file), bytes(file.content().size())});
  }
  return table;
}

Table shapes_table(const KnownModels& known) {
  Table table("Shapes: random weights, for speed and memory", 1, {"model", "parameters"});
  for (const shape::Shape& shape : known.shapes) {
    table.add_row(
        {"synthetic:" + shape.name, base::format_count(static_cast<double>(shape.published_parameters))});
  }
  return table;
}

Table hub_table(const KnownModels& known) {
  Table table("Fetched from the hub", 2, {"model", "file", "size"});
  for (const hub::CachedSnapshot& snapshot : known.snapshots) {
    for (const hub::CachedFile& file : snapshot.files) {
      table.add_row({hub_reference(snapshot), file.name, bytes(file.bytes)});
    }
  }
  table.notes.push_back(
      fmt::format("In {}, shared with other tools. To free the space of a model, remove its folder there: "
                  "models--USER--REPO.",
                  known.hub_root));
  return table;
}

Table made_table(const KnownModels& known) {
  Table table("Made here", 2, {"kind", "file", "size"});
  std::uint64_t total = 0;
  for (const cache::MadeFile& file : known.made) {
    table.add_row({file.kind, file.path.lexically_relative(known.made_root).string(), bytes(file.bytes)});
    total += file.bytes;
  }
  table.notes.push_back(
      fmt::format("{} in {}. All of it is made again when it is needed; to free the space, "
                  "remove what you like there.",
                  bytes(total), known.made_root));
  return table;
}

}  // namespace

Json to_json(const KnownModels& known) {
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
    json["hub"]["snapshots"].push_back(to_json(snapshot));
  }
  json["made"] = {{"folder", known.made_root}, {"files", Json::array()}};
  for (const cache::MadeFile& file : known.made) {
    json["made"]["files"].push_back(
        {{"kind", file.kind}, {"path", file.path.string()}, {"bytes", file.bytes}});
  }
  return json;
}

std::string model_list_page(const KnownModels& known, table::Format format,
                            const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(known), 2) + "\n";
  table::Page page;
  for (Table& part :
       std::vector{embedded_table(known), shapes_table(known), hub_table(known), made_table(known)}) {
    if (!part.rows.empty()) page.emplace_back(std::move(part));
  }
  return page_text(page, format, style);
}

}  // namespace bantam::report
