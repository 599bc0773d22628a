#include "served/sse.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace bantam::served {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

struct Parsed {
  Events events;
  std::string error;
};

// What a parser makes of the pieces, one after the other.
Parsed parse(const std::vector<std::string>& pieces, SseParser::Caps caps = {}) {
  Parsed parsed;
  SseParser parser(caps);
  const auto keep = [&](SseEvent event) { parsed.events.emplace_back(event.type, event.data); };
  for (const std::string& piece : pieces) {
    if (const auto fed = parser.feed(piece, keep); !fed) {
      parsed.error = fed.error().message;
      return parsed;
    }
  }
  if (const auto ended = parser.finish(keep); !ended) parsed.error = ended.error().message;
  return parsed;
}

Events events_of(const std::string& text) {
  return parse({text}).events;
}

TEST(Sse, AnEventIsItsDataLines) {
  EXPECT_EQ(events_of("data: a\n\ndata:b\n\ndata:  c\n\n"), (Events{{"", "a"}, {"", "b"}, {"", " c"}}));
  EXPECT_EQ(events_of("data: one\ndata\ndata: three\n\n"), (Events{{"", "one\n\nthree"}}));
  EXPECT_EQ(events_of("event: error\ndata: {}\n\n"), (Events{{"error", "{}"}}));
  EXPECT_EQ(events_of("error: {\"message\": 1}\n\n"), (Events{{"error", "{\"message\": 1}"}}));
}

TEST(Sse, CommentsOtherFieldsAndEmptyEventsAreNone) {
  EXPECT_EQ(events_of(": ping\n\n:\n\nid: 7\nretry: 10\ndata: x\n\n\n\nevent: lonely\n\ndata: y\n\n"),
            (Events{{"", "x"}, {"", "y"}}));
  EXPECT_EQ(events_of(""), Events{});
  EXPECT_EQ(events_of("\x1f\x8b\x08 garbage without an end"), Events{});
  EXPECT_EQ(events_of("data:\n\n"), (Events{{"", ""}}));
}

TEST(Sse, LinesEndWithCarriageReturnLineFeedOrBoth) {
  EXPECT_EQ(events_of("data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\r\n\n"),
            (Events{{"", "a"}, {"", "b"}, {"", "c"}, {"", "d"}}));
  EXPECT_EQ(events_of("data: 1\r\ndata: 2\r\n\r\n"), (Events{{"", "1\n2"}}));
}

TEST(Sse, AMarkOfByteOrderIsLeftOutAtTheBeginningOnly) {
  EXPECT_EQ(events_of("\xEF\xBB\xBF"
                      "data: a\n\n\xEF\xBB\xBF"
                      "data: b\n\ndata: c\n\n"),
            (Events{{"", "a"}, {"", "c"}}));
}

TEST(Sse, AnEventIsHandedOverWithTheByteThatEndsIt) {
  SseParser parser;
  int count = 0;
  const auto keep = [&](const SseEvent&) { ++count; };
  ASSERT_TRUE(parser.feed("data: a\r\n", keep));
  EXPECT_EQ(count, 0);
  ASSERT_TRUE(parser.feed("\r", keep));
  EXPECT_EQ(count, 1);
  ASSERT_TRUE(parser.feed("\n", keep));
  EXPECT_EQ(count, 1);
}

TEST(Sse, TheLastEventNeedsNoEmptyLine) {
  EXPECT_EQ(events_of("data: a\n\ndata: [DONE]"), (Events{{"", "a"}, {"", "[DONE]"}}));
}

TEST(Sse, LinesAndEventsHaveALimit) {
  const SseParser::Caps caps{.line_bytes = 10, .event_bytes = 12};
  EXPECT_EQ(parse({"data: 1234\n\n"}, caps).events, (Events{{"", "1234"}}));
  EXPECT_EQ(parse({"data: 12345\n\n"}, caps).error, "the server sent a line of more than 10 bytes");
  EXPECT_EQ(parse({"data", ": 12", "345"}, caps).error, "the server sent a line of more than 10 bytes");
  EXPECT_EQ(parse({"data:12345\ndata:12345\n\n"}, caps).events, (Events{{"", "12345\n12345"}}));
  EXPECT_EQ(parse({"data:12345\ndata:1234\ndata:1\ndata:1\n\n"}, caps).error,
            "the server sent an event of more than 12 bytes");
}

// Property: how the bytes are cut changes nothing.
TEST(Sse, EveryCutGivesTheSameEvents) {
  const std::string text =
      "\xEF\xBB\xBF: hello\r\ndata: {\"a\": \"\xC3\xA4\"}\r\n\r\nevent: x\rdata: 1\rdata: 2\r\r"
      "data: a\n\n\ndata\n\nerror: {}\n\ndata: [DONE]\n\n";
  const Events whole = events_of(text);
  ASSERT_EQ(whole, (Events{{"", "{\"a\": \"\xC3\xA4\"}"},
                           {"x", "1\n2"},
                           {"", "a"},
                           {"", ""},
                           {"error", "{}"},
                           {"", "[DONE]"}}));
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b)
      EXPECT_EQ(parse({text.substr(0, a), text.substr(a, b - a), text.substr(b)}).events, whole)
          << a << " " << b;
  }
  std::vector<std::string> bytes;
  for (const char byte : text) bytes.emplace_back(1, byte);
  EXPECT_EQ(parse(bytes).events, whole);
}

// The same of texts by chance, made of the parts that matter.
TEST(Sse, EveryCutOfAnyTextGivesTheSameEvents) {
  const std::vector<std::string> parts = {"data:",        "data: x", "\r", "\n",       "\r\n",
                                          "\n\n",         ":",       " ",  "event: e", "error: y",
                                          "\xEF\xBB\xBF", "\xEF",    "z"};
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += parts[random() % parts.size()];
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = 1 + random() % 5;
      pieces.push_back(text.substr(at, length));
      at += length;
    }
    ASSERT_EQ(parse(pieces).events, events_of(text)) << round;
  }
}

}  // namespace
}  // namespace bantam::served
