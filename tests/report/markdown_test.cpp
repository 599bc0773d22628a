#include <gtest/gtest.h>

#include "base/text.hpp"
#include "report/render.hpp"
#include "report/sample_analysis.hpp"

namespace bantam::report {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(markdown, tables_with_the_best_in_bold) {
  const std::string text = render_markdown(sample_analysis());
  EXPECT_TRUE(contains(text,
                       "## Speed\n\n"
                       "| Model | Precision | TTFT | Decode tok/s |\n"
                       "|---|---|---:|---:|\n"
                       "| nano | fp16 | 100 ms ±1.0 % | 500 ±1.0 % |\n"
                       "| nano | int8 | *failed* | *failed* |\n"
                       "| nano | int4 | **80.0 ms ±1.0 %** | **900 ±1.0 %** |\n"))
      << text;
}

TEST(markdown, scores_of_an_encoder_stand_with_its_name) {
  auto records = sample_records();
  for (record::Record& record : records) {
    if (record.task == "qa")
      record.task_info["embedding_model"]["bertscore"]["qa"]["name"] = "bertscore_all-MiniLM-L6-v2_L5";
  }
  const std::string text = render_markdown(analyze::analyze(records, sample_items, "fp16").value());
  EXPECT_TRUE(contains(text, "BERTScore of qa: bertscore")) << text;
  EXPECT_TRUE(contains(text, "L5, not rescaled.")) << text;
  EXPECT_FALSE(contains(render_markdown(sample_analysis()), "BERTScore"));
}

TEST(markdown, names_cannot_break_out_of_their_cell) {
  const std::string text = render_markdown(sample_analysis_named("a|b<script>`x`\n[l](u)", "q_a*"));
  EXPECT_TRUE(contains(text, "| a\\|b&lt;script&gt;\\`x\\`\\\\x0a\\[l\\](u) | fp16 |")) << text;
  EXPECT_FALSE(contains(text, "<script>"));
  EXPECT_TRUE(contains(text, "q\\_a\\*"));
}

}  // namespace
}  // namespace bantam::report
