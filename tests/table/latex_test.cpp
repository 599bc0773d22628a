#include "table/latex.hpp"

#include <gtest/gtest.h>

namespace bantam::table {
namespace {

TEST(latex, nothing_in_a_text_acts) {
  EXPECT_EQ(latex_escaped("a_b & 5 % of #1 {x}"), "a\\_b \\& 5 \\% of \\#1 \\{x\\}");
  EXPECT_EQ(latex_escaped("\\input{/etc/passwd}"), "\\textbackslash{}input\\{/etc/passwd\\}");
  EXPECT_EQ(latex_escaped("$x^2~y$"), "\\$x\\textasciicircum{}2\\textasciitilde{}y\\$");
  EXPECT_EQ(latex_escaped("-- ``"), "{-}{-} {`}{`}");  // no dash, no quotation mark
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

}  // namespace
}  // namespace bantam::table
