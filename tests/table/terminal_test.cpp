#include <gtest/gtest.h>

#include "table/render.hpp"

namespace bantam::table {
namespace {

Table sizes() {
  Table table("Sizes", 2, {"model", "precision", "file", "peak"});
  table.rows = {{{"nano"}, {"fp16"}, {"6.94 MiB"}, {"21.5 MiB", Mark::worse}},
                {{"nano"}, {"int4"}, {"2.22 MiB", Mark::best}, {"failed", Mark::problem}}};
  table.notes = {"Read from the file."};
  return table;
}

TEST(terminal, keys_stand_left_figures_right_and_marks_behind_them) {
  EXPECT_EQ(terminal_text({sizes()}, {80, false}),
            "Sizes\n"
            "model  precision      file        peak\n"
            "nano   fp16       6.94 MiB    21.5 MiB !\n"
            "nano   int4       2.22 MiB *    failed\n"
            "Read from the file.\n");
}

TEST(terminal, colours_say_the_same_as_marks) {
  EXPECT_EQ(terminal_text({sizes()}, {80, true}),
            "\x1b[1mSizes\x1b[0m\n"
            "\x1b[2mmodel  precision      file        peak\x1b[0m\n"
            "nano   fp16       6.94 MiB    \x1b[31m21.5 MiB !\x1b[0m\n"
            "nano   int4       \x1b[1;32m2.22 MiB *\x1b[0m    \x1b[31mfailed  \x1b[0m\n"
            "\x1b[2mRead from the file.\x1b[0m\n");
}

TEST(terminal, a_wide_table_is_split_and_each_part_has_the_keys) {
  Table table("", 1, {"a name that is long", "first figure of all", "second figure", "third figure"});
  table.add_row({"x", "1", "2", "3"});
  EXPECT_EQ(terminal_text({table}, {60, false}),
            "a name that is long  first figure of all  second figure\n"
            "x                                      1              2\n"
            "\n"
            "a name that is long  third figure\n"
            "x                               3\n");
  EXPECT_EQ(terminal_text({table}, {80, false}),
            "a name that is long  first figure of all  second figure  third figure\n"
            "x                                      1              2             3\n");
}

TEST(terminal, long_names_leave_room_for_a_figure) {
  Table table("", 1, {"name", "figure"});
  table.add_row({std::string(70, 'n'), "12345678"});
  EXPECT_EQ(terminal_text({table}, {60, false}),
            "name                                                  figure\n" + std::string(49, 'n') +
                "…  12345678\n");
}

TEST(terminal, columns_may_stand_left_and_have_a_least_width) {
  Table table;
  table.columns = {{"task", Align::left, 8}, {"items", Align::right, 7}, {"file", Align::left}};
  table.add_row({"qa", "10", "made"});
  table.add_row({"topic", "9", ""});
  EXPECT_EQ(terminal_text({table}, {80, false}),
            "task        items  file\n"
            "qa             10  made\n"
            "topic           9\n");
}

TEST(terminal, blocks_have_a_blank_line_between_them_and_empty_ones_are_left_out) {
  Facts facts{"CPU", {}};
  facts.add("cores", std::string("4"));
  facts.add("governor", std::optional<std::string>());
  facts.add("frequency", std::optional<double>(2.5),
            [](double hz) { return std::to_string(int(hz)) + " GHz"; });
  const Lines whole{"", {"a path that is longer than the terminal is wide: /" + std::string(40, 'x') + "/y"}};
  const Lines wrapped{"Notes",
                      {"Words go on the next line, indented, where they do not fit into sixty columns."},
                      Tone::plain,
                      true};
  EXPECT_EQ(terminal_text({facts, Lines{"Not ok", {}}, whole, wrapped}, {60, false}),
            "CPU\n"
            "  cores               4\n"
            "  frequency           2 GHz\n"
            "\n"
            "a path that is longer than the terminal is wide: /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/y\n"
            "\n"
            "Notes\n"
            "Words go on the next line, indented, where they do not fit\n"
            "  into sixty columns.\n");
}

TEST(terminal, nothing_in_a_text_acts_on_it) {
  Table table("a\x1b[2J", 1, {"b\a", "c"});
  table.add_row({"d\n", "e\x1b"});
  table.notes = {"f\r"};
  Facts facts{"g\x1b", {{"h\b", "i\t"}}};
  EXPECT_EQ(terminal_text({table, facts, Lines{"j\v", {"k\x7f"}}}, {80, false}),
            "a\\x1b[2J\n"
            "b\\x07      c\n"
            "d\\x0a  e\\x1b\n"
            "f\\x0d\n"
            "\n"
            "g\\x1b\n"
            "  h\\x08               i\\x09\n"
            "\n"
            "j\\x0b\n"
            "k\\x7f\n");
}

}  // namespace
}  // namespace bantam::table
