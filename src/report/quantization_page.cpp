#include "report/quantization_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Mark;
using table::Sheet;
using table::Table;
using Files = std::vector<QuantizedFile>;

std::filesystem::path place(const QuantizedFile& file) {
  return file.output.empty() ? file.artifact.path : file.output;
}

// "Q4_K 24, Q6_K 5, F32 9": how many tensors are of which type.
std::string type_mix(const gguf::ModelInfo& info) {
  std::vector<std::string> parts;
  for (const gguf::TensorShare& share : info.tensor_types) {
    parts.push_back(fmt::format("{} {}", share.type, share.tensors));
  }
  return base::join(parts, ", ");
}

// "embedded, 146 samples, 74752 tokens"
std::string matrix_text(const QuantizedFile& file) {
  const Json& facts = file.artifact.importance;
  if (facts.is_null()) return file.artifact.calibration ? file.artifact.calibration->dataset : "none";
  if (const auto name = base::string_at(facts, "file")) return *name;
  return fmt::format("{}, {} samples, {} tokens", base::string_at(facts, "dataset").value_or(""),
                     base::integer_at(facts, "samples").value_or(0),
                     base::integer_at(facts, "tokens").value_or(0));
}

std::vector<std::string> texts(const QuantizedFile& file) {
  std::vector<std::string> cells{file.precision, file.artifact.file_type};
  if (file.info) {
    cells.push_back(base::format_bytes(static_cast<double>(file.info->file_bytes)));
    cells.push_back(fmt::format("{:.3f}", file.info->bits_per_weight));
    cells.push_back(type_mix(*file.info));
  } else {
    cells.resize(5);
  }
  cells.push_back(file.error ? "" : matrix_text(file));
  cells.push_back(file.seconds ? base::format_seconds(*file.seconds) : "");
  cells.push_back(file.state);
  cells.push_back(file.artifact.sha256.substr(0, 12));
  return cells;
}

// What the table has no room for.
std::vector<std::string> remarks(const Files& files) {
  std::vector<std::string> lines;
  for (const QuantizedFile& file : files) {
    if (file.error) continue;
    lines.push_back(fmt::format("{}: {}", file.precision, place(file).string()));
    if (!file.info) continue;
    for (const gguf::Fallback& fallback : file.info->fallbacks) {
      lines.push_back(fmt::format("{}: {} of {} with rows of {} elements are stored as {}", file.precision,
                                  fallback.count, fallback.tensors, fallback.row, fallback.type));
    }
  }
  return lines;
}

Table files_table(const Files& files) {
  Table table("", 1,
              {"precision", "type", "size", "bits/weight", "tensors", "importance matrix", "time", "state",
               "sha256"});
  for (const QuantizedFile& file : files) table.add_row(texts(file), file.error ? Mark::problem : Mark::none);
  return table;
}

Json to_json(const QuantizedFile& file) {
  Json json{{"precision", file.precision}, {"file_type", file.artifact.file_type}, {"state", file.state}};
  if (file.error) {
    json["error"] = {{"kind", std::string(base::name(file.error->kind))}, {"message", file.error->message}};
    return json;
  }
  json["path"] = place(file).string();
  if (!file.artifact.sha256.empty()) json["sha256"] = file.artifact.sha256;
  base::set_if(json, "seconds", file.seconds);
  if (!file.artifact.quantizer.empty()) json["quantizer"] = file.artifact.quantizer;
  if (!file.artifact.importance.is_null()) json["importance_matrix"] = file.artifact.importance;
  if (file.info) json.update(gguf::to_json(*file.info));
  return json;
}

std::string csv(const Files& files) {
  Sheet sheet(
      {"precision", "file_type", "state", "file_bytes", "bits_per_weight", "seconds", "sha256", "path"});
  for (const QuantizedFile& file : files) {
    sheet.start_row();
    sheet.text("precision", file.precision);
    sheet.text("file_type", file.artifact.file_type);
    sheet.text("state", file.state);
    if (file.info) {
      sheet.count("file_bytes", file.info->file_bytes);
      sheet.number("bits_per_weight", file.info->bits_per_weight);
    }
    sheet.number("seconds", file.seconds);
    sheet.text("sha256", file.artifact.sha256);
    if (!file.error) sheet.text("path", place(file).string());
  }
  return sheet.csv("\n");
}

}  // namespace

std::string quantization_page(const Files& files, table::Format format, const table::TerminalStyle& style) {
  switch (format) {
    case table::Format::json: {
      Json json = Json::array();
      for (const QuantizedFile& file : files) json.push_back(to_json(file));
      return base::to_text(json, 2) + "\n";
    }
    case table::Format::csv:
      return csv(files);
    case table::Format::md:
    case table::Format::table:
      break;
  }
  return page_text({files_table(files), table::Lines{"", remarks(files)}}, format, style);
}

}  // namespace bantam::report
