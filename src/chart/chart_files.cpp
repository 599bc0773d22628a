#include "chart/chart_files.hpp"

#include <system_error>

#include "base/files.hpp"
#include "chart/drawings.hpp"
#include "chart/raster.hpp"

namespace bantam::chart {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "<!-- drawn by bantam report -->\n";

base::Status write_one(const fs::path& stem, const Drawing& drawing, const ChartOptions& options,
                       ChartFiles& files) {
  if (options.svg) {
    const fs::path path = stem.string() + ".svg";
    TRY(base::write_file_atomically(path, drawing.svg + "\n" + std::string(kMark)));
    files.paths.push_back(path);
  }
  if (options.png) {
    const fs::path path = stem.string() + ".png";
    const auto png = png_from_svg(drawing.svg, drawing.width, drawing.height, options.scale);
    if (!png) {
      files.absent.emplace_back(path.filename().string(), png.error().message);
      return {};
    }
    TRY(base::write_file_atomically(path, *png));
    files.paths.push_back(path);
  }
  return {};
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

base::Result<ChartFiles> write_charts(const fs::path& folder, const base::Json& dataset,
                                      const ChartOptions& options) {
  TRY_ASSIGN(Drawings drawings, Drawings::open(dataset));
  std::vector<std::string> names = options.charts;
  if (names.empty()) {
    TRY_ASSIGN(names, drawings.names());
  }
  ChartFiles files;
  for (const std::string& name : names) {
    TRY_ASSIGN(const Drawing drawing, drawings.draw(name, options.theme));
    const fs::path stem = folder / (options.theme == "light" ? name : name + "_" + options.theme);
    if (!drawing.absent.empty()) {
      remove_earlier(stem);
      files.absent.emplace_back(name, drawing.absent);
      continue;
    }
    TRY(write_one(stem, drawing, options, files));
  }
  return files;
}

}  // namespace bantam::chart
