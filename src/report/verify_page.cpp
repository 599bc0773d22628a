#include "report/verify_page.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/json.hpp"
#include "report/asked_again.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

std::vector<std::string> finding_lines(const std::vector<verify::Finding>& findings) {
  std::vector<std::string> lines;
  for (const verify::Finding& finding : findings)
    lines.push_back(finding.place.empty() ? finding.what
                                          : fmt::format("{}: {}", finding.place, finding.what));
  return lines;
}

std::vector<std::string> checked_lines(const verify::Report& report) {
  std::vector<std::string> lines{
      fmt::format("Read: {} cells, {} trials, {} items.", report.cells, report.trials, report.items),
      fmt::format("Recomputed from trials and items: {} figures. Not recomputed: {} (facts of files, memory, "
                  "scores of "
                  "whole texts, damage).",
                  report.recomputed, report.not_recomputed)};
  for (const std::string& line : finding_lines(report.unjudged))
    lines.push_back(fmt::format("Not recomputed: {}.", line));
  if (report.imported > 0)
    lines.push_back(
        fmt::format("{} cells are imported, {} of them without items: nothing of these is recomputed.",
                    report.imported, report.imported_without_items));
  if (report.without_rounds > 0)
    lines.push_back(
        fmt::format("{} cells have speeds without rounds, as earlier versions measured them: these are not "
                    "recomputed.",
                    report.without_rounds));
  if (report.without_basis > 0)
    lines.push_back(
        fmt::format("{} cells were finished by an earlier version: rows that are missing are not noticed.",
                    report.without_basis));
  return lines;
}

base::Json to_json(const std::vector<verify::Finding>& findings) {
  base::Json json = base::Json::array();
  for (const verify::Finding& finding : findings)
    json.push_back({{"place", finding.place}, {"what", finding.what}});
  return json;
}

base::Json to_json(const verify::Report& report) {
  return {{"verified", report.findings.empty()},
          {"cells", report.cells},
          {"trials", report.trials},
          {"items", report.items},
          {"recomputed", report.recomputed},
          {"not_recomputed", report.not_recomputed},
          {"imported", report.imported},
          {"imported_without_items", report.imported_without_items},
          {"without_rounds", report.without_rounds},
          {"without_basis", report.without_basis},
          {"unjudged", to_json(report.unjudged)},
          {"findings", to_json(report.findings)}};
}

std::string csv(const std::vector<verify::Finding>& findings) {
  table::Sheet sheet({"place", "what"});
  for (const verify::Finding& finding : findings) {
    sheet.start_row();
    sheet.text("place", finding.place);
    sheet.text("what", finding.what);
  }
  return sheet.csv();
}

base::Json to_json(const bundle::Checked& checked, const bundle::Signature& signature) {
  base::Json json{{"sha256", checked.sha256},
                  {"generator", checked.head.generator},
                  {"items", bundle::name(checked.head.items)},
                  {"signature", bundle::name(signature.state)}};
  base::set_if(json, "newest", checked.head.newest);
  base::set_if(json, "key", signature.key);
  base::set_if(json, "identity", signature.signer);
  base::set_if(json, "unchecked_because", signature.why_unchecked);
  return json;
}

// What is judged, and what is told of it beside the report.
struct Subject {
  std::string name;
  std::vector<std::string> lines;
  base::Json json;
};

// "The store is as it was written, and its models answer as is stored."
std::string verdict(const verify::Report& report, const Subject& subject, const AskedAgain& asked) {
  const bool has_wrong_answers = asked.outcome != nullptr && !asked.outcome->findings.empty();
  if (!report.findings.empty() || has_wrong_answers)
    return fmt::format("The {} is not to be trusted.", subject.name);
  const bool was_asked = asked.outcome != nullptr && !asked.only_looked && !asked.outcome->cells.empty();
  const char* answers = "";
  if (was_asked)
    answers = asked.outcome->is_complete() ? ", and its models answer as is stored"
                                           : "; not all answers could be had again";
  return fmt::format("The {} is as it was written{}.", subject.name, answers);
}

std::string page_of(const verify::Report& report, const Subject& subject, const AskedAgain& asked,
                    table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) {
    base::Json json = to_json(report);
    if (!subject.json.is_null()) json[subject.name] = subject.json;
    if (asked.outcome != nullptr) {
      json["verified"] = report.findings.empty() && asked.outcome->findings.empty();
      json["asked_again"] = report::to_json(*asked.outcome, asked.only_looked);
    }
    return base::to_text(json, 2) + "\n";
  }
  if (format == table::Format::csv) {
    std::vector<verify::Finding> findings = report.findings;
    if (asked.outcome != nullptr)
      findings.insert(findings.end(), asked.outcome->findings.begin(), asked.outcome->findings.end());
    return csv(findings);
  }
  std::vector<std::string> checked = checked_lines(report);
  checked.insert(checked.end(), subject.lines.begin(), subject.lines.end());
  table::Page page;
  page.emplace_back(table::Lines{"Not as it was written, or not what its raw data give",
                                 finding_lines(report.findings), table::Tone::alarm, true});
  page.emplace_back(table::Lines{"Checked", std::move(checked), table::Tone::quiet, true});
  if (asked.outcome != nullptr) {
    table::Page more = asked_again_page(*asked.outcome, asked.only_looked);
    page.insert(page.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  }
  page.emplace_back(table::Lines{"", {verdict(report, subject, asked)}, table::Tone::plain, true});
  return page_text(page, format, style);
}

}  // namespace

std::string verify_page(const verify::Report& report, table::Format format, const table::TerminalStyle& style,
                        const AskedAgain& asked) {
  return page_of(report, {"store", {}, {}}, asked, format, style);
}

std::string verify_page(const bundle::Checked& checked, const bundle::Signature& signature,
                        table::Format format, const table::TerminalStyle& style, const AskedAgain& asked) {
  Subject subject{"bundle", {}, to_json(checked, signature)};
  if (!checked.sha256.empty())
    subject.lines.push_back(fmt::format("SHA-256 of the content: {}", checked.sha256));
  if (checked.head.items == bundle::ItemForm::hashes)
    subject.lines.push_back("Items have their scores and the hashes of their texts.");
  subject.lines.push_back(bundle::sentence(signature));
  return page_of(checked.report, subject, asked, format, style);
}

}  // namespace bantam::report
