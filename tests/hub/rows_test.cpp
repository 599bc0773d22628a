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
  EXPECT_EQ(base::to_text((*rows)[0]), R"({"b":1.0,"a":["x"]})");
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
  EXPECT_EQ(base::to_text(*read("c.json", R"(["x", "y"])")), R"([{"text":"x"},{"text":"y"}])");
  EXPECT_THAT(error("d.json", "[[1]]"), HasSubstr("element 0"));
  EXPECT_THAT(error("e.json", R"([{"a": 1}, 2])"), HasSubstr("element 1"));
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
  EXPECT_THAT(read_placed_rows(folder_.path() / "a.csv", {{"q", "q"}, ';', "", false}).error().message,
              HasSubstr("'q' is named twice"));
  const auto placed = read_placed_rows(folder_.path() / "a.csv", {{"q", "a"}, ';', "", false});
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(base::to_text(placed->rows.at(1)), R"({"q":"two\nlines","a":2})");
  EXPECT_EQ(placed->lines, (std::vector<std::size_t>{1, 2, 4}));
}

TEST_F(RowsTest, Tsv) {
  const auto rows = read("a.tsv", "q\ta\nwhat, why?\tyes\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[0]["q"], "what, why?");
}

// The values below are those that load_dataset() of the Python package datasets 5.2.0 gives (pandas 3.1.1,
// pyarrow 26.0.1).

struct TypesCase {
  const char* file;
  const char* content;
  const char* rows;
};
// In the test's name, which must not hold where the texts lie.
void PrintTo(const TypesCase& types, std::ostream* out) {
  *out << types.file;
}

class ColumnTypesTest : public RowsTest, public testing::WithParamInterface<TypesCase> {};

TEST_P(ColumnTypesTest, AreThoseThatDatasetsGives) {
  const auto rows = read(GetParam().file, GetParam().content);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(base::to_text(*rows), GetParam().rows) << GetParam().content;
}

constexpr TypesCase kCsv[] = {
    {"a.csv", "a,b,c\n1,TRUE,x\n2,true,NA\n3,False,null\n",
     R"([{"a":1,"b":true,"c":"x"},{"a":2,"b":true,"c":null},{"a":3,"b":false,"c":null}])"},
    {"a.csv", "a,b\n1,TRUE\n2,\n,False\n", R"([{"a":1.0,"b":true},{"a":2.0,"b":null},{"a":null,"b":false}])"},
    {"a.csv", "a,b\n1,x\n2.5,y\n3,None\n", R"([{"a":1.0,"b":"x"},{"a":2.5,"b":"y"},{"a":3.0,"b":null}])"},
    {"a.csv", "a,b\n1,TRUE\n2,yes\n", R"([{"a":1,"b":"TRUE"},{"a":2,"b":"yes"}])"},
    {"a.csv", "a,b,c\n1e3,01,+5\n2, 2,-7\n", R"([{"a":1000.0,"b":1,"c":5},{"a":2.0,"b":2,"c":-7}])"},
    {"a.csv", "a,b\n,NaN\n,NA\n", R"([{"a":null,"b":null},{"a":null,"b":null}])"},
    {"a.csv", "a\n\"NA\"\nx\n", R"([{"a":null},{"a":"x"}])"},
    {"a.csv", "a,b\n1_000,0x10\n", R"([{"a":"1_000","b":"0x10"}])"},
    {"a.csv", "a,b\n\n1,2\n \n", R"([{"a":1,"b":2}])"},
    {"a.csv", "a\n\"\"\nx\n\ny\n", R"([{"a":null},{"a":"x"},{"a":"y"}])"},
    {"a.csv", "a,b\n+5, 7 \n-3,8\n", R"([{"a":5,"b":7},{"a":-3,"b":8}])"},
    {"a.csv", "a,b,c\n2020-01-01,.5,5.\n2020-01-02,1,2\n",
     R"([{"a":"2020-01-01","b":0.5,"c":5.0},{"a":"2020-01-02","b":1.0,"c":2.0}])"},
    {"a.csv", "a,b,c\nn/a,nan,-nan\nx,y,z\n<NA>,#N/A,NULL\n",
     R"([{"a":null,"b":null,"c":null},{"a":"x","b":"y","c":"z"},{"a":null,"b":null,"c":null}])"},
    {"a.csv", "a,b,c\ntRUE,1.0,t\nFALSE,2.0,f\n",
     R"([{"a":true,"b":1.0,"c":"t"},{"a":false,"b":2.0,"c":"f"}])"},
    {"a.csv", "a,b\n18446744073709551615,18446744073709551615\n3,-1\n",
     R"([{"a":18446744073709551615,"b":"18446744073709551615"},{"a":3,"b":"-1"}])"},
    {"a.csv", "a,b\n18446744073709551615,1\n,2\n", R"([{"a":"18446744073709551615","b":1},{"a":"","b":2}])"},
    {"a.csv", "a,b\n18446744073709551615,1.5\n3,30000000000000000000000\n",
     R"([{"a":18446744073709551615,"b":1.5},{"a":3,"b":3e+22}])"},
    {"a.csv", "a,b\n2,None\n3,none\n4,Null\n", R"([{"a":2,"b":null},{"a":3,"b":"none"},{"a":4,"b":"Null"}])"},
    {"a.csv", "a,b\n\"1,000\",5%\n\"2\",6%\n", R"([{"a":"1,000","b":"5%"},{"a":"2","b":"6%"}])"},
    {"a.csv", "a,a,,a.1\n1,2,3,4\n", R"([{"a":1,"a.2":2,"Unnamed: 2":3,"a.1":4}])"},
    {"a.csv", ",q,\n1,2,3\n", R"([{"Unnamed: 0":1,"q":2,"Unnamed: 2":3}])"},
    {"a.csv", "q,a\r1,x\r2,y\r", R"([{"q":1,"a":"x"},{"q":2,"a":"y"}])"},
    {"a.csv", "\n  \nq,a\n1,x\n", R"([{"q":1,"a":"x"}])"},
    {"a.csv", "q\n-0\nNA\n", R"([{"q":0.0},{"q":null}])"},
    {"a.csv", "q\n-5\n12345678901234567890\nNA\n",
     R"([{"q":"-5"},{"q":"12345678901234567890"},{"q":"NA"}])"}};
std::string case_number(const testing::TestParamInfo<TypesCase>& info) {
  return "case_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Csv, ColumnTypesTest, testing::ValuesIn(kCsv), case_number);

constexpr TypesCase kJson[] = {
    {"a.jsonl", "{\"a\": 1, \"b\": 2}\n{\"a\": 2.5, \"b\": null}\n",
     R"([{"a":1.0,"b":2},{"a":2.5,"b":null}])"},
    {"a.json", "[{\"a\": 1}, {\"a\": 2.5}]", R"([{"a":1.0},{"a":2.5}])"},
    {"a.jsonl", "{\"a\": 1}\n{\"a\": 2.5}\n{\"a\": \"x\"}\n", R"([{"a":1},{"a":2.5},{"a":"x"}])"},
    {"a.jsonl", "{\"t\": true}\n{\"t\": 1}\n", R"([{"t":true},{"t":1}])"},
    {"a.jsonl", "{\"a\": 9223372036854775807}\n{\"a\": 9223372036854775808}\n",
     R"([{"a":9.223372036854776e+18},{"a":9.223372036854776e+18}])"},
    {"a.jsonl", "{\"c\": [1, 2], \"d\": []}\n{\"c\": [1.5], \"d\": [\"q\"]}\n",
     R"([{"c":[1.0,2.0],"d":[]},{"c":[1.5],"d":["q"]}])"},
    {"a.jsonl", "{\"b\": {\"x\": 1, \"z\": 1}}\n{\"b\": {\"x\": 2.5, \"y\": 1}}\n",
     R"([{"b":{"x":1,"z":1}},{"b":{"x":2.5,"y":1}}])"},
    {"a.jsonl", "{\"b\": {\"x\": 1, \"y\": {\"a\": 1}}}\n{\"b\": {\"x\": 2.5, \"y\": {\"b\": 1}}}\n",
     R"([{"b":{"x":1.0,"y":{"a":1}}},{"b":{"x":2.5,"y":{"b":1}}}])"},
    {"a.jsonl", "{\"b\": [{\"x\": 1}, {\"x\": 2.5}]}\n{\"b\": [{\"y\": 2.5}, {\"x\": 1}]}\n",
     R"([{"b":[{"x":1},{"x":2.5}]},{"b":[{"y":2.5},{"x":1}]}])"},
    {"a.jsonl", "{\"b\": [1, 2.5, \"x\"]}\n{\"b\": [3]}\n", R"([{"b":[1,2.5,"x"]},{"b":[3]}])"},
    {"a.jsonl", "{\"b\": [[1], [2.5]]}\n{\"b\": [[3], null]}\n",
     R"([{"b":[[1.0],[2.5]]},{"b":[[3.0],null]}])"},
    {"a.jsonl", "{\"t\": \"2020-01-01\", \"v\": \"10:00\"}\n{\"t\": \"2020-01-02 10:00:00\", \"v\": \"x\"}\n",
     R"([{"t":"2020-01-01 00:00:00","v":"10:00"},{"t":"2020-01-02 10:00:00","v":"x"}])"},
    {"a.jsonl", "{\"t\": \"2020-01-01\"}\n{\"t\": \"word\"}\n", R"([{"t":"2020-01-01"},{"t":"word"}])"},
    {"a.jsonl",
     "{\"t\": \"2020-01-01T10:00\", \"u\": \"2020-01-01 10\", \"v\": \"2020-01-01T10:00:00+02:00\"}\n",
     R"([{"t":"2020-01-01 10:00:00","u":"2020-01-01 10:00:00","v":"2020-01-01 08:00:00"}])"},
    {"a.jsonl",
     "{\"a\": \"2020-1-1\", \"b\": \"2020-01-01T10:00:00.123\", \"c\": \"20200101\", \"d\": "
     "\"2020-01-01Z\"}\n",
     R"([{"a":"2020-1-1","b":"2020-01-01T10:00:00.123","c":"20200101","d":"2020-01-01Z"}])"},
    {"a.jsonl",
     "{\"a\": \"1066-10-14\", \"b\": \"2020-13-01\", \"c\": [\"2020-01-01\"], \"d\": {\"x\": "
     "\"2020-01-01T10:00Z\"}}\n",
     R"([{"a":"1066-10-14 00:00:00","b":"2020-13-01","c":["2020-01-01 00:00:00"],"d":{"x":"2020-01-01 10:00:00"}}])"},
    {"a.jsonl",
     "{\"a\": 7}\n{\"a\": \"42\"}\n{\"a\": \"1.50\"}\n{\"a\": \"null\"}\n{\"a\": \"[1, 2]\"}\n{\"a\": "
     "\"1,000\"}\n{\"a\": \"007\"}\n",
     R"([{"a":7},{"a":42},{"a":1.5},{"a":null},{"a":[1,2]},{"a":"1,000"},{"a":7}])"},
    {"a.jsonl", "{\"a\": [\"x\", 1, \"2\"], \"p\": 3.141592653589793}\n{\"a\": [], \"p\": 1e-12}\n",
     R"([{"a":["x",1,2],"p":3.1415926536},{"a":[],"p":0.0}])"},
    {"a.jsonl", "{\"o\": {\"x\": \"5\"}}\n{\"o\": {\"y\": 0.3333333333333333}}\n",
     R"([{"o":{"x":"5"}},{"o":{"y":0.33333333330000003}}])"},
    {"a.jsonl", "{\"o\": {\"x\": \"5\"}}\n\n{\"o\": {\"y\": 0.3333333333333333}}\n",
     R"([{"o":{"x":"5","y":null}},{"o":{"y":0.3333333333333333,"x":null}}])"},
    {"a.jsonl", "{\"a\": []}\n{\"a\": [null, \"2021-12-31\"]}\n", R"([{"a":[]},{"a":[null,"2021-12-31"]}])"},
    {"a.json", R"([{"p": 3.141592653589793}, {"p": 1e-12}, {"p": 1e22}, {"p": 2.675}])",
     R"([{"p":3.1415926536},{"p":0.0},{"p":1e+22},{"p":2.675}])"}};
INSTANTIATE_TEST_SUITE_P(Json, ColumnTypesTest, testing::ValuesIn(kJson), case_number);

class FieldTest : public RowsTest {
 protected:
  std::string read_field(const std::string& content) {
    const auto path = folder_.path() / "a.json";
    std::ofstream(path, std::ios::binary) << content;
    RowsFormat format;
    format.field = "d";
    const auto rows = read_rows(path, format);
    return rows ? base::to_text(*rows) : rows.error().message;
  }
};

TEST_F(FieldTest, RowsAreThoseThatDatasetsGives) {
  EXPECT_EQ(read_field(R"({"d": [{"a": 1, "c": "1"}, {"a": 2.5, "c": "2"}]})"),
            R"([{"a":1.0,"c":"1"},{"a":2.5,"c":"2"}])");
  EXPECT_EQ(read_field(R"({"d": [{"b": [1,2.5], "c": {"x":1}}, {"b": [1], "c": {"y":2}}]})"),
            R"([{"b":[1.0,2.5],"c":{"x":1,"y":null}},{"b":[1.0],"c":{"y":2,"x":null}}])");
  EXPECT_EQ(read_field(R"({"d": {"a": [1,2], "b": ["x","y"]}})"), R"([{"a":1,"b":"x"},{"a":2,"b":"y"}])");
  EXPECT_EQ(read_field(R"({"d": ["x","y"]})"), R"([{"text":"x"},{"text":"y"}])");
  EXPECT_EQ(read_field(R"({"d": [{"a": 1}, {"b": 2}]})"), R"([{"a":1,"b":null},{"b":2,"a":null}])");
  EXPECT_EQ(read_field(R"({"d": [{"a": 1.0}, {"a": 2.0}]})"), R"([{"a":1},{"a":2}])");
  EXPECT_EQ(read_field(R"({"d": [{"p": 3.141592653589793}, {"p": 0.3}, {"p": 2.675}]})"),
            R"([{"p":3.1415926536},{"p":0.30000000000000004},{"p":2.675}])");
  EXPECT_EQ(read_field(R"({"d": [{"p": null}, {"p": 9007199254740993}]})"),
            R"([{"p":null},{"p":9007199254740992}])");
  EXPECT_EQ(read_field(R"({"d": [{"p": 9007199254740993}, {"p": 2.0}]})"),
            R"([{"p":9007199254740992},{"p":2}])");
  EXPECT_EQ(read_field(R"({"d": [{"p": 9223372036854775808}, {"p": 1}]})"),
            R"([{"p":9223372036854775808},{"p":1}])");
  EXPECT_EQ(read_field(R"({"d": [{"a": true, "z": "2020-01-01"}]})"), R"([{"a":true,"z":"2020-01-01"}])");
}

TEST_F(FieldTest, WhatCannotBeReadSoIsRefusedByName) {
  EXPECT_THAT(read_field(R"({"e": []})"), HasSubstr("has no field 'd'"));
  EXPECT_THAT(read_field(R"([{"d": 1}])"), HasSubstr("has no field 'd'"));
  EXPECT_THAT(read_field(R"({"d": "x"})"), HasSubstr("not a list of rows"));
  EXPECT_THAT(read_field(R"({"d": []})"), HasSubstr("no rows"));
  EXPECT_THAT(read_field(R"({"d": [{"a": 1}, {"a": "x"}]})"),
              HasSubstr("column 'a' holds values of different kinds"));
  EXPECT_THAT(read_field(R"({"d": [{"date": "2020-01-01"}]})"), HasSubstr("column 'date'"));
}

TEST_F(RowsTest, IntegersBeyond64BitsInCsvAreRefused) {
  EXPECT_THAT(error("a.csv", "a,b\n12345678901234567890,1\n3,99999999999999999999999\n"),
              HasSubstr("column 'b'"));
}

TEST_F(RowsTest, RowsOfTheHubKeepTheirTypes) {
  const auto path = folder_.path() / "a.jsonl";
  std::ofstream(path) << "{\"day\": \"2020-01-01\", \"n\": 1}\n{\"day\": \"2020-01-02\", \"n\": 2.5}\n";
  RowsFormat format;
  format.is_typed = true;
  EXPECT_EQ(base::to_text(*read_rows(path, format)),
            R"([{"day":"2020-01-01","n":1},{"day":"2020-01-02","n":2.5}])");
}

}  // namespace
}  // namespace bantam::hub
