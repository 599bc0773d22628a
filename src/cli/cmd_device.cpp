#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "device/facts.hpp"
#include "device/sensors.hpp"
#include "energy/find.hpp"
#include "energy/judged.hpp"
#include "energy/sampler.hpp"
#include "engine/llama/facts.hpp"
#include "job/interrupts.hpp"
#include "predict/calibration.hpp"
#include "report/calibration_page.hpp"
#include "report/device_page.hpp"
#include "report/power_page.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"

namespace bantam::cli {
namespace {

using base::Result;

constexpr double kMostPowerS = 86'400.0;

struct DeviceArguments {
  std::string format = "table";
  std::string path = ".";
  std::string sysfs_root = "/";
  std::string power;  // how long; empty: not at all
  std::string meter;
  std::string meter_field;
  int meter_baud = 9600;
  std::string gpu_index;
  std::optional<double> tdp;
  double rate_hz = 10.0;
  bool calibrate = false;
  std::string output_path;  // of what --calibrate measures; empty: no file
  bool overwrite = false;
};

// As checked arguments.
struct DeviceRequest {
  std::filesystem::path root;
  energy::Request energy;
  std::optional<double> power_s;
};

Result<DeviceRequest> request_from(const DeviceArguments& arguments) {
  DeviceRequest request;
  request.root = arguments.sysfs_root;
  std::error_code error;
  if (!std::filesystem::is_directory(request.root, error)) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("--sysfs-root: {} is no folder", base::printable(arguments.sysfs_root)),
                      "name the folder that holds sys and proc");
  }
  request.energy.roots = energy::roots_under(request.root);
  if (!arguments.meter.empty()) request.energy.meter = arguments.meter;
  request.energy.meter_field = arguments.meter_field;
  request.energy.meter_baud = arguments.meter_baud;
  request.energy.gpu = arguments.gpu_index;
  request.energy.tdp_w = arguments.tdp;
  if (!arguments.power.empty()) {
    request.power_s = base::parse_seconds(arguments.power);
    if (!request.power_s || !(*request.power_s > 0.0) || *request.power_s > kMostPowerS)
      return base::fail(base::ErrorKind::usage,
                        fmt::format("--power: '{}' is no time up to a day", base::printable(arguments.power)),
                        "give seconds, or a time such as 10min");
  }
  return request;
}

Result<report::DevicePage> read_device(const std::string& path, const DeviceRequest& request) {
  const base::MonotonicClock clock;
  TRY_ASSIGN(const energy::Found sources, energy::find_sources(request.energy, clock));
  report::DevicePage page;
  page.facts = device::read_facts(path);
  page.sensors = energy::listing(sources);
  std::ranges::move(device::find_sensors(request.root), std::back_inserter(page.sensors));
  page.engine = engine::engine_facts();
  const run::Machine machine = run::describe_machine(path);
  TRY_ASSIGN(page.kernels, run::probe_kernels(machine.engine_identity + machine.cpu_identity));
  return page;
}

Result<int> sample_power(const DeviceRequest& request, double rate_hz, table::Format format) {
  const base::MonotonicClock clock;
  TRY_ASSIGN(energy::Found sources, energy::find_sources(request.energy, clock));
  report::PowerPage page;
  page.absent = std::move(sources.absent);
  std::optional<int> stopped_by;
  if (!sources.present.empty()) {
    TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
    energy::SamplerSettings settings;
    settings.rate_hz = rate_hz;
    settings.kept_s = *request.power_s + 60.0;
    TRY_ASSIGN(energy::Sampler sampler,
               energy::Sampler::start(sources.present, energy::SupplyWatch(request.energy.roots.sysfs), clock,
                                      settings));
    interrupts.stopped_within(*request.power_s);
    const energy::Recording recording = sampler.stop();
    stopped_by = interrupts.signal_number();
    page.judged = energy::judge_all(recording, energy::Rules{});
    page.window_s = base::seconds(recording.to_ns - recording.from_ns);
    page.rate_hz = rate_hz;
    page.ticks = recording.ticks;
    page.late_ticks = recording.late_ticks;
    page.sampler_cpu_s = recording.cpu_s;
  }
  TRY(print(report::power_page(page, format, page_style())));
  if (stopped_by) note("bantam: interrupted; the figures are of the time until then");
  return stopped_by ? interrupted_code(stopped_by) : kOk;
}

// A file of rates is there to be replaced; any other is somebody's.
base::Status check_place(const std::string& path, bool may_replace) {
  std::error_code ignored;
  if (may_replace || !std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return {};
  const auto there = base::read_file(path, predict::kMostFileBytes);
  if (there && (there->empty() || predict::device_rates_from(*there, path))) return {};
  return base::fail(base::ErrorKind::usage,
                    fmt::format("{} is there and holds no rates of a machine", base::printable(path)),
                    "choose another --output-path, or add --overwrite");
}

Result<int> calibrate(const DeviceArguments& arguments, table::Format format) {
  if (!arguments.output_path.empty()) TRY(check_place(arguments.output_path, arguments.overwrite));
  const run::Machine machine = run::describe_machine(".");
  LiveLine line(stderr_terminal());
  TRY_ASSIGN(const auto rates, predict::calibrate(machine, [&line](const std::string& what) {
               line.show("bantam: measuring " + what);
             }));
  line.clear();
  if (!arguments.output_path.empty()) {
    TRY(base::write_file_atomically(arguments.output_path, base::to_text(predict::to_json(rates), 2) + "\n"));
    note(fmt::format("bantam: written to {0}; elsewhere: bantam predict --device {0} MODEL",
                     arguments.output_path));
  }
  TRY(print(report::calibration_page(rates, format, page_style())));
  return kOk;
}

Result<int> show_device(const DeviceArguments& arguments) {
  TRY_ASSIGN(const table::Format format, table::parse_format(arguments.format));
  TRY_ASSIGN(const DeviceRequest request, request_from(arguments));
  if (arguments.calibrate) return calibrate(arguments, format);
  if (!arguments.output_path.empty())
    return base::fail(base::ErrorKind::usage, "--output-path has no effect without --calibrate",
                      "add --calibrate, or name no file");
  if (request.power_s) return sample_power(request, arguments.rate_hz, format);
  TRY_ASSIGN(const report::DevicePage page, read_device(arguments.path, request));
  TRY(print(report::device_page(page, format, page_style())));
  return kOk;
}

}  // namespace

Command setup_device(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("device", "what this machine is, and what can and cannot be measured here");
  add_examples(*command, {{"bantam device", ""},
                          {"bantam device --calibrate --output-path board.json",
                           "what it can do at most, for bantam predict --device board.json"},
                          {"bantam device --power 30", "what the machine draws now, by each of its sensors"},
                          {"bantam device --power 2min --meter plug.csv", "also by an external meter"}});
  auto arguments = std::make_shared<DeviceArguments>();
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  command->add_option("--path", arguments->path, "show the disk that holds this file or folder [.]")
      ->type_name("PATH");
  command->add_option("--power", arguments->power, "only sample all sources of energy and power, for so long")
      ->type_name("SECONDS");
  command->add_flag(
      "--calibrate", arguments->calibrate,
      "only measure what this machine can do: memory by threads, matrices by weight type, the disk");
  command
      ->add_option("--output-path,--output_path", arguments->output_path,
                   "with --calibrate: also write it to this file, for bantam predict --device FILE")
      ->type_name("FILE");
  command->add_flag("--overwrite", arguments->overwrite,
                    "replace a file of that name that holds no rates of a machine");
  command->add_option("--sample-rate", arguments->rate_hz, "with --power: readings per second")
      ->capture_default_str()
      ->type_name("HZ");
  command
      ->add_option("--meter", arguments->meter,
                   "an external meter: a CSV file that is being written, a serial line, or an http address")
      ->type_name("PATH");
  command
      ->add_option(
          "--meter-field", arguments->meter_field,
          "where the figure is in what the address answers, as /PATH/TO/IT:mW [Shelly and Tasmota are "
          "known]")
      ->type_name("POINTER[:UNIT]");
  command->add_option("--meter-baud", arguments->meter_baud, "the speed of the serial line")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--gpu-index", arguments->gpu_index, "only this NVIDIA GPU: its index or UUID")
      ->type_name("GPU");
  command
      ->add_option("--tdp", arguments->tdp, "also an estimate: the processor draws this many watts, grade D")
      ->type_name("WATTS");
  command
      ->add_option(
          "--sysfs-root", arguments->sysfs_root,
          "look for sensors below this folder: sys, proc, usr/bin/vcgencmd, usr/lib/libnvidia-ml.so.1 [/]")
      ->type_name("DIR");
  return {command, [arguments] { return finish(show_device(*arguments)); }};
}

}  // namespace bantam::cli
