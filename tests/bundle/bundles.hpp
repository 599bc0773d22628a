#pragma once
// Bundles of a small store, and what somebody may have done to them.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "bundle/form.hpp"
#include "bundle/write.hpp"
#include "store/store.hpp"
#include "support/finished_cells.hpp"

namespace bantam::bundle {

// With a speed cell and an accuracy cell.
inline void fill_store(const std::filesystem::path& path) {
  auto store = store::Store::open(path);
  store->add_finished(support::finished_performance()).value();
  store->add_finished(support::finished_accuracy()).value();
}

inline std::string bundle_of(const std::filesystem::path& path, ItemForm items = ItemForm::whole) {
  auto store = store::Store::open_read_only(path);
  return write(*store, items)->text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  auto lines = base::split(text, '\n');
  lines.pop_back();
  return lines;
}

// The lines, and below them the hash that they have now.
inline std::string with_hash(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text + last_line(base::sha256(text));
}

// Somebody changed one place and made the last line fit.
inline std::string with_change(const std::string& text, const std::string& from, const std::string& to) {
  auto lines = lines_of(text);
  lines.pop_back();
  for (std::string& line : lines) {
    const auto at = line.find(from);
    if (at == std::string::npos) continue;
    line.replace(at, from.size(), to);
    break;
  }
  return with_hash(lines);
}

// Somebody changed lines and made all checksums and hashes fit.
inline std::string forged(const std::string& text, const std::function<void(base::Json& line)>& change) {
  struct Open {
    base::Json record;
    std::string rows;
  };
  std::vector<Open> cells;
  auto lines = lines_of(text);
  std::string all = lines.front() + "\n";
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    base::Json json = base::parse_json(lines[i], "line").value();
    change(json);
    if (json.contains("record")) cells.push_back({json["record"], {}});
    for (const RowKind kind : kRowKinds) {
      const std::string key(name(kind));
      if (!json.contains(key)) continue;
      const std::string cell_key = cells.back().record["cell_key"].get<std::string>();
      cells.back().rows += row_line(kind, cell_key, json[key]);
    }
  }
  for (const Open& cell : cells)
    all += record_line(cell.record, base::sha256(cell.rows), BasisFrom::end) + cell.rows;
  return all + last_line(base::sha256(all));
}

}  // namespace bantam::bundle
