#include "cli/quantization_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::cli {
namespace {

using base::Json;
using report::Table;
using Files = std::vector<QuantizedFile>;

std::filesystem::path path_of(const QuantizedFile& file) {
  return file.output.empty() ? file.artifact.path : file.output;
}

// "Q4_K 24, Q6_K 5, F32 9": how many tensors are of which type.
std::string mix_of(const gguf::ModelInfo& info) {
  std::vector<std::string> parts;
  for (const gguf::TensorShare& share : info.tensor_types) {
    parts.push_back(fmt::format("{} {}", share.type, share.tensors));
  }
  return base::join(parts, ", ");
}

// "embedded, 146 samples of 74,752 tokens"
std::string matrix_of(const QuantizedFile& file) {
  const Json& facts = file.artifact.importance;
  if (facts.is_null()) return file.artifact.calibration ? file.artifact.calibration->dataset : "none";
  if (const auto name = base::string_at(facts, "file")) return *name;
  return fmt::format("{}, {} samples, {} tokens", base::string_at(facts, "dataset").value_or(""),
                     base::integer_at(facts, "samples").value_or(0),
                     base::integer_at(facts, "tokens").value_or(0));
}

std::vector<std::string> cells_of(const QuantizedFile& file) {
  std::vector<std::string> cells{file.precision, file.artifact.file_type};
  if (file.info) {
    cells.push_back(base::format_bytes(static_cast<double>(file.info->file_bytes)));
    cells.push_back(fmt::format("{:.3f}", file.info->bits_per_weight));
    cells.push_back(mix_of(*file.info));
  } else {
    cells.resize(5);
  }
  cells.push_back(file.error ? "" : matrix_of(file));
  cells.push_back(file.seconds ? base::format_seconds(*file.seconds) : "");
  cells.push_back(file.state);
  cells.push_back(file.artifact.sha256.substr(0, 12));
  return cells;
}

// What the table has no room for.
std::vector<std::string> remarks_of(const Files& files) {
  std::vector<std::string> remarks;
  for (const QuantizedFile& file : files) {
    if (file.error) continue;
    remarks.push_back(base::printable(fmt::format("{}: {}", file.precision, path_of(file).string())));
    if (!file.info) continue;
    for (const gguf::Fallback& fallback : file.info->fallbacks) {
      remarks.push_back(base::printable(fmt::format("{}: {} of {} with rows of {} elements are stored as {}",
                                                    file.precision, fallback.count, fallback.tensors,
                                                    fallback.row, fallback.type)));
    }
  }
  return remarks;
}

Table table_of(const Files& files) {
  Table table;
  table.key_columns = 1;
  table.heads = {"precision",         "type", "size",  "bits/weight", "tensors",
                 "importance matrix", "time", "state", "sha256"};
  for (const QuantizedFile& file : files) {
    auto& row = table.rows.emplace_back();
    for (std::string& text : cells_of(file)) {
      row.push_back({base::printable(text), file.error ? report::Mark::problem : report::Mark::none});
    }
  }
  return table;
}

Json json_of(const QuantizedFile& file) {
  Json json{{"precision", file.precision}, {"file_type", file.artifact.file_type}, {"state", file.state}};
  if (file.error) {
    json["error"] = {{"kind", std::string(base::name(file.error->kind))}, {"message", file.error->message}};
    return json;
  }
  json["path"] = path_of(file).string();
  if (!file.artifact.sha256.empty()) json["sha256"] = file.artifact.sha256;
  base::set_if(json, "seconds", file.seconds);
  if (!file.artifact.quantizer.empty()) json["quantizer"] = file.artifact.quantizer;
  if (!file.artifact.importance.is_null()) json["importance_matrix"] = file.artifact.importance;
  if (file.info) json.update(gguf::to_json(*file.info));
  return json;
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return fmt::format("\"{}\"", base::replace_all(text, "\"", "\"\""));
}

std::string csv_page(const Files& files) {
  std::string out = "precision,file_type,state,file_bytes,bits_per_weight,seconds,sha256,path\n";
  for (const QuantizedFile& file : files) {
    out += fmt::format("{},{},{},", file.precision, file.artifact.file_type, file.state);
    out += file.info ? fmt::format("{},{},", file.info->file_bytes, file.info->bits_per_weight) : ",,";
    out += fmt::format("{},{},{}\n", file.seconds ? fmt::to_string(*file.seconds) : "", file.artifact.sha256,
                       file.error ? "" : csv_text(path_of(file).string()));
  }
  return out;
}

}  // namespace

std::string quantization_page(const Files& files, report::Format format, const report::TerminalStyle& style) {
  if (format == report::Format::csv) return csv_page(files);
  if (format == report::Format::json) {
    Json json = Json::array();
    for (const QuantizedFile& file : files) json.push_back(json_of(file));
    return base::to_text(json, 2) + "\n";
  }
  const Table table = table_of(files);
  const bool markdown = format == report::Format::md;
  std::string out = markdown ? report::render_markdown(table) : report::render_terminal(table, style);
  out += "\n";
  for (const std::string& remark : remarks_of(files))
    out += fmt::format("{}{}\n", markdown ? "- " : "", remark);
  return out;
}

}  // namespace bantam::cli
