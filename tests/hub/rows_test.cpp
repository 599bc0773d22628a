#include "hub/rows.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace bantam::hub {
namespace {

using testing::HasSubstr;

class RowsTest : public testing::Test {
 protected:
  base::Result<std::vector<base::Json>> read(const std::string& name, const std::string& content) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return read_rows(path);
  }

  std::string error(const std::string& name, const std::string& content) {
    const auto rows = read(name, content);
    return rows ? "no error" : rows.error().message;
  }

  support::TempDir folder_;
};

TEST_F(RowsTest, JsonLinesKeepOrderTypesAndEmptyLines) {
  const auto rows = read("a.jsonl", "{\"b\": 1, \"a\": [\"x\"]}\r\n\n{\"b\": 2.5, \"a\": null}");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(base::to_text((*rows)[0]), R"({"b":1,"a":["x"]})");
  EXPECT_EQ(base::to_text((*rows)[1]), R"({"b":2.5,"a":null})");
}

TEST_F(RowsTest, OnlyNewlineEndsALine) {
  const auto rows = read("a.jsonl",
                         "{\"t\": \"a\xE2\x80\xA8"
                         "b\xC2\x85"
                         "c\"}\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0]["t"],
            "a\xE2\x80\xA8"
            "b\xC2\x85"
            "c");
}

TEST_F(RowsTest, MissingColumnsAreNull) {
  const auto rows = read("a.jsonl", "{\"a\": 1}\n{\"b\": 2}\n");
  ASSERT_TRUE(rows);
  EXPECT_TRUE((*rows)[0].at("b").is_null());
  EXPECT_TRUE((*rows)[1].at("a").is_null());
}

TEST_F(RowsTest, InvalidUnicodeIsReplacedAndNoRowIsLost) {
  const auto rows = read(
      "a.jsonl", "\xEF\xBB\xBF{\"t\": \"x\xFFy\"}\n{\"t\": \"\\ud83d\\ude00 \\ud83d! \\udc00 \\\\ud800\"}\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0]["t"], "x\xEF\xBF\xBDy");
  EXPECT_EQ((*rows)[1]["t"], "\xF0\x9F\x98\x80 \xEF\xBF\xBD! \xEF\xBF\xBD \\ud800");
}

TEST_F(RowsTest, ErrorsNameFileAndLine) {
  EXPECT_THAT(error("a.jsonl", "{\"a\": 1}\n{\"a\": \n"), HasSubstr("a.jsonl, line 2"));
  EXPECT_THAT(error("a.jsonl", "[1]\n"), HasSubstr("line 1"));
  EXPECT_THAT(error("a.jsonl", "\n \n"), HasSubstr("no rows"));
  EXPECT_THAT(error("a.txt", "x"), HasSubstr("kind of data file"));
  EXPECT_THAT(error("a.csv", "a,b\n1,2\n3\n"), HasSubstr("a.csv, line 3"));
  EXPECT_THAT(error("a.csv", "a,b\n1,\"2\n"), HasSubstr("line 2"));
  EXPECT_THAT(error("a.csv", "a,a\n1,2\n"), HasSubstr("'a' is named twice"));
}

TEST_F(RowsTest, DeepNestingIsRefusedWithoutRecursion) {
  EXPECT_THAT(error("a.jsonl", "{\"a\": " + std::string(100000, '[') + "\n"), HasSubstr("line 1"));
}

TEST_F(RowsTest, HugeLineIsRefused) {
  EXPECT_THAT(error("a.jsonl", "{\"a\": 1}\n{\"a\": \"" + std::string(std::size_t{65} << 20, 'x') + "\"}\n"),
              HasSubstr("line 2"));
}

TEST_F(RowsTest, JsonArrayAndJsonLinesInAJsonFile) {
  EXPECT_EQ(read("a.json", " [{\"a\": 1}, {\"a\": 2}]")->size(), 2u);
  EXPECT_EQ(read("b.json", "{\"a\": 1}\n{\"a\": 2}\n")->size(), 2u);
  EXPECT_THAT(error("c.json", "[1]"), HasSubstr("element 0"));
}

TEST_F(RowsTest, CsvQuotesLineBreaksAndTypes) {
  const auto rows = read("a.csv",
                         "\xEF\xBB\xBFid,text,score,flag,mixed\r\n"
                         "1,\"say \"\"hi\"\",\r\nplease\",0.5,True,7\r\n"
                         "2,plain,,False,seven\r\n");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(base::to_text((*rows)[0]),
            R"({"id":1,"text":"say \"hi\",\r\nplease","score":0.5,"flag":true,"mixed":"7"})");
  EXPECT_EQ(base::to_text((*rows)[1]),
            R"({"id":2,"text":"plain","score":null,"flag":false,"mixed":"seven"})");
}

TEST_F(RowsTest, CsvWithoutAHead) {
  std::ofstream(folder_.path() / "a.csv") << "one;1\n\"two\nlines\";2\nthree;3\n";
  const auto placed = read_placed_rows(folder_.path() / "a.csv", {{"q", "a"}, ';'});
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(base::to_text(placed->rows.at(1)), R"({"q":"two\nlines","a":2})");
  EXPECT_EQ(placed->lines, (std::vector<std::size_t>{1, 2, 4}));
}

TEST_F(RowsTest, Tsv) {
  const auto rows = read("a.tsv", "q\ta\nwhat, why?\tyes\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[0]["q"], "what, why?");
}

}  // namespace
}  // namespace bantam::hub
