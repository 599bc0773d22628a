#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "device/facts.hpp"
#include "device/sensors.hpp"
#include "engine/llama/facts.hpp"
#include "report/device_page.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"

namespace bantam::cli {
namespace {

struct DeviceArguments {
  std::string format = "table";
  std::string path = ".";
};

base::Result<report::DevicePage> read_device(const std::string& path) {
  report::DevicePage page;
  page.facts = device::read_facts(path);
  page.sensors = device::find_sensors();
  page.engine = engine::engine_facts();
  const run::Machine machine = run::describe_machine(path);
  TRY_ASSIGN(page.kernels, run::probe_kernels(machine.engine_identity + machine.cpu_identity));
  return page;
}

base::Result<int> show_device(const DeviceArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const report::DevicePage page, read_device(arguments.path));
  TRY(print(report::device_page(page, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_device(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("device", "what this machine is, and what can and cannot be measured here");
  add_examples(*command, {{"bantam device", ""}, {"bantam device -o json", ""}});
  auto arguments = std::make_shared<DeviceArguments>();
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  command->add_option("--path", arguments->path, "show the disk that holds this file or folder [.]")
      ->type_name("PATH");
  return {command, [arguments] { return finish(show_device(*arguments)); }};
}

}  // namespace bantam::cli
