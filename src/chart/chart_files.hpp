#pragma once
// Charts as files: drawn, or written to a folder, each atomically.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::chart {

struct ChartOptions {
  std::vector<std::string> charts;  // empty: all
  std::string theme = "light";
  bool svg = true;
  bool png = true;
  double scale = 2.0;  // pixels of a PNG per pixel of the chart
};

struct DrawnFile {
  std::string name;   // "speed_quality.svg", "speed_quality_dark.png"
  std::string chart;  // "speed_quality"
  std::string content;
};

struct DrawnCharts {
  std::vector<DrawnFile> files;                             // chart by chart, the SVG before its PNG
  std::vector<std::pair<std::string, std::string>> absent;  // chart or file, and why it is not there
};

// The same as files' contents. usage for an unknown chart or theme.
base::Result<DrawnCharts> draw_charts(const base::Json& dataset, const ChartOptions& options);

struct ChartFiles {
  std::vector<std::filesystem::path> paths;
  std::vector<std::pair<std::string, std::string>> absent;  // chart or file, and why it is not there
};

// NAME.svg and NAME.png of each chart that these data have; with the theme dark NAME_dark.svg. The files that
// an earlier call left of a chart that has no data now are removed, so that the folder never shows what is
// not there. A PNG that cannot be made leaves the others as they are. storage when one cannot be written;
// usage for an unknown chart or theme.
base::Result<ChartFiles> write_charts(const std::filesystem::path& folder, const base::Json& dataset,
                                      const ChartOptions& options);

}  // namespace bantam::chart
