#include "report/engines_page.hpp"

#include <utility>

#include "base/json.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Table;

std::string state(const ListedEngine& engine) {
  if (!engine.own_python.empty()) return "runs with " + engine.own_python;
  if (!engine.environment.empty()) return "ready";
  return "make its Python environment: bantam engines setup " + engine.name;
}

Json to_json(const std::vector<ListedEngine>& engines) {
  Json all = Json::array();
  for (const ListedEngine& engine : engines) {
    Json json{{"name", engine.name},
              {"what", engine.what},
              {"ready", !engine.own_python.empty() || !engine.environment.empty()},
              {"packages", engine.packages}};
    if (!engine.environment.empty()) json["environment"] = engine.environment;
    if (!engine.own_python.empty()) json["python"] = engine.own_python;
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace

std::string engines_page(const std::vector<ListedEngine>& engines, table::Format format,
                         const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(engines), 2) + "\n";
  Table table("Engines", 1, {"--engine", "models", "state"});
  for (table::Column& column : table.columns) column.align = table::Align::left;
  table.add_row({"llama", "llama.cpp in this program: GGUF files, and what becomes one", "ready"});
  for (const ListedEngine& engine : engines) table.add_row({engine.name, engine.what, state(engine)});
  table.add_row({"openai", "models behind an OpenAI-compatible server", "needs --base-url"});
  table.add_row({"process", "what a program of yours loads", "needs --engine-command"});
  table::Page page;
  page.emplace_back(std::move(table));
  return page_text(page, format, style);
}

}  // namespace bantam::report
