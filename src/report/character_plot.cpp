#include "report/character_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/units.hpp"

namespace bantam::report {
namespace {

constexpr std::size_t kMostPoints = 26;
constexpr std::size_t kLabelWidth = 8;  // of the y axis
constexpr double kLogFrom = 20.0;

struct Scale {
  double low = 0.0;
  double high = 0.0;
  bool is_log = false;

  double share(double value) const {
    if (high <= low) return 0.5;
    return is_log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  }
};

template <typename Get>
Scale scale_of(const std::vector<PlotPoint>& points, Get get, bool may_be_log) {
  const auto [low, high] = std::ranges::minmax(points, {}, get);
  Scale scale{get(low), get(high), false};
  scale.is_log = may_be_log && scale.low > 0.0 && scale.high / scale.low > kLogFrom;
  return scale;
}

std::size_t place(double share, std::size_t count) {
  return static_cast<std::size_t>(std::lround(share * static_cast<double>(count - 1)));
}

// The nearest free place of the row, to the right first.
void put(std::string& row, std::size_t at, char letter) {
  for (std::size_t step = 0; step < row.size(); ++step) {
    if (at + step < row.size() && row[at + step] == ' ') {
      row[at + step] = letter;
      return;
    }
    if (step <= at && row[at - step] == ' ') {
      row[at - step] = letter;
      return;
    }
  }
}

char letter_of(std::size_t index, bool is_on_front) {
  return static_cast<char>((is_on_front ? 'A' : 'a') + static_cast<int>(index));
}

// "A nano int4 · b nano fp16", on as many lines as it takes.
std::vector<std::string> key_lines(const std::vector<PlotPoint>& points, std::size_t columns) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string entry = fmt::format("{} {}", letter_of(i, points[i].is_on_front), points[i].name);
    if (!lines.empty() && lines.back().size() + 3 + entry.size() <= columns)
      lines.back() += "   " + entry;
    else
      lines.push_back(entry);
  }
  return lines;
}

}  // namespace

std::vector<std::string> character_plot(std::vector<PlotPoint> points, const PlotAxes& axes,
                                        std::size_t columns, std::size_t rows) {
  if (points.size() < 2 || points.size() > kMostPoints) return {};
  // Letters run down from the best by y.
  std::ranges::stable_sort(points, std::ranges::greater{}, &PlotPoint::y);
  const Scale x = scale_of(
      points, [](const PlotPoint& point) { return point.x; }, true);
  const Scale y = scale_of(
      points, [](const PlotPoint& point) { return point.y; }, false);
  if (x.high <= x.low && y.high <= y.low) return {};
  std::vector<std::string> grid(rows, std::string(columns - kLabelWidth - 2, ' '));
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::string& row = grid[rows - 1 - place(y.share(points[i].y), rows)];
    put(row, place(x.share(points[i].x), row.size()), letter_of(i, points[i].is_on_front));
  }
  std::vector<std::string> lines{axes.y};
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string label = row == 0          ? base::format_significant(y.high)
                              : row == rows - 1 ? base::format_significant(y.low)
                                                : std::string();
    std::string line = fmt::format("{:>{}} |{}", label, kLabelWidth, grid[row]);
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  lines.push_back(fmt::format("{:>{}} +{:-<{}}", "", kLabelWidth, "", columns - kLabelWidth - 2));
  const std::string low = base::format_significant(x.low);
  const std::string high = base::format_significant(x.high);
  const std::string middle = fmt::format("{}{}", axes.x, x.is_log ? ", logarithmic" : "");
  lines.push_back(fmt::format("{:>{}}  {}{:^{}}{}", "", kLabelWidth, low, middle,
                              columns - kLabelWidth - 2 - low.size() - high.size(), high));
  for (std::string& line : key_lines(points, columns)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace bantam::report
