#include "plan/options.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "plan/complete.hpp"
#include "plan/option_table.hpp"
#include "plan/option_values.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Result;

constexpr const char* kPlanHint = "a plan file is YAML, one option a line: models: [a.gguf], num_runs: 10";

const OptionEntry* find_entry(std::string_view name) {
  for (const OptionEntry& entry : option_table()) {
    if (entry.option.name == name) return &entry;
    const auto other = base::split_list(entry.option.aliases);
    if (std::find(other.begin(), other.end(), name) != other.end()) return &entry;
  }
  return nullptr;
}

Status refuse_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const OptionEntry& entry : option_table()) names.emplace_back(entry.option.name);
  const auto near = base::closest(name, names);
  return base::fail(ErrorKind::usage, fmt::format("unknown option '{}'", base::printable(name)),
                    near ? fmt::format("did you mean {}?", *near) : "see bantam run --help");
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> kOptions = [] {
    std::vector<Option> all;
    for (const OptionEntry& entry : option_table()) all.push_back(entry.option);
    return all;
  }();
  return kOptions;
}

Result<OptionValues> read_plan_file(const std::filesystem::path& path) {
  auto parsed = base::read_yaml_file(path);
  if (!parsed) return base::fail(ErrorKind::usage, parsed.error().message, kPlanHint);
  if (!parsed->is_object()) {
    return base::fail(ErrorKind::usage, fmt::format("{}: a plan file is a map of options", path.string()),
                      kPlanHint);
  }
  OptionValues values;
  for (const auto& [key, value] : parsed->items()) {
    const std::string name = base::replace_all(key, "-", "_");
    if (!find_entry(name)) {
      base::Error error = refuse_unknown(name).error();
      return base::fail(ErrorKind::usage, fmt::format("{}: {}", path.string(), error.message), error.hint);
    }
    auto texts = texts_from(value);
    if (!texts) {
      return base::fail(ErrorKind::usage,
                        fmt::format("{}: {}: {}", path.string(), key, texts.error().message), kPlanHint);
    }
    values.emplace_back(name, *std::move(texts));
  }
  return values;
}

Result<Request> build_request(const OptionValues& values) {
  std::map<std::string_view, const Values*> last;
  for (const auto& [name, texts] : values) {
    const OptionEntry* entry = find_entry(name);
    if (!entry) return tl::unexpected(refuse_unknown(name).error());
    if (texts.empty()) {
      return base::fail(ErrorKind::usage, fmt::format("--{} needs a value", flag_name(entry->option.name)));
    }
    last[entry->option.name] = &texts;
  }
  Request request;
  for (const OptionEntry& entry :
       option_table()) {  // in the table's order, so that the outcome does not depend on the user's
    const auto given = last.find(entry.option.name);
    if (given == last.end()) continue;
    if (!entry.apply) {
      request.notices.push_back(
          fmt::format("--{} has no effect: {}", flag_name(entry.option.name), entry.option.help));
      continue;
    }
    TRY(entry.apply(request.plan, flag_name(entry.option.name), *given->second));
  }
  TRY(complete(request.plan));
  return request;
}

}  // namespace bantam::plan
