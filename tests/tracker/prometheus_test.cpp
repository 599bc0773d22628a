#include "tracker/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tracker/sample_runs.hpp"

namespace bantam::tracker {
namespace {

using support::sample_records;
using support::sample_runs;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(GaugeName, HasTheUnitOfItsMetric) {
  EXPECT_EQ(gauge_name("ttft_s"), "bantam_ttft_seconds");
  EXPECT_EQ(gauge_name("ttft_s", "low"), "bantam_ttft_low_seconds");
  EXPECT_EQ(gauge_name("decode_tokens_per_s"), "bantam_decode_tokens_per_second");
  EXPECT_EQ(gauge_name("requests_per_s"), "bantam_requests_per_second");
  EXPECT_EQ(gauge_name("file_bytes", "high"), "bantam_file_high_bytes");
  EXPECT_EQ(gauge_name("energy_per_request_j"), "bantam_energy_per_request_joules");
  EXPECT_EQ(gauge_name("mean_power_w"), "bantam_mean_power_watts");
  EXPECT_EQ(gauge_name("kld_mean"), "bantam_kld_mean_nats");
  EXPECT_EQ(gauge_name("failed"), "bantam_failed_items");
  EXPECT_EQ(gauge_name("acc"), "bantam_acc");
  EXPECT_EQ(gauge_name("acc_bytes", "low"), "bantam_acc_bytes_low");  // of answers: no size
  EXPECT_EQ(gauge_name("chrf++"), "bantam_chrf__");
  EXPECT_EQ(gauge_name("no metric of the catalogue"), "bantam_no_metric_of_the_catalogue");
}

TEST(LabelValue, IsEscaped) {
  EXPECT_EQ(label_value("a\"b\\c"), R"(a\"b\\c)");
  EXPECT_EQ(label_value("a\nb"), R"(a\\x0ab)");  // made visible, its backslash escaped
  EXPECT_EQ(label_value("caf\xc3\xa9 \xff"), "caf\xc3\xa9 \xef\xbf\xbd");
}

TEST(PrometheusText, HasWhatIsKnownAndNothingElse) {
  const std::string text = prometheus_text(sample_runs());
  EXPECT_THAT(text, StartsWith(kPrometheusHead));
  EXPECT_THAT(text, HasSubstr("\n# HELP bantam_ttft_seconds Time to first token: "));
  EXPECT_THAT(text, HasSubstr("\n# TYPE bantam_ttft_seconds gauge\n"
                              "bantam_ttft_seconds{model=\"nano\",precision=\"fp16\",task=\"performance\","
                              "machine=\"0123456789ab\",evidence=\"measured\"} 0.04\n"));
  EXPECT_THAT(text, HasSubstr("bantam_ttft_low_seconds{"));
  EXPECT_THAT(
      text,
      HasSubstr("bantam_exact_match{model=\"nano\",precision=\"fp16\",task=\"qa\",filter=\"strict-match\","
                "machine=\"0123456789ab\",evidence=\"measured\"} 0.5\n"));
  EXPECT_THAT(text, HasSubstr("task=\"qa\",part=\"qa_easy\","));
  EXPECT_THAT(text, HasSubstr("task=\"mmlu\",evidence=\"imported\"} 0.25\n"));
  EXPECT_THAT(text, HasSubstr("bantam_cell_info{model=\"nano\",precision=\"int8\",task=\"performance\","
                              "evidence=\"measured\",outcome=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bantam_finished_timestamp_seconds{model=\"nano\",precision=\"fp16\","
                              "machine=\"0123456789ab\"} 1769860920\n"));
  EXPECT_THAT(text, Not(HasSubstr("device_memory")));  // absent
  EXPECT_THAT(text, Not(HasSubstr("precision=\"int8\",task=\"performance\",machine")));
  EXPECT_THAT(text, Not(HasSubstr("} 0\n")));
}

TEST(PrometheusText, EachFamilyStandsOnce) {
  const std::string text = prometheus_text(sample_runs());
  for (std::size_t at = text.find("# TYPE "); at != std::string::npos; at = text.find("# TYPE ", at + 1)) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    EXPECT_EQ(text.find(line + "\n", at + 1), std::string::npos) << line;
  }
}

TEST(PrometheusText, NothingInANameEndsItsLabel) {
  auto records = sample_records();
  for (record::Record& record : records) record.model = "x\"} 1\nevil{a=\"";
  const auto runs = runs_of(records, {});
  ASSERT_TRUE(runs);
  EXPECT_THAT(prometheus_text(*runs), HasSubstr(R"(model="x\"} 1\\x0aevil{a=\"",precision)"));
}

}  // namespace
}  // namespace bantam::tracker
