#include "tracker/wandb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml_text.hpp"

namespace bantam::tracker {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr std::size_t kLongestProject = 128;
constexpr std::size_t kLongestTag = 64;

Status refuse(const std::string& what, const std::string& text, const std::string& remedy) {
  return base::fail(ErrorKind::usage,
                    fmt::format("'{}' is no {} of W&B", base::ellipsize(base::printable(text), 80), what),
                    remedy);
}

// "20260131_102002", as W&B names folders.
std::string folder_date(const std::string& utc) {
  if (!base::utc_seconds(utc)) return "19700101_000000";
  std::string date = utc;
  std::erase_if(date, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  std::ranges::replace(date, 'T', '_');
  return date;
}

// A folder of this run that is there, whatever its date; else the one that it gets.
fs::path run_folder(const fs::path& folder, const Run& run) {
  constexpr std::string_view kPrefix = "offline-run-";
  const std::string ending = fmt::format("-{}", wandb_id(run));
  std::set<std::string> there;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(ending)) there.insert(name);
  }
  if (!there.empty()) return folder / *there.begin();
  return folder / fmt::format("{}{}{}", kPrefix, folder_date(run.started_at), ending);
}

// config.yaml: each member is a map with its value, as W&B's client writes it.
Result<std::string> config_text(const Run& run) {
  Json config = Json::object();
  for (const auto& [key, value] : run.config.items()) config[key]["value"] = value;
  return base::yaml_text(config);
}

std::string metadata_text(const Run& run) {
  const Json& device = base::child_at(run.config, "device");
  const Json& cpu = base::child_at(device, "cpu");
  Json json{{"program", "bantam"}, {"startedAt", run.started_at}};
  base::set_if(json, "os", base::string_at(base::child_at(device, "system"), "os"));
  base::set_if(json, "cpu_count", base::integer_at(cpu, "physical_cores"));
  base::set_if(json, "cpu_count_logical", base::integer_at(cpu, "logical_cpus"));
  if (const auto total = base::integer_at(base::child_at(device, "memory"), "total_bytes"))
    json["memory"]["total"] = fmt::format("{}", *total);
  return base::to_text(json, 2) + "\n";
}

Status write_run(const fs::path& folder, const Run& run, const std::string& log, base::Existing existing) {
  const fs::path file = folder / fmt::format("run-{}.wandb", wandb_id(run));
  if (base::holds(file, log)) return {};  // files/ may be W&B's since: its sync writes there
  TRY(base::check_place(file, log, existing));
  if (base::is_there(file)) {
    std::error_code error;
    fs::remove(fs::path(file).concat(".synced"), error);  // what was uploaded is not what is there now
    if (error)
      return base::fail(ErrorKind::storage,
                        fmt::format("{}.synced: {}", base::printable(file.string()), error.message()));
  }
  const fs::path files = folder / "files";
  TRY(base::make_folders(files));
  TRY_ASSIGN(const std::string config, config_text(run));
  TRY(base::write_file_atomically(files / "config.yaml", config));
  TRY(base::write_file_atomically(files / "wandb-summary.json", base::to_text(wandb_summary(run)) + "\n"));
  TRY(base::write_file_atomically(files / "wandb-metadata.json", metadata_text(run)));
  return base::write_file_atomically(file, log);
}

}  // namespace

Status check(const WandbOptions& options) {
  constexpr std::string_view kNoProject = "/\\#?%:";
  const auto is_text = [](const std::string& text) {
    return base::is_utf8(text) && std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; });
  };
  if (options.project.empty() || options.project.size() > kLongestProject || !is_text(options.project) ||
      options.project.find_first_of(kNoProject) != std::string::npos)
    return refuse("project", options.project, "its name has 1 to 128 characters, none of them of /\\#?%:");
  const auto is_entity_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!std::ranges::all_of(options.entity, is_entity_character))
    return refuse("entity", options.entity, "a user or team has letters, digits, '-' and '_' only");
  for (const std::string& tag : options.tags) {
    if (tag.empty() || tag.size() > kLongestTag || !is_text(tag))
      return refuse("tag", tag, "a tag has 1 to 64 characters");
  }
  if (options.name.empty() || !is_text(options.name))
    return refuse("name", options.name, "give a text without control characters");
  return check_name_template(options.name);
}

Result<WandbRuns> write_wandb(const fs::path& folder, const Runs& runs, const WandbOptions& options,
                              base::Existing existing) {
  TRY(check(options));
  WandbRuns written{{}, runs.notes};
  for (const Run& run : runs.runs) {
    const fs::path place = run_folder(folder / "wandb", run);
    TRY(write_run(place, run, wandb_log_of(run, options, name_among(options.name, run, runs)), existing));
    written.folders.push_back(place);
  }
  return written;
}

}  // namespace bantam::tracker
