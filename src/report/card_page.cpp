#include "report/card_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "record/sections.hpp"
#include "report/analysis_lines.hpp"
#include "report/card_tables.hpp"
#include "report/deploy_command.hpp"
#include "report/recommend_page.hpp"
#include "table/render.hpp"

namespace bantam::report {
namespace {

using analyze::Configuration;

void append_unique(std::vector<std::string>& texts, std::string text) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
}

// Parts of the page with a blank line between them.
void add_part(std::string& page, const std::string& part) {
  if (part.empty()) return;
  page += (page.empty() ? "" : "\n") + part;
  if (!page.ends_with('\n')) page += '\n';
}

void add_list(std::string& page, const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  add_part(page, "## " + title);
  add_part(page, table::markdown_text({table::Lines{"", lines, table::Tone::plain, true}}));
}

// Between fences that are longer than any run of backticks in the lines.
std::string fenced(const std::vector<std::string>& lines) {
  std::size_t longest = 2;
  std::string text;
  for (const std::string& line : lines) {
    const std::string shown = base::printable(line);
    std::size_t run = 0;
    for (const char c : shown) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    text += shown + "\n";
  }
  const std::string fence(longest + 1, '`');
  return fence + "sh\n" + text + fence + "\n";
}

// What has to be known of the figures: what is not ok, what other tools' figures are not, warnings and notes.
std::vector<std::string> caveat_lines(const CardMachine& machine) {
  std::vector<std::string> lines = problem_lines(machine.analysis);
  for (std::string& line : note_lines(machine.analysis)) append_unique(lines, std::move(line));
  if (!machine.recommendation) return lines;
  for (const std::string& note : machine.recommendation->notes) append_unique(lines, note);
  return lines;
}

std::vector<std::string> method_of(const CardMachine& machine) {
  std::vector<std::string> lines = how_measured(machine.analysis);
  lines.emplace_back("Bold: the best of its column, where the intervals tell it apart; intervals are 95 %.");
  lines.emplace_back("Memory need: the least memory where it was measured, else the peak of the process.");
  if (machine.recommendation && machine.recommendation->tasks.tasks.size() > 1)
    lines.emplace_back(
        "Quality: the mean over tasks of (score - chance) / (1 - chance), in points of 100: 0 is guessing.");
  lines.insert(lines.end(), machine.audit_lines.begin(), machine.audit_lines.end());
  return lines;
}

// Those of which anything came out.
std::vector<Configuration> with_figures(std::vector<Configuration> configurations) {
  std::erase_if(configurations, [](const Configuration& one) {
    return std::ranges::none_of(one.cells,
                                [](const auto& cell) { return cell.second.outcome == record::Outcome::ok; });
  });
  return configurations;
}

std::string machine_name(const CardMachine& machine) {
  const std::string device = device_text(machine.analysis);
  return device.empty() ? "a machine that the results do not name" : table::markdown_escaped(device);
}

void add_machine(std::string& page, const CardMachine& machine, bool is_alone) {
  add_part(page, is_alone ? "## Which precision" : "## On " + machine_name(machine));
  add_part(page, table::markdown_text(
                     {table::Lines{"", default_answer_lines(machine.recommendation, machine.analysis),
                                   table::Tone::plain, true}}));
  for (const table::Table& one : card_tables(machine.analysis, machine.recommendation))
    add_part(page, table::markdown_text({one}));
  for (const CardChart& chart : machine.charts)
    add_part(page, fmt::format("![{}]({})", table::markdown_escaped(chart.title), chart.path));
}

}  // namespace

std::string card_page(const std::string& model, const std::vector<CardMachine>& machines,
                      const std::vector<std::string>& left_out) {
  const bool is_alone = machines.size() == 1;
  std::string page;
  add_part(page, "# " + table::markdown_escaped(model));
  std::vector<std::string> commands;
  std::vector<std::string> caveats;
  for (const CardMachine& machine : machines) {
    add_machine(page, machine, is_alone);
    for (std::string& command : reproduce_commands(with_figures(machine.analysis.configurations)))
      append_unique(commands, std::move(command));
    for (std::string& line : caveat_lines(machine)) append_unique(caveats, std::move(line));
  }
  for (const CardMachine& machine : machines)
    add_list(page, is_alone ? "How it was measured" : "How it was measured on " + machine_name(machine),
             method_of(machine));
  if (!commands.empty()) {
    add_part(page, "## To measure it again");
    add_part(page, fenced(commands));
  }
  add_list(page, "Caveats", caveats);
  add_list(page, "Not among the results for the hub", left_out);
  add_part(page, "Made with bantam " BANTAM_VERSION ".");
  return page;
}

}  // namespace bantam::report
