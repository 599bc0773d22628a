#include <gtest/gtest.h>

#include "table/render.hpp"

namespace bantam::table {
namespace {

TEST(markdown, marks_are_bold_italic_or_signs) {
  Table table("Sizes", 1, {"precision", "file", "peak"});
  table.rows = {{{"fp16"}, {"6.94 MiB", Mark::shared}, {"21.5 MiB", Mark::worse}},
                {{"int4"}, {"2.22 MiB", Mark::best}, {"failed", Mark::problem}},
                {{"int3"}, {"", Mark::problem}, {"-"}}};
  table.notes = {"Read from the file."};
  EXPECT_EQ(markdown_text({table}),
            "## Sizes\n"
            "\n"
            "| precision | file | peak |\n"
            "|---|---:|---:|\n"
            "| fp16 | 6.94 MiB \\~ | 21.5 MiB ! |\n"
            "| int4 | **2.22 MiB** | *failed* |\n"
            "| int3 |  | - |\n"
            "\n"
            "- Read from the file.\n");
}

TEST(markdown, facts_are_a_table_and_lines_a_list) {
  Facts facts{"nano", {{"bos token", "1  <s>"}, {"type", "Q4_K"}}};
  EXPECT_EQ(markdown_text({facts, Lines{"Notes", {"a", "  b"}}, Lines{"Not ok", {}}}),
            "## nano\n"
            "\n"
            "| | |\n"
            "|---|---|\n"
            "| bos token | 1  &lt;s&gt; |\n"
            "| type | Q4\\_K |\n"
            "\n"
            "## Notes\n"
            "\n"
            "- a\n"
            "- b\n");
}

TEST(markdown, texts_cannot_break_out_of_their_cell) {
  Table table("", 1, {"a|b"});
  table.add_row({"<script>`x`\n[l](u)"});
  EXPECT_EQ(markdown_text({table}),
            "| a\\|b |\n"
            "|---|\n"
            "| &lt;script&gt;\\`x\\`\\\\x0a\\[l\\](u) |\n");
}

TEST(markdown, titles_are_text_too) {
  EXPECT_EQ(markdown_text({Facts{"<img src=x onerror=f()> [a](b)\u202E", {{"a", "b"}}}}),
            "## &lt;img src=x onerror=f()&gt; \\[a\\](b)\\\\u{202e}\n"
            "\n"
            "| | |\n"
            "|---|---|\n"
            "| a | b |\n");
}

TEST(markdown, a_table_of_markdown_stays_as_it_is) {
  Table table("", 2, {"name", "what"});
  table.add_row({"`a_b`", "[x](y) & z"});
  EXPECT_EQ(markdown_rows(table),
            "| name | what |\n"
            "|---|---|\n"
            "| `a_b` | [x](y) & z |\n");
}

TEST(page_text, is_markdown_only_where_that_is_the_format) {
  const Page page{Lines{"", {"x"}}};
  EXPECT_EQ(page_text(page, Format::md, {}), "- x\n");
  EXPECT_EQ(page_text(page, Format::table, {}), "x\n");
}

TEST(parse_format, knows_its_names) {
  EXPECT_EQ(parse_format("JSON"), Format::json);
  EXPECT_EQ(parse_format("table"), Format::table);
  EXPECT_EQ(parse_format("xml").error().kind, base::ErrorKind::usage);
}

}  // namespace
}  // namespace bantam::table
