#include "report/pull_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::report {

using base::Json;

Json to_json(const PulledModel& pulled) {
  Json json{{"reference", pulled.reference.text},
            {"repository", pulled.files.repository},
            {"commit", pulled.files.commit},
            {"bytes", pulled.files.bytes()}};
  if (pulled.model) {
    json["received_bytes"] = pulled.model->received_bytes;
    json["path"] = pulled.model->path().string();
  }
  Json files = Json::array();
  for (std::size_t i = 0; i < pulled.files.files.size(); ++i) {
    const hub::RemoteFile& file = pulled.files.files[i];
    const bool large = file.hash.algorithm == hub::ContentHash::Algorithm::sha256;
    Json entry{{"name", file.name}, {"bytes", file.bytes}, {large ? "sha256" : "git_blob", file.hash.hex}};
    if (pulled.model) entry["path"] = pulled.model->paths[i].string();
    files.push_back(std::move(entry));
  }
  json["files"] = std::move(files);
  return json;
}

std::string pulled_lines(const PulledModel& pulled) {
  if (pulled.model) return pulled.model->path().string() + "\n";
  std::string text;
  for (const hub::RemoteFile& file : pulled.files.files) {
    text += fmt::format("{:>9}  {}\n", base::format_bytes(static_cast<double>(file.bytes)),
                        base::printable(file.name));
  }
  return text;
}

std::string pull_summary(const PulledModel& pulled) {
  const std::string size = base::format_bytes(static_cast<double>(pulled.files.bytes()));
  const std::string what =
      fmt::format("{} at {}: {} file{}, {}", pulled.files.repository, pulled.files.commit.substr(0, 12),
                  pulled.files.files.size(), pulled.files.files.size() == 1 ? "" : "s", size);
  if (!pulled.model) return "would fetch " + what;
  if (pulled.model->received_bytes == 0) return "in the cache: " + what;
  return fmt::format("fetched {} ({} over the network)", what,
                     base::format_bytes(static_cast<double>(pulled.model->received_bytes)));
}

Json to_json(const PulledTask& pulled, bool dry_run) {
  Json json{{"name", pulled.name}, {"tasks", pulled.tasks}};
  json[dry_run ? "missing_rows" : "received_rows"] = pulled.rows;
  json[dry_run ? "missing_bytes" : "received_bytes"] = pulled.bytes;
  return json;
}

std::string pulled_lines(const PulledTask& pulled, bool dry_run) {
  std::string what;
  if (pulled.rows > 0) what = fmt::format("{} rows", pulled.rows);
  if (pulled.bytes > 0)
    what += (what.empty() ? "" : ", ") + base::format_bytes(static_cast<double>(pulled.bytes));
  if (dry_run && pulled.places > 0 && what.empty()) what = fmt::format("{} files", pulled.places);
  const std::string state = what.empty() ? "all here" : (dry_run ? "would fetch " : "fetched ") + what;
  const std::string tasks = pulled.tasks > 1 ? fmt::format(" ({} tasks)", pulled.tasks) : "";
  return fmt::format("{}{}: {}\n", base::printable(pulled.name), tasks, state);
}

}  // namespace bantam::report
