#include "chart/chart_files.hpp"

#include <algorithm>
#include <iterator>
#include <system_error>

#include "base/files.hpp"
#include "chart/drawings.hpp"
#include "chart/raster.hpp"

namespace bantam::chart {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "<!-- drawn by bantam report -->\n";

// "speed_quality", "speed_quality_dark".
std::string stem_of(const std::string& chart, const ChartOptions& options) {
  return options.theme == "light" ? chart : chart + "_" + options.theme;
}

DrawnCharts files_of(const std::string& chart, const Drawing& drawing, const ChartOptions& options) {
  DrawnCharts drawn;
  const std::string stem = stem_of(chart, options);
  if (options.svg) drawn.files.push_back({stem + ".svg", chart, drawing.svg + "\n" + std::string(kMark)});
  if (options.png) {
    auto png = png_from_svg(drawing.svg, drawing.width, drawing.height, options.scale);
    if (png)
      drawn.files.push_back({stem + ".png", chart, *std::move(png)});
    else
      drawn.absent.emplace_back(stem + ".png", png.error().message);
  }
  return drawn;
}

void append(DrawnCharts& all, DrawnCharts more) {
  std::ranges::move(more.files, std::back_inserter(all.files));
  std::ranges::move(more.absent, std::back_inserter(all.absent));
}

// Pictures carry no mark of ours but the comment at the end of the SVG: a PNG goes with its SVG only.
void remove_earlier(const fs::path& stem) {
  const auto earlier = base::read_file(stem.string() + ".svg");
  if (!earlier || !earlier->ends_with(kMark)) return;
  for (const char* ending : {".svg", ".png"}) {
    std::error_code ignored;
    fs::remove(stem.string() + ending, ignored);
  }
}

}  // namespace

base::Result<DrawnCharts> draw_charts(const base::Json& dataset, const ChartOptions& options) {
  TRY_ASSIGN(Drawings drawings, Drawings::open(dataset));
  std::vector<std::string> names = options.charts;
  if (names.empty()) {
    TRY_ASSIGN(names, drawings.names());
  }
  DrawnCharts all;
  for (const std::string& name : names) {
    TRY_ASSIGN(const Drawing drawing, drawings.draw(name, options.theme));
    if (drawing.absent.empty())
      append(all, files_of(name, drawing, options));
    else
      all.absent.emplace_back(name, drawing.absent);
  }
  return all;
}

base::Result<ChartFiles> write_charts(const fs::path& folder, const base::Json& dataset,
                                      const ChartOptions& options) {
  TRY_ASSIGN(const DrawnCharts drawn, draw_charts(dataset, options));
  ChartFiles files;
  for (const DrawnFile& file : drawn.files) {
    const fs::path path = folder / file.name;
    TRY(base::write_file_atomically(path, file.content));
    files.paths.push_back(path);
  }
  files.absent = drawn.absent;
  for (const auto& [chart, why] : drawn.absent) remove_earlier(folder / stem_of(chart, options));
  return files;
}

}  // namespace bantam::chart
