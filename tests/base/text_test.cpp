#include "base/text.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/units.hpp"

namespace bantam::base {
namespace {

using ::testing::ElementsAre;

TEST(SplitList, TakesCommasAndSpaces) {
  EXPECT_THAT(split_list("fp16,int8 int4 , ,Q4_0"), ElementsAre("fp16", "int8", "int4", "Q4_0"));
  EXPECT_TRUE(split_list(" , ").empty());
}

TEST(CodePoints, CountsCharactersNotBytes) {
  EXPECT_EQ(code_points("aé€😀"), 4U);
  EXPECT_EQ(code_points("\xFF\xFE"), 2U);
}

TEST(DisplayWidth, KnowsWideAndCombiningCharacters) {
  EXPECT_EQ(display_width("µs"), 2U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
  EXPECT_EQ(ellipsize("日本語", 5), "日本…");
  EXPECT_EQ(ellipsize("abc", 3), "abc");
}

TEST(Printable, MakesTerminalEscapesVisible) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(printable("\xC2\x9B"), "\\u{9b}");
  EXPECT_EQ(printable("ok é \xFF"), "ok é \xEF\xBF\xBD");
}

// Code points and categories from UnicodeData.txt and DerivedCoreProperties.txt
// (Default_Ignorable_Code_Point).
TEST(Printable, ShowsWhatHidesOrReordersText) {
  EXPECT_EQ(printable("gnp.\u202Eexe"), "gnp.\\u{202e}exe");
  for (const char* mark :
       {"\xC2\x85", "\u00AD", "\u034F", "\u061C", "\u115F",     "\u180E",     "\u200B",    "\u200C", "\u200D",
        "\u200E",   "\u200F", "\u2028", "\u2029", "\u202A",     "\u2060",     "\u2066",    "\u2069", "\u3164",
        "\uFE0F",   "\uFEFF", "\uFFA0", "\uFFF9", "\U000E0001", "\U000E0061", "\U000E0100"}) {
    EXPECT_TRUE(has_hidden_marks(mark)) << printable(mark);
    EXPECT_TRUE(printable(mark).starts_with("\\u{")) << printable(mark);
  }
  EXPECT_EQ(printable("\U000E0041"), "\\u{e0041}");
  for (const char* seen : {"naïve", "日本語", "مرحبا", "हिन्दी", "e\u0301", "😀",
                           "a\xC2\xA0"
                           "b",
                           "\u3000"}) {
    EXPECT_FALSE(has_hidden_marks(seen));
    EXPECT_EQ(printable(seen), seen);
  }
}

TEST(HiddenMarks, AreEscapesInJsonThatMeanTheSame) {
  const nlohmann::json value{{"name", "a\u202Eb\U000E0041\xC2\x85"}};
  const std::string shown = escape_hidden_marks(value.dump());
  EXPECT_EQ(shown, R"({"name":"a\u202eb\udb40\udc41\u0085"})");
  EXPECT_EQ(nlohmann::json::parse(shown), value);
  EXPECT_EQ(show_hidden_marks("\x1b[1mé\u2066\n"), "\x1b[1mé\\u{2066}\n");
}

TEST(ParseNumber, TakesWholeTextsOnly) {
  EXPECT_EQ(parse_integer("12"), 12);
  EXPECT_FALSE(parse_integer("12x"));
  EXPECT_FALSE(parse_integer(""));
  EXPECT_EQ(parse_number("1e-3"), 1e-3);
  EXPECT_FALSE(parse_number("1,5"));
}

TEST(Closest, FindsTyposAndRefusesStrangers) {
  EXPECT_EQ(closest("hellaswga", {"mmlu", "hellaswag"}), "hellaswag");
  EXPECT_EQ(closest("rnu", {"analyze", "run"}), "run") << "two letters swapped are one slip";
  EXPECT_FALSE(closest("banana", {"mmlu", "hellaswag"}));
}

TEST(Closest, FindsNamesThatOneHoldsInTheOther) {
  const std::vector<std::string> tasks{"cnn_dailymail_abisee", "gsm8k", "mmlu", "triviaqa", "nano_qa", "qa"};
  EXPECT_EQ(closest("cnn_dailymail", tasks), "cnn_dailymail_abisee");
  EXPECT_EQ(closest("CNN-DailyMail", tasks), "cnn_dailymail_abisee");
  EXPECT_EQ(closest("gsm8k_cot_zeroshot", tasks), "gsm8k");
  EXPECT_EQ(closest("trivia_qa", tasks), "triviaqa");
  EXPECT_FALSE(closest("squad", tasks));
  EXPECT_FALSE(closest("boolqa", {"qa"})) << "two letters say nothing";
}

TEST(FileNameFrom, NeverLeavesTheFolder) {
  EXPECT_EQ(file_name_from("../../etc/passwd"), "_.._.._etc_passwd");
  EXPECT_EQ(file_name_from("-rf"), "_-rf");
  EXPECT_EQ(file_name_from(""), "_");
  EXPECT_EQ(file_name_from("Llama 3:8B"), "Llama_3_8B");
}

TEST(Units, ReadWell) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1536), "1.50 KiB");
  EXPECT_EQ(format_bytes(7.0 * 1024 * 1024), "7.00 MiB");
  EXPECT_EQ(format_seconds(0.0142), "14.2 ms");
  EXPECT_EQ(format_seconds(125), "2 min 05 s");
  EXPECT_EQ(format_count(3.7e6), "3.70 M");
  EXPECT_EQ(format_significant(1234.5), "1234");
}

TEST(ParseBytes, TakesBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("8GiB"), std::int64_t{8} << 30);
  EXPECT_EQ(parse_bytes("8g"), std::int64_t{8} << 30);
  EXPECT_EQ(parse_bytes("1.5 GiB"), std::int64_t{3} << 29);
  EXPECT_EQ(parse_bytes("500MB"), 500'000'000);
  EXPECT_EQ(parse_bytes("4096"), 4096);
  EXPECT_EQ(parse_bytes("12 B"), 12);
}

TEST(ParseSeconds, TakesUnits) {
  EXPECT_EQ(parse_seconds("90"), 90.0);
  EXPECT_EQ(parse_seconds("90s"), 90.0);
  EXPECT_EQ(parse_seconds("1.5 min"), 90.0);
  EXPECT_EQ(parse_seconds("5m"), 300.0);
  EXPECT_EQ(parse_seconds("2h"), 7200.0);
  EXPECT_EQ(parse_seconds("250ms"), 0.25);
  for (const char* text : {"", "s", "5 parsecs", "-1", "-1s", "nan", "5 m 3"})
    EXPECT_FALSE(parse_seconds(text)) << text;
}

TEST(ParseBytes, RefusesWhatIsNoSize) {
  for (const char* text : {"", "GiB", "8XB", "-1", "8GiBB", "8 iB", "nan", "1e30", "9000000TiB", "8 G 2"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

}  // namespace
}  // namespace bantam::base
