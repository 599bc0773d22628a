#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "chart/chart_files.hpp"
#include "chart/page.hpp"
#include "chart/raster.hpp"
#include "cli/command.hpp"
#include "cli/datasets.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"

namespace bantam::cli {
namespace {

using base::Result;
namespace fs = std::filesystem;

struct ReportArguments {
  std::vector<std::string> stores{"bantam.db"};
  std::string html = "report.html";
  bool no_html = false;
  std::string charts;
  std::vector<std::string> only;
  std::vector<std::string> formats{"svg", "png"};
  std::string theme = "light";
  double scale = 2.0;
  std::string title;
  std::string base_precision;
};

Result<chart::ChartOptions> chart_options(const ReportArguments& arguments) {
  chart::ChartOptions options;
  for (const std::string& text : arguments.only) {
    for (std::string& name : base::split_list(text)) options.charts.push_back(std::move(name));
  }
  options.theme = arguments.theme;
  options.svg = options.png = false;
  for (const std::string& text : arguments.formats) {
    for (const std::string& name : base::split_list(text)) {
      if (name != "svg" && name != "png")
        return base::fail(base::ErrorKind::usage,
                          fmt::format("--format: '{}' is none", base::printable(name)),
                          "name svg, png or both");
      (name == "svg" ? options.svg : options.png) = true;
    }
  }
  if (!(arguments.scale >= 0.1 && arguments.scale <= 10.0))
    return base::fail(base::ErrorKind::usage, "--scale must be between 0.1 and 10", "2 suits most screens");
  options.scale = arguments.scale;
  return options;
}

// With several machines each has a folder of its own.
base::Status write_all_charts(const ReportArguments& arguments, const chart::ChartOptions& options,
                              const std::vector<base::Json>& datasets) {
  if (options.png && !chart::has_fonts())
    note(
        "bantam: this machine has no fonts: texts are missing in PNG files; install one, such as "
        "fonts-dejavu");
  for (std::size_t i = 0; i < datasets.size(); ++i) {
    const fs::path folder = datasets.size() == 1
                                ? fs::path(arguments.charts)
                                : fs::path(arguments.charts) / fmt::format("device_{}", i + 1);
    TRY_ASSIGN(const auto files, chart::write_charts(folder, datasets[i], options));
    for (const auto& [name, why] : files.absent) note(fmt::format("bantam: no chart {}: {}", name, why));
    std::string list;
    for (const fs::path& path : files.paths) list += base::printable(path.string()) + "\n";
    TRY(print(list));
  }
  return {};
}

Result<int> report(const ReportArguments& arguments) {
  TRY_ASSIGN(const chart::ChartOptions options, chart_options(arguments));
  TRY_ASSIGN(Stores stores, open_stores(arguments.stores));
  TRY_ASSIGN(const auto datasets, make_datasets(stores, arguments.title, arguments.base_precision));
  if (!arguments.no_html) {
    TRY_ASSIGN(const std::string page, chart::make_page(datasets));
    TRY(base::write_file_atomically(arguments.html, page));
    TRY(print(fmt::format("{}\n", base::printable(arguments.html))));
    note(fmt::format("bantam: {} of {}, {}; open it in a browser", base::printable(arguments.html),
                     datasets.size() == 1 ? "one device" : fmt::format("{} devices", datasets.size()),
                     base::format_bytes(static_cast<double>(page.size()))));
  }
  if (!arguments.charts.empty()) TRY(write_all_charts(arguments, options, datasets));
  return kOk;
}

void add_options(CLI::App& command, ReportArguments& arguments) {
  command.add_option("store,--store", arguments.stores, "the stores to read")
      ->capture_default_str()
      ->type_name("FILE");
  command.add_option("--html", arguments.html, "the page to write")->capture_default_str()->type_name("FILE");
  command.add_flag("--no-html", arguments.no_html, "write no page")->excludes("--html");
  command.add_option("--charts", arguments.charts, "also write every chart as a file here")->type_name("DIR");
  command.add_option("--only", arguments.only, "charts to write [all]")->type_name("NAMES");
  command.add_option("--format", arguments.formats, "of the charts' files: svg, png")
      ->capture_default_str()
      ->type_name("FORMATS");
  command.add_option("--theme", arguments.theme, "of the charts' files: light or dark")
      ->capture_default_str()
      ->type_name("THEME");
  command.add_option("--scale", arguments.scale, "pixels of a PNG per pixel of the chart")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--title", arguments.title, "of the page [the device]")->type_name("TEXT");
  add_base_precision(command, arguments.base_precision);
}

}  // namespace

Command setup_report(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("report", "a page to open in a browser, and charts as SVG and PNG files");
  add_examples(*command, {{"bantam report", "report.html of bantam.db"},
                          {"bantam report --charts figures --theme dark", "also each chart as a file"},
                          {"bantam report laptop.db board.db phone.db --html atlas.html",
                           "several devices on one page"}});
  auto arguments = std::make_shared<ReportArguments>();
  add_options(*command, *arguments);
  return {command, [arguments] { return finish(report(*arguments)); }};
}

}  // namespace bantam::cli
