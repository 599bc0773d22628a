#include "tracker/prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "record/known_time.hpp"

namespace bantam::tracker {
namespace {

// How a name of the catalogue ends that has a unit, and how it ends in Prometheus.
struct Ending {
  std::string_view unit;
  std::string_view ours;  // empty: the name does not tell
  std::string_view theirs;
};
constexpr std::array<Ending, 9> kEndings{{{"s", "_s", "_seconds"},
                                          {"B", "_bytes", "_bytes"},
                                          {"J", "_j", "_joules"},
                                          {"W", "_w", "_watts"},
                                          {"tok/s", "_per_s", "_per_second"},
                                          {"req/s", "_per_s", "_per_second"},
                                          {"seq/s", "_per_s", "_per_second"},
                                          {"nat", "", "_nats"},
                                          {"items", "", "_items"}}};

std::string plain(std::string_view text) {
  std::string name(text);
  std::ranges::replace_if(
      name,
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
      },
      '_');
  return name;
}

std::string help_text(std::string_view text) {
  return base::replace_all(base::replace_all(base::printable(text), "\\", "\\\\"), "\n", "\\n");
}

// Labels between braces, those without a value left out.
std::string labels(const std::vector<std::pair<std::string_view, std::string_view>>& all) {
  std::string text;
  for (const auto& [name, value] : all) {
    if (value.empty()) continue;
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, label_value(value));
  }
  return "{" + text + "}";
}

struct Family {
  std::string help;
  std::vector<std::string> lines;  // without the name
};

// Families in the order of the catalogue, then those of metrics that it does not list.
class Page {
 public:
  void add(const Run& run, const Figure& figure) {
    const std::string_view key = metric::base_name(figure.key);
    const metric::Metric* metric = metric::find_metric(key);
    const std::string_view filter = key.size() < figure.key.size()
                                        ? std::string_view(figure.key).substr(key.size() + 1)
                                        : std::string_view();
    const std::string where = labels({{"model", run.model},
                                      {"precision", run.precision},
                                      {"point", run.point},
                                      {"task", figure.task},
                                      {"part", figure.part},
                                      {"filter", filter},
                                      {"machine", run.machine},
                                      {"evidence", figure.is_imported ? "imported" : "measured"}});
    const std::string name = gauge_name(key);
    add_line(key, name, help_of(metric), where, figure.value.value);
    if (!figure.value.interval) return;
    add_line(key, gauge_name(key, "low"), fmt::format("Lower end of the confidence interval of {}.", name),
             where, figure.value.interval->low);
    add_line(key, gauge_name(key, "high"), fmt::format("Upper end of the confidence interval of {}.", name),
             where, figure.value.interval->high);
  }

  std::string text() const {
    std::string all;
    for (const std::string& name : order()) write(name, families_.at(name), all);
    return all;
  }

  static void write(const std::string& name, const Family& family, std::string& all) {
    fmt::format_to(std::back_inserter(all), "# HELP {} {}\n# TYPE {} gauge\n", name, family.help, name);
    for (const std::string& line : family.lines) all += name + line + "\n";
  }

 private:
  static std::string help_of(const metric::Metric* metric) {
    if (metric == nullptr) return "A metric of the task.";
    return help_text(metric->definition.empty() ? metric->title : metric->definition);
  }

  void add_line(std::string_view key, const std::string& name, const std::string& help,
                const std::string& where, double value) {
    Family& family = families_[name];
    if (family.lines.empty()) {
      family.help = help;
      names_[std::string(key)].push_back(name);
    }
    family.lines.push_back(fmt::format("{} {}", where, value));
  }

  std::vector<std::string> order() const {
    std::vector<std::string> all;
    const auto add = [&](const std::string& key) {
      const auto found = names_.find(key);
      if (found != names_.end()) all.insert(all.end(), found->second.begin(), found->second.end());
    };
    for (const metric::Metric& metric : metric::catalogue()) add(std::string(metric.name));
    for (const auto& [key, names] : names_) {
      if (metric::find_metric(key) == nullptr) add(key);
    }
    return all;
  }

  std::map<std::string, Family> families_;                 // by name
  std::map<std::string, std::vector<std::string>> names_;  // by the metric's key
};

// One word of "failed: SIGILL".
std::string_view outcome_word(std::string_view text) {
  return text.substr(0, text.find(':'));
}

std::string outcomes(const Runs& runs) {
  Family cells{"How a cell came out: 1 for each of a store's newest cells.", {}};
  for (const Run& run : runs.runs) {
    for (const auto& [task, cell] : run.cells) {
      cells.lines.push_back(labels({{"model", run.model},
                                    {"precision", run.precision},
                                    {"point", run.point},
                                    {"task", task},
                                    {"machine", run.machine},
                                    {"evidence", cell.evidence == "measured" ? "measured" : "imported"},
                                    {"outcome", outcome_word(cell.text)}}) +
                            " 1");
    }
  }
  std::string text;
  Page::write("bantam_cell_info", cells, text);
  return text;
}

std::string ends(const Runs& runs) {
  Family ended{"When the newest cell of a model at a precision was finished, in seconds since 1970.", {}};
  for (const Run& run : runs.runs) {
    const auto seconds = record::known_time(run.finished_at);
    if (!seconds) continue;
    ended.lines.push_back(fmt::format("{} {}",
                                      labels({{"model", run.model},
                                              {"precision", run.precision},
                                              {"point", run.point},
                                              {"machine", run.machine}}),
                                      *seconds));
  }
  std::string text;
  if (!ended.lines.empty()) Page::write("bantam_finished_timestamp_seconds", ended, text);
  return text;
}

}  // namespace

std::string gauge_name(std::string_view key, std::string_view ending) {
  std::string_view stem = key;
  std::string_view unit;
  const metric::Metric* metric = metric::find_metric(key);
  const auto found =
      metric == nullptr ? kEndings.end() : std::ranges::find(kEndings, metric->unit, &Ending::unit);
  if (found != kEndings.end() && key.ends_with(found->ours)) {
    stem = key.substr(0, key.size() - found->ours.size());
    unit = found->theirs;
  }
  return fmt::format("bantam_{}{}{}{}", plain(stem), ending.empty() ? "" : "_", ending, unit);
}

std::string label_value(std::string_view text) {
  return base::replace_all(base::replace_all(base::printable(text), "\\", "\\\\"), "\"", "\\\"");
}

std::string prometheus_text(const Runs& runs) {
  Page page;
  for (const Run& run : runs.runs) {
    for (const Figure& figure : run.figures) page.add(run, figure);
  }
  return fmt::format("{} {}, for the textfile collector of node_exporter.\n{}{}{}", kPrometheusHead,
                     BANTAM_VERSION, page.text(), outcomes(runs), ends(runs));
}

}  // namespace bantam::tracker
