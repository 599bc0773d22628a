#include "cli/export_options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <system_error>

#include "cli/terminal.hpp"

namespace bantam::cli {

void add_export_options(CLI::App& command, ExportOptions& options, const std::string& output_text,
                        const std::string& output_type) {
  command.add_option("--store", options.store, "the store to read")->capture_default_str()->type_name("FILE");
  command.add_option("--output-path,--output_path", options.output_path, output_text)
      ->required()
      ->type_name(output_type);
  command.add_flag("--overwrite", options.overwrite, "replace files that are there with other content");
}

base::Status check_is_not_store(const std::string& store, const std::string& output_path) {
  std::error_code missing;
  if (!std::filesystem::equivalent(store, output_path, missing)) return {};
  return base::fail(base::ErrorKind::usage, "--output-path is the store itself",
                    "choose another --output-path");
}

exchange::TrialSource trials_of(store::Store& store) {
  return [&store](const std::string& key, std::int64_t attempt) { return store.trials(key, attempt); };
}

base::Status print_files(const exchange::ExportedFiles& files) {
  for (const std::string& text : files.notes) note("bantam: " + text);
  std::string written;
  for (const auto& path : files.paths) written += path.string() + "\n";
  return print(written);
}

}  // namespace bantam::cli
