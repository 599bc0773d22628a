#include "table/latex.hpp"

#include <gtest/gtest.h>

namespace bantam::table {
namespace {

TEST(latex, nothing_in_a_text_acts) {
  EXPECT_EQ(latex_escaped("a_b & 5 % of #1 {x}"), "a\\_b \\& 5 \\% of \\#1 \\{x\\}");
  EXPECT_EQ(latex_escaped("\\input{/etc/passwd}"), "\\textbackslash{}input\\{/etc/passwd\\}");
  EXPECT_EQ(latex_escaped("$x^2~y$"), "\\$x\\textasciicircum{}2\\textasciitilde{}y\\$");
  EXPECT_EQ(latex_escaped("-- ``"), "{-}{-} {`}{`}");  // no dash, no quotation mark
  EXPECT_EQ(latex_escaped("\""), "\\symbol{34}");  // \\textquotedbl is not in LaTeX's own encoding of fonts
}

TEST(latex, known_symbols_are_shown_and_others_named) {
  EXPECT_EQ(latex_escaped("14.2 ms ±0.8 %"), "14.2 ms $\\pm$0.8 \\%");
  EXPECT_EQ(latex_escaped("178 µs"), "178 $\\mu$s");
  EXPECT_EQ(latex_escaped("–"), "--");
  EXPECT_EQ(latex_escaped("中"), "{[}U+4E2D{]}");
  EXPECT_EQ(latex_escaped("😀"), "{[}U+1F600{]}");
}

TEST(latex, a_table_has_rules_a_caption_and_its_best_in_bold) {
  Table table("Speed", 1, {"Model", "Decode"});
  table.rows.push_back({{"nano", Mark::none}, {"100", Mark::best}});
  table.notes.emplace_back("No TTFT.");
  EXPECT_EQ(latex_text({table, Table("Empty", 1, {"x"})}), R"(% \usepackage{booktabs}

\begin{table}
  \centering
  \caption{Speed}
  \begin{tabular}{lr}
  \toprule
  Model & Decode \\
  \midrule
  nano & \textbf{100} \\
  \bottomrule
  \end{tabular}

  No TTFT.
\end{table}
)");
}

// A line of the class article has room for some eighty small letters.
TEST(latex, a_wide_table_becomes_several_with_the_keys_in_each) {
  Table table("Speed", 1, {"Model", "A", "B"});
  table.add_row({"nano", std::string(50, 'a'), std::string(50, 'b')});
  table.notes.emplace_back("A note.");
  EXPECT_EQ(latex_text({table}),
            "% \\usepackage{booktabs}\n"
            "\n\\begin{table}\n  \\centering\n  \\caption{Speed}\n  \\footnotesize\n"
            "  \\begin{tabular}{lr}\n  \\toprule\n  Model & A \\\\\n  \\midrule\n"
            "  nano & " +
                std::string(50, 'a') +
                " \\\\\n  \\bottomrule\n  \\end{tabular}\n\\end{table}\n"
                "\n\\begin{table}\n  \\centering\n  \\caption{Speed (continued)}\n  \\footnotesize\n"
                "  \\begin{tabular}{lr}\n  \\toprule\n  Model & B \\\\\n  \\midrule\n"
                "  nano & " +
                std::string(50, 'b') +
                " \\\\\n  \\bottomrule\n  \\end{tabular}\n"
                "\n  A note.\n\\end{table}\n");
}

TEST(latex, a_name_leaves_room_for_figures) {
  Table table("Speed", 1, {"Model", "Decode"});
  table.add_row({std::string(200, 'm') + "é", "100"});
  const std::string text = latex_text({table});
  EXPECT_EQ(text.find(std::string(80, 'm')), std::string::npos);
  EXPECT_NE(text.find("mmm... & 100 "), std::string::npos);
}

TEST(latex, many_notes_are_a_table_of_their_own) {
  Table table("Speed", 1, {"Model", "Decode"});
  table.add_row({"nano", "100"});
  for (int note = 0; note < 60; ++note) table.notes.push_back("note " + std::to_string(note));
  const std::string text = latex_text({table});
  EXPECT_LT(text.find("\\end{table}"), text.find("note 0\n"));
  EXPECT_NE(text.find("\\caption{Speed (notes)}"), std::string::npos);
  EXPECT_NE(text.find("note 59\n\\end{table}"), std::string::npos);
}

TEST(latex, a_long_table_becomes_several) {
  Table table("Speed", 1, {"Model", "Decode"});
  for (int row = 0; row < 90; ++row) table.add_row({"nano", std::to_string(row)});
  const std::string text = latex_text({table});
  std::size_t tables = 0;
  for (std::size_t at = text.find("\\begin{table}"); at != std::string::npos;
       at = text.find("\\begin{table}", at + 1))
    ++tables;
  EXPECT_EQ(tables, 3U);  // of 40, 40 and 10 rows
  EXPECT_NE(text.find("nano & 89 "), std::string::npos);
}

}  // namespace
}  // namespace bantam::table
