#include "report/calibration_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using predict::DeviceRates;
using table::Table;

std::string per_second(const std::optional<double>& bytes) {
  return bytes ? base::format_bytes(*bytes) + "/s" : "–";
}

std::string operations(const std::optional<double>& per_second) {
  return per_second ? fmt::format("{:.1f} GFLOP/s", *per_second / 1e9) : "–";
}

Table by_threads(const DeviceRates& rates) {
  Table table("By threads", 1, {"threads", "reads memory", "starts an operation"});
  for (const predict::ThreadsRate& rate : rates.threads)
    table.add_row({fmt::format("{}", rate.threads), per_second(rate.read_bytes_per_s),
                   rate.operation_s ? base::format_seconds(*rate.operation_s) : "–"});
  return table;
}

Table by_type(const DeviceRates& rates) {
  Table table("By weight type, with all threads", 1,
              {"type", "bits/weight", "weights, one token", "prompts"});
  bool rearranged = false;
  for (const predict::TypeRate& rate : rates.types) {
    rearranged = rearranged || rate.rearranged;
    table.add_row({rate.rearranged ? rate.type + " repacked" : rate.type,
                   fmt::format("{:.2f}", rate.bits_per_weight), per_second(rate.weight_bytes_per_s),
                   operations(rate.operations_per_s)});
  }
  table.notes.emplace_back("A token goes through each weight once, a prompt with many tokens at once.");
  if (rearranged)
    table.notes.emplace_back(
        "Repacked: as the engine rearranges weights for faster kernels (not with "
        "--no-repack).");
  return table;
}

Table attention_table(const DeviceRates& rates) {
  Table table("Attention, with all threads", 2, {"K and V", "heads of", "one token", "prompts"});
  for (const predict::AttentionFigure& one : rates.attention) {
    if (one.columns != 1) continue;
    std::optional<double> prompts;
    for (const predict::AttentionFigure& other : rates.attention) {
      if (other.type == one.type && other.head_size == one.head_size && other.columns != 1)
        prompts = other.operations_per_s;
    }
    table.add_row(
        {one.type, fmt::format("{}", one.head_size), operations(one.operations_per_s), operations(prompts)});
  }
  return table;
}

// What is known of its speed, in words.
std::string known_rates(const DeviceRates& rates) {
  const auto has = [&](auto figure) {
    return std::ranges::any_of(rates.types, [&](const auto& rate) { return (rate.*figure).has_value(); });
  };
  const bool tokens = has(&predict::TypeRate::weight_bytes_per_s);
  const bool prompts = has(&predict::TypeRate::operations_per_s);
  if (!tokens && !prompts) return "memory";
  if (!prompts) return "tokens";
  return tokens ? "tokens, prompts" : "prompts";
}

}  // namespace

std::string calibration_page(const DeviceRates& rates, table::Format format,
                             const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(predict::to_json(rates), 2) + "\n";
  table::Page blocks;
  blocks.emplace_back(by_threads(rates));
  blocks.emplace_back(by_type(rates));
  if (Table table = attention_table(rates); !table.rows.empty()) blocks.emplace_back(std::move(table));
  table::Facts disk{"Disk", {}};
  disk.add("reads", per_second(rates.disk_bytes_per_s));
  blocks.emplace_back(std::move(disk));
  if (!rates.warnings.empty())
    blocks.emplace_back(table::Lines{"Warnings", rates.warnings, table::Tone::quiet, true});
  return page_text(blocks, format, style);
}

std::string known_devices_page(const std::vector<predict::FoundDevice>& devices, table::Format format,
                               const table::TerminalStyle& style) {
  if (format == table::Format::json) {
    base::Json json = base::Json::object();
    for (const predict::FoundDevice& device : devices) json[device.from] = predict::to_json(device.rates);
    return base::to_text(json, 2) + "\n";
  }
  if (format == table::Format::csv) {
    table::Sheet sheet({"device", "machine", "memory_bytes", "engine", "measured", "source"});
    for (const predict::FoundDevice& device : devices) {
      sheet.start_row();
      sheet.text("device", device.from);
      sheet.text("machine", device.rates.name);
      if (device.rates.memory_bytes) sheet.count("memory_bytes", *device.rates.memory_bytes);
      sheet.text("engine", device.rates.engine);
      sheet.text("measured", device.rates.measured ? "true" : "false");
      sheet.text("source", device.rates.source);
    }
    return sheet.csv("\n");
  }
  Table table("Devices", 1, {"--device", "machine", "memory", "speed of", "rates of"});
  for (table::Column& column : table.columns) column.align = table::Align::left;
  for (const predict::FoundDevice& device : devices) {
    const auto& memory = device.rates.memory_bytes;
    table.add_row({device.from, device.rates.name,
                   memory ? base::format_bytes(static_cast<double>(*memory)) : "–", known_rates(device.rates),
                   device.rates.engine});
  }
  table.notes.emplace_back("Published figures, not measured with bantam; -o json has each with its source.");
  table.notes.emplace_back(
      "A file of bantam device --calibrate --output-path FILE on the machine itself tells more.");
  return page_text({std::move(table)}, format, style);
}

}  // namespace bantam::report
