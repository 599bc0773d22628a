#include <gtest/gtest.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "record/block_energy.hpp"
#include "report/analysis_page.hpp"
#include "report/sample_analysis.hpp"

namespace bantam::report {
namespace {

using Row = std::map<std::string, std::string>;

// A reader of RFC 4180 of its own: quoted fields, doubled quotes, line breaks in fields, CRLF.
std::vector<std::vector<std::string>> parse(const std::string& text) {
  std::vector<std::vector<std::string>> lines{{""}};
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = lines.back().back();
    if (in_quotes) {
      if (text[i] != '"') {
        field += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[i++];
      } else {
        in_quotes = false;
      }
    } else if (text[i] == '"') {
      in_quotes = true;
    } else if (text[i] == ',') {
      lines.back().emplace_back();
    } else if (text[i] == '\r') {
      ++i;
      lines.push_back({""});
    } else {
      field += text[i];
    }
  }
  lines.pop_back();
  return lines;
}

std::vector<Row> rows(const std::string& text) {
  const auto lines = parse(text);
  std::vector<Row> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].size(), lines[0].size());
    Row row;
    for (std::size_t c = 0; c < lines[i].size(); ++c) row[lines[0][c]] = lines[i][c];
    rows.push_back(row);
  }
  return rows;
}

record::Record energy_by(const std::string& model, double joules, const std::string& sensor) {
  record::Record record = support::cell(model, "fp16", "energy");
  record.metrics["energy_per_request_j"] = support::exact(joules);
  record::SourceEnergy source;
  source.name = source.kind = sensor;
  source.scope = "package";
  source.grade = "B";
  source.is_headline = true;
  record::BlockEnergy energy;
  energy.requests = 2;
  energy.sources = {source};
  record::set_block_energy(record, energy);
  return record;
}

TEST(summary_csv, energies_of_different_sensors_have_no_common_mean) {
  const std::vector<record::Record> records{energy_by("a", 10.0, "rapl"), energy_by("b", 30.0, "meter"),
                                            energy_by("c", 20.0, "rapl")};
  std::map<std::string, std::pair<std::string, double>> means;
  for (const Row& row : rows(summary_csv(analyze::analyze(records, sample_items, "fp16").value()))) {
    if (row.at("metric") == "energy_per_request_j")
      means[row.at("sensor")] = {row.at("models"), std::stod(row.at("mean"))};
  }
  ASSERT_EQ(means.size(), 2U);
  EXPECT_EQ(means["rapl (package, grade B)"], (std::pair<std::string, double>{"2", 15.0}));
  EXPECT_EQ(means["meter (package, grade B)"], (std::pair<std::string, double>{"1", 30.0}));
}

TEST(results_csv, has_the_warnings_each_kind_once) {
  auto records = sample_records();
  records[0].warnings = {"swap"};
  records[3].warnings = {"acc is 1 on every item"};
  const auto all = rows(results_csv(analyze::analyze(records, sample_items, "fp16").value()));
  EXPECT_EQ(all[0].at("warnings"), "performance: swap; qa: acc is 1 on every item");
}

TEST(results_csv, plain_numbers_with_limits_and_empty_fields_for_absent_values) {
  const auto all = rows(results_csv(sample_analysis()));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].at("precision"), "fp16");
  EXPECT_EQ(all[0].at("status"), "ok");
  EXPECT_EQ(all[0].at("outcome"), "ok");
  EXPECT_EQ(all[1].at("outcome"), "failed");
  EXPECT_EQ(all[0].at("warnings"), "");
  EXPECT_EQ(all[0].at("decode_tokens_per_s"), "500");
  EXPECT_EQ(all[0].at("decode_tokens_per_s_low"), "495");
  EXPECT_EQ(all[0].at("decode_tokens_per_s_n"), "12");
  EXPECT_EQ(all[0].at("ttft_s"), "0.1");
  EXPECT_EQ(all[0].at("device_memory_bytes"), "");
  EXPECT_EQ(all[0].at("qa:acc"), "0.8");
  EXPECT_EQ(all[0].at("qa:acc_stderr"), "0.01");
  EXPECT_EQ(all[0].at("qa:acc_high"), "0.87");
  EXPECT_EQ(all[1].at("status"), "performance: failed: SIGILL");
  EXPECT_EQ(all[1].at("ttft_s"), "") << "a failure is never 0";
  EXPECT_EQ(all[1].at("bits_per_weight"), "8.5");
  EXPECT_EQ(all[1].at("qa:acc"), "");
}

TEST(impact_csv, speed_ups_reductions_and_paired_differences) {
  const auto all = rows(impact_csv(sample_analysis()));
  ASSERT_EQ(all.size(), 2U);
  const Row& int4 = all[1];
  EXPECT_EQ(int4.at("base_precision"), "fp16");
  EXPECT_NEAR(std::stod(int4.at("decode_speedup")), 1.8, 1e-12);
  EXPECT_NEAR(std::stod(int4.at("ttft_speedup")), 1.25, 1e-12);
  EXPECT_EQ(int4.at("file_size_ratio"), "0.25");
  EXPECT_EQ(int4.at("file_size_reduction"), "0.75");
  EXPECT_EQ(int4.at("pss_peak_ratio"), "0.75");
  EXPECT_EQ(int4.at("qa:acc_difference"), "-0.08");
  EXPECT_EQ(int4.at("qa:lost"), "10");
  EXPECT_EQ(int4.at("qa:gained"), "2");
  EXPECT_EQ(int4.at("qa:p"), "0.03857421875") << "158 / 4096, exact in binary";
  EXPECT_EQ(int4.at("qa:verdict"), "worse");
  EXPECT_EQ(all[0].at("decode_speedup"), "") << "int8 failed";
}

TEST(csv, quotes_by_rfc_4180_and_disarms_formulas) {
  for (const char* name : {"=cmd()", "+1", "-2", "@x"}) {
    const auto all = rows(results_csv(sample_analysis_named(name, "qa")));
    EXPECT_EQ(all.at(0).at("model"), std::string("'") + name);
  }
  // No cell begins with a tab, which spreadsheets pass over.
  EXPECT_EQ(rows(results_csv(sample_analysis_named("\t=x", "qa"))).at(0).at("model"), "\\x09=x");
  const auto all = rows(results_csv(sample_analysis_named("a,\"b\"\nc", "=qa")));
  EXPECT_EQ(all.at(0).at("model"), "a,\"b\"\nc");
  EXPECT_EQ(all.at(0).at("'=qa:acc"), "0.8");
}

TEST(csv, negative_numbers_stay_numbers) {
  EXPECT_NE(impact_csv(sample_analysis()).find(",-0.08,"), std::string::npos);
}

}  // namespace
}  // namespace bantam::report
