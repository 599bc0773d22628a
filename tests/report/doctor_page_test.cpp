#include "report/doctor_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using base::Json;
using table::Format;

record::Item answered() {
  record::Item item;
  item.task = "qa";
  item.doc_id = 7;
  item.content = Json{{"context", "Question: two and two?\nAnswer:\x1b"},
                      {"first_tokens", {{{"id", 1}, {"text", ""}}, {{"id", 52}, {"text", "Quest"}}}},
                      {"resps", {" 4"}},
                      {"finish", "stop"},
                      {"filtered_resps", {{"strict", "4"}}},
                      {"target", "4"}};
  item.metrics = {{"exact_match", 1.0}};
  return item;
}

run::Diagnosis diagnosis() {
  run::DoctorWay raw;
  raw.name = "raw";
  raw.items = {answered()};
  raw.scores.metrics["exact_match"].value = 0.75;
  raw.scores.metrics["empty"].value = 2;
  raw.warnings = {"exact_match is at chance"};
  run::DoctorWay chat;
  chat.name = "chat template";
  chat.failure = base::Error{base::ErrorKind::bad_input, "the model has no template", ""};
  return {"nano", {"it is small"}, {{"qa", {raw, chat}}}};
}

TEST(doctor_page, terminal_shows_the_scores_then_an_item_of_each_way) {
  EXPECT_EQ(doctor_page(diagnosis(), Format::table, {80, false}),
            "warning: it is small\n"
            "\n"
            "qa\n"
            "asked          items  exact_match  prompt cut  at limit  incomplete  empty\n"
            "raw                1        0.750           -         -           -      2\n"
            "chat template      0       failed           -         -           -      -\n"
            "\n"
            "asked          unparsed\n"
            "raw                   -\n"
            "chat template         -\n"
            "\n"
            "qa, raw\n"
            "  scores: exact_match 0.750\n"
            "  warning: exact_match is at chance\n"
            "  item 7, as the model saw it:\n"
            "  | Question: two and two?\n"
            "  | Answer:\\x1b\n"
            "  tokens      1 (special), 52 \"Quest\"\n"
            "  answer      \" 4\"\n"
            "  finish      stop\n"
            "  extracted   \"4\" (strict)\n"
            "  right       \"4\"\n"
            "  score       exact_match 1\n"
            "\n"
            "qa, chat template\n"
            "  scores: failed\n"
            "  failed: the model has no template\n"
            "\n");
}

TEST(doctor_page, markdown_takes_no_markup_from_names_and_messages) {
  run::Diagnosis hostile = diagnosis();
  hostile.model = "<script>alert(1)</script>";
  hostile.warnings = {"<b>[x](http://evil)</b>"};
  hostile.tasks.front().name = "<img src=x>";
  const std::string page = doctor_page(hostile, Format::md, {});
  EXPECT_EQ(page.find('<'), std::string::npos) << page;
  EXPECT_TRUE(page.starts_with("# &lt;script&gt;alert(1)&lt;/script&gt;\n")) << page;
  EXPECT_NE(page.find("\\[x\\](http"), std::string::npos) << page;
}

TEST(doctor_page, markdown_fences_what_the_model_saw) {
  EXPECT_EQ(doctor_page(diagnosis(), Format::md, {}),
            "# nano\n"
            "\n"
            "warning: it is small\n"
            "\n"
            "## qa\n"
            "\n"
            "| asked | items | exact\\_match | prompt cut | at limit | incomplete | empty | unparsed |\n"
            "|---|---:|---:|---:|---:|---:|---:|---:|\n"
            "| raw | 1 | 0.750 | - | - | - | 2 | - |\n"
            "| chat template | 0 | failed | - | - | - | - | - |\n"
            "\n"
            "### qa, raw\n"
            "\n"
            "- scores: exact\\_match 0.750\n"
            "- warning: exact\\_match is at chance\n"
            "\n"
            "```\n"
            "  item 7, as the model saw it:\n"
            "  | Question: two and two?\n"
            "  | Answer:\\x1b\n"
            "  tokens      1 (special), 52 \"Quest\"\n"
            "  answer      \" 4\"\n"
            "  finish      stop\n"
            "  extracted   \"4\" (strict)\n"
            "  right       \"4\"\n"
            "  score       exact_match 1\n"
            "```\n"
            "\n"
            "### qa, chat template\n"
            "\n"
            "- scores: failed\n"
            "\n"
            "  failed: the model has no template\n"
            "\n");
}

TEST(doctor_page, a_long_prompt_is_cut_and_says_how_long_it_is) {
  run::Diagnosis seen = diagnosis();
  seen.warnings.clear();
  seen.tasks[0].ways.resize(1);
  seen.tasks[0].ways[0].items[0].content["context"] = std::string(1499, 'a') + "\nb";
  const std::string text = doctor_page(seen, Format::table, {200, false});
  EXPECT_NE(text.find("aaa\n  | ... (1501 bytes in all)\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace bantam::report
