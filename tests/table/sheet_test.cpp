#include "table/sheet.hpp"

#include <gtest/gtest.h>

namespace bantam::table {
namespace {

TEST(sheet, fields_stand_below_their_column_and_absent_ones_are_empty) {
  Sheet sheet({"model", "n"});
  sheet.start_row();
  sheet.count("n", 3);
  sheet.text("model", "nano");
  sheet.start_row();
  sheet.number("share", 0.5);
  sheet.number("n", std::optional<double>());
  EXPECT_EQ(sheet.csv(), "model,n,share\r\nnano,3,\r\n,,0.5\r\n");
  EXPECT_EQ(sheet.csv("\n"), "model,n,share\nnano,3,\n,,0.5\n");
}

TEST(sheet, numbers_are_plain_and_read_back) {
  Sheet sheet;
  sheet.start_row();
  sheet.number("whole", 500.0);
  sheet.number("negative", -0.08);
  sheet.number("exact", 0.03857421875);
  EXPECT_EQ(sheet.csv("\n"), "whole,negative,exact\n500,-0.08,0.03857421875\n");
}

TEST(sheet, texts_are_quoted_by_rfc_4180_and_formulas_disarmed) {
  Sheet sheet({"=a"});
  for (const char* text : {"=cmd()", "+1", "-2", "@x", "a,\"b\"\nc"}) {
    sheet.start_row();
    sheet.text("=a", text);
  }
  EXPECT_EQ(sheet.csv("\n"), "'=a\n'=cmd()\n'+1\n'-2\n'@x\n\"a,\"\"b\"\"\nc\"\n");
}

TEST(sheet, texts_hide_and_reorder_nothing) {
  Sheet sheet({"model\u2066"});
  for (const char* text : {"a\u202Eb", "\u200F=cmd()", "a\tb\rc\xC2\x85"}) {
    sheet.start_row();
    sheet.text("model\u2066", text);
  }
  EXPECT_EQ(sheet.csv("\n"), "model\\u{2066}\na\\u{202e}b\n\\u{200f}=cmd()\na\\x09b\\x0dc\\u{85}\n");
}

}  // namespace
}  // namespace bantam::table
