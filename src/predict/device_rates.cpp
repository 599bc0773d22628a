#include "predict/device_rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cache/embedded.hpp"
#include "gguf/types.hpp"

namespace bantam::predict {
namespace {

using base::ErrorKind;
using base::fail;
using base::Json;
using base::Result;

constexpr const char* kSchema = "bantam-device-rates";
constexpr std::int64_t kVersion = 1;
constexpr std::string_view kFolder = "devices/";
constexpr std::string_view kEnding = ".json";
constexpr double kLeastRate = 1.0;  // per second
constexpr double kMostRate = 1e18;
constexpr double kLeastOperationS = 1e-12;
constexpr double kMostOperationS = 1e3;
constexpr std::size_t kMostText = 4000;
constexpr std::size_t kMostEntries = 1024;
constexpr std::int64_t kMostThreads = 4096;
constexpr const char* kForm = "docs/devices.md has the form of the file";

std::string_view name(RatesOf rates_of) {
  return rates_of == RatesOf::kernels ? "kernels" : "whole_steps";
}

// The first thing that is wrong with a file: "types[2].type is no weight type".
using Wrong = std::optional<std::string>;

// Takes the members of an object one by one and knows which are left.
class Members {
 public:
  Members(const Json& object, std::string path, Wrong& wrong)
      : object_(object), path_(std::move(path)), wrong_(wrong) {
    if (!object.is_object()) complain("", "is not an object");
  }

  std::optional<std::string> text(std::string_view key) {
    if (!is_there(key)) return std::nullopt;
    auto text = base::string_at(object_, key);
    if (!text || base::trim(*text).empty() || text->size() > kMostText) {
      complain(key, fmt::format("is not a text of 1 to {} bytes", kMostText));
      return std::nullopt;
    }
    return text;
  }
  std::optional<double> rate(std::string_view key, double least = kLeastRate, double most = kMostRate) {
    if (!is_there(key)) return std::nullopt;
    const auto number = base::number_at(object_, key);
    if (!number || !std::isfinite(*number) || !(*number > 0.0)) {
      complain(key, "is not a positive number");
      return std::nullopt;
    }
    if (*number < least || *number > most) {
      complain(key, fmt::format("is not between {:g} and {:g}", least, most));
      return std::nullopt;
    }
    return number;
  }
  std::optional<std::int64_t> count(std::string_view key, std::int64_t most) {
    if (!is_there(key)) return std::nullopt;
    const auto number = base::integer_at(object_, key);
    if (!number || *number < 1 || *number > most) {
      complain(key, fmt::format("is not a whole number from 1 to {}", most));
      return std::nullopt;
    }
    return number;
  }
  std::optional<bool> flag(std::string_view key) {
    if (!is_there(key)) return std::nullopt;
    const auto flag = base::bool_at(object_, key);
    if (!flag) complain(key, "is neither true nor false");
    return flag;
  }
  // Calls `take` with each entry and its path; an absent list has none.
  template <typename Take>
  void each(std::string_view key, const Take& take) {
    if (!is_there(key)) return;
    const Json& list = base::child_at(object_, key);
    if (!list.is_array() || list.size() > kMostEntries)
      return complain(key, fmt::format("is not a list of at most {} entries", kMostEntries));
    for (std::size_t i = 0; i < list.size(); ++i) take(list[i], fmt::format("{}{}[{}]", path_, key, i));
  }
  template <typename T>
  T needed(std::string_view key, std::optional<T> value) {
    if (!value && object_.is_object() && !object_.contains(std::string(key))) complain(key, "is missing");
    return std::move(value).value_or(T{});
  }
  // Of a member, or with an empty key of the object itself.
  void complain(std::string_view key, std::string_view text) {
    if (wrong_) return;
    std::string what = path_ + base::printable(key);
    if (what.ends_with('.')) what.pop_back();
    wrong_ = fmt::format("{} {}", what.empty() ? "the content" : what, text);
  }
  // After all known members were asked for.
  void finish() {
    if (!object_.is_object()) return;
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) complain(key, "is not a member of this form");
    }
  }

 private:
  bool is_there(std::string_view key) {
    known_.insert(std::string(key));
    return object_.is_object() && object_.contains(std::string(key));
  }

  const Json& object_;
  std::string path_;  // "types[2].", or empty
  Wrong& wrong_;
  std::set<std::string> known_;
};

ThreadsRate threads_from(const Json& json, const std::string& path, Wrong& wrong) {
  Members members(json, path + ".", wrong);
  ThreadsRate rate;
  rate.threads = static_cast<int>(members.needed("threads", members.count("threads", kMostThreads)));
  rate.read_bytes_per_s = members.rate("read_bytes_per_s");
  rate.operation_s = members.rate("operation_s", kLeastOperationS, kMostOperationS);
  members.finish();
  return rate;
}

// ggml's own spelling of a type: "q4_K".
std::string weight_type(Members& members, const char* key) {
  const std::string text = members.needed(key, members.text(key));
  if (!text.empty() && !gguf::tensor_type(std::string_view(text)))
    members.complain(key, fmt::format("is no weight type: '{}'", base::printable(text)));
  return text;
}

TypeRate type_from(const Json& json, const std::string& path, Wrong& wrong) {
  Members members(json, path + ".", wrong);
  TypeRate rate;
  rate.type = weight_type(members, "type");
  if (const auto type = gguf::tensor_type(std::string_view(rate.type)))
    rate.bits_per_weight =
        8.0 * static_cast<double>(type->block_bytes) / static_cast<double>(type->block_elements);
  const auto bits = members.rate("bits_per_weight");
  if (bits && std::abs(*bits - rate.bits_per_weight) > 1e-6)
    members.complain("bits_per_weight", fmt::format("is not the {} of {}", rate.bits_per_weight, rate.type));
  rate.rearranged = members.flag("rearranged").value_or(false);
  rate.weight_bytes_per_s = members.rate("weight_bytes_per_s");
  rate.operations_per_s = members.rate("operations_per_s");
  rate.source = members.text("source");
  members.finish();
  return rate;
}

AttentionFigure attention_from(const Json& json, const std::string& path, Wrong& wrong) {
  Members members(json, path + ".", wrong);
  AttentionFigure figure;
  figure.type = weight_type(members, "type");
  figure.head_size = members.needed("head_size", members.count("head_size", std::int64_t{1} << 16));
  figure.columns = members.needed("columns", members.count("columns", std::int64_t{1} << 20));
  figure.operations_per_s = members.needed("operations_per_s", members.rate("operations_per_s"));
  members.finish();
  return figure;
}

void take_texts(Members& members, const char* key, std::vector<std::string>& texts, Wrong& wrong) {
  members.each(key, [&](const Json& entry, const std::string& path) {
    if (entry.is_string() && entry.get_ref<const std::string&>().size() <= kMostText)
      texts.push_back(entry.get<std::string>());
    else if (!wrong)
      wrong = path + " is not a text";
  });
}

void check_schema(Members& members) {
  const std::string schema = members.needed("schema", members.text("schema"));
  if (!schema.empty() && schema != kSchema)
    members.complain("schema", fmt::format("is '{}', not '{}'", base::printable(schema), kSchema));
  const std::int64_t version = members.needed("version", members.count("version", 1'000'000));
  if (version > kVersion)
    members.complain("version",
                     fmt::format("is {}; this version of bantam reads version {}", version, kVersion));
}

void check_lists(const DeviceRates& rates, Members& members) {
  for (std::size_t i = 1; i < rates.threads.size(); ++i) {
    if (rates.threads[i].threads <= rates.threads[i - 1].threads)
      members.complain("threads", "is not a list by rising number of threads");
  }
  std::set<std::pair<std::string, bool>> seen;
  for (const TypeRate& rate : rates.types) {
    if (!seen.insert({base::ascii_lower(rate.type), rate.rearranged}).second)
      members.complain("types", fmt::format("has {} twice", base::printable(rate.type)));
  }
}

DeviceRates read_members(const Json& json, Wrong& wrong) {
  DeviceRates rates;
  Members members(json, "", wrong);
  check_schema(members);
  rates.name = members.needed("name", members.text("name"));
  rates.measured = members.needed("measured", members.flag("measured"));
  rates.measured_at = members.text("measured_at");
  if (rates.measured && !rates.measured_at) members.complain("measured_at", "is missing");
  if (rates.measured_at && !base::utc_seconds(*rates.measured_at))
    members.complain("measured_at", "is not a time such as 2026-01-31T12:00:00Z");
  rates.source = members.needed("source", members.text("source"));
  rates.cpu = members.text("cpu");
  rates.memory_bytes = members.count("memory_bytes", std::int64_t{1} << 50);
  rates.physical_cores =
      static_cast<int>(members.needed("physical_cores", members.count("physical_cores", kMostThreads)));
  rates.engine = members.needed("engine", members.text("engine"));
  rates.kernels = members.text("kernels");
  const std::string rates_of = members.needed("rates_of", members.text("rates_of"));
  if (rates_of == name(RatesOf::whole_steps))
    rates.rates_of = RatesOf::whole_steps;
  else if (!rates_of.empty() && rates_of != name(RatesOf::kernels))
    members.complain("rates_of", "is neither kernels nor whole_steps");
  members.each("threads", [&](const Json& entry, const std::string& path) {
    rates.threads.push_back(threads_from(entry, path, wrong));
  });
  members.each("types", [&](const Json& entry, const std::string& path) {
    rates.types.push_back(type_from(entry, path, wrong));
  });
  members.each("attention", [&](const Json& entry, const std::string& path) {
    rates.attention.push_back(attention_from(entry, path, wrong));
  });
  rates.span_bytes = members.count("span_bytes", std::int64_t{1} << 50);
  rates.theoretical_read_bytes_per_s = members.rate("theoretical_read_bytes_per_s");
  rates.disk_bytes_per_s = members.rate("disk_bytes_per_s");
  take_texts(members, "notes", rates.notes, wrong);
  take_texts(members, "warnings", rates.warnings, wrong);
  members.finish();
  check_lists(rates, members);
  return rates;
}

Json to_json(const TypeRate& rate) {
  Json json{{"type", rate.type}, {"bits_per_weight", rate.bits_per_weight}};
  if (rate.rearranged) json["rearranged"] = true;
  base::set_if(json, "weight_bytes_per_s", rate.weight_bytes_per_s);
  base::set_if(json, "operations_per_s", rate.operations_per_s);
  base::set_if(json, "source", rate.source);
  return json;
}

// "raspberry-pi-5" of "devices/raspberry-pi-5.json"; empty for other files.
std::string_view device_name(std::string_view file) {
  if (!file.starts_with(kFolder) || !file.ends_with(kEnding)) return {};
  file.remove_prefix(kFolder.size());
  file.remove_suffix(kEnding.size());
  return file;
}

bool is_path(const std::string& text) {
  std::error_code ignored;
  return text.find('/') != std::string::npos || base::ascii_lower(text).ends_with(kEnding) ||
         std::filesystem::exists(text, ignored);
}

}  // namespace

int DeviceRates::rate_threads() const {
  return threads.empty() ? physical_cores : threads.back().threads;
}

Json to_json(const DeviceRates& rates) {
  Json json{{"schema", kSchema}, {"version", kVersion}, {"name", rates.name}, {"measured", rates.measured}};
  base::set_if(json, "measured_at", rates.measured_at);
  json["source"] = rates.source;
  base::set_if(json, "cpu", rates.cpu);
  base::set_if(json, "memory_bytes", rates.memory_bytes);
  json["physical_cores"] = rates.physical_cores;
  json["engine"] = rates.engine;
  base::set_if(json, "kernels", rates.kernels);
  json["rates_of"] = name(rates.rates_of);
  json["threads"] = Json::array();
  for (const ThreadsRate& rate : rates.threads) {
    Json one{{"threads", rate.threads}};
    base::set_if(one, "read_bytes_per_s", rate.read_bytes_per_s);
    base::set_if(one, "operation_s", rate.operation_s);
    json["threads"].push_back(std::move(one));
  }
  json["types"] = Json::array();
  for (const TypeRate& rate : rates.types) json["types"].push_back(to_json(rate));
  json["attention"] = Json::array();
  for (const AttentionFigure& figure : rates.attention) {
    json["attention"].push_back({{"type", figure.type},
                                 {"head_size", figure.head_size},
                                 {"columns", figure.columns},
                                 {"operations_per_s", figure.operations_per_s}});
  }
  base::set_if(json, "span_bytes", rates.span_bytes);
  base::set_if(json, "theoretical_read_bytes_per_s", rates.theoretical_read_bytes_per_s);
  base::set_if(json, "disk_bytes_per_s", rates.disk_bytes_per_s);
  if (!rates.notes.empty()) json["notes"] = rates.notes;
  if (!rates.warnings.empty()) json["warnings"] = rates.warnings;
  return json;
}

Result<DeviceRates> device_rates_from(std::string_view text, std::string_view what) {
  TRY_ASSIGN(const Json json, base::parse_json(text, what));
  Wrong wrong;
  DeviceRates rates = read_members(json, wrong);
  if (!wrong) return rates;
  return fail(ErrorKind::bad_input, fmt::format("{}: {}", base::printable(what), *wrong), kForm);
}

Result<std::vector<FoundDevice>> known_devices() {
  std::vector<FoundDevice> devices;
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    const std::string_view name = device_name(file.name);
    if (name.empty()) continue;
    TRY_ASSIGN(DeviceRates rates, device_rates_from(file.content(), file.name));
    devices.push_back({std::move(rates), std::string(name), true});
  }
  return devices;
}

Result<FoundDevice> find_device(const std::string& name_or_file) {
  TRY_ASSIGN(auto devices, known_devices());
  std::vector<std::string> names;
  for (FoundDevice& device : devices) {
    if (device.from == base::ascii_lower(name_or_file)) return std::move(device);
    names.push_back(device.from);
  }
  if (is_path(name_or_file)) {
    TRY_ASSIGN(const std::string text, base::read_file(name_or_file, kMostFileBytes));
    TRY_ASSIGN(DeviceRates rates, device_rates_from(text, name_or_file));
    return FoundDevice{std::move(rates), name_or_file, false};
  }
  const auto near = base::closest(base::ascii_lower(name_or_file), names);
  return fail(ErrorKind::usage, fmt::format("no device is called '{}'", base::printable(name_or_file)),
              near ? fmt::format("did you mean {}?", *near)
                   : "give a file of bantam device --calibrate --output-path FILE, or one of: " +
                         base::join(names, ", "));
}

}  // namespace bantam::predict
