#include "record/record.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace bantam::record {
namespace {

using base::Json;

Json through_text(const Json& json) {
  return base::parse_json(base::to_text(json), "test").value();
}

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  Record record() {
    Record record;
    record.cell_key = text();
    record.model = text();
    record.reference = text();
    record.precision = text();
    record.task = text();
    record.attempt = integer();
    record.outcome = static_cast<Outcome>(random_() % 4);
    if (coin()) record.failure = Failure{text(), text(), coin() ? std::optional(text()) : std::nullopt};
    while (coin()) record.reasons.push_back(text());
    while (coin()) record.warnings.push_back(text());
    record.started_at = text();
    record.finished_at = text();
    record.metrics = metrics();
    while (coin()) record.absent[text()] = text();
    while (coin()) record.subtasks[text()] = metrics();
    if (coin()) record.settings = Json{{"seed", integer()}, {"nested", {{"list", {1, 2.5, text()}}}}};
    if (coin()) record.device = Json::object();
    return record;
  }

  Trial trial() {
    Trial trial{text(), integer(), coin(), number(), number(), {}, integer(), {}, {}};
    while (coin()) {
      trial.streams.push_back({integer(), integer(), integer(), {integer(), integer()}, text(), text()});
    }
    if (coin()) trial.counters = Json{{"private_peak_bytes", integer()}};
    return trial;
  }

  Item item() {
    Item item{text(), integer(), {}, {}};
    while (coin()) item.metrics[text()] = number();
    if (coin()) item.content = Json{{"target", text()}, {"resps", {number(), number()}}};
    return item;
  }

 private:
  bool coin() { return random_() % 2 == 0; }
  std::int64_t integer() { return static_cast<std::int64_t>(random_()); }

  // Any finite double, by its bits: subnormal, huge, negative zero.
  double number() {
    while (true) {
      const auto value = std::bit_cast<double>(random_());
      if (std::isfinite(value)) return value;
    }
  }

  std::string text() {
    static const std::vector<std::string> kPieces{"a",    "ü",    "\"",        "\\",  "\n",
                                                  "\x01", "日本", "</script>", "null"};
    std::string out;
    while (coin()) out += kPieces[random_() % kPieces.size()];
    return out + std::to_string(random_() % 1000);
  }

  Value value() {
    Value value{number(), std::nullopt, std::nullopt, std::nullopt};
    if (coin()) value.interval = Interval{number(), number(), 0.95, text()};
    if (coin()) value.std_error = number();
    if (coin()) value.n = integer();
    return value;
  }

  std::map<std::string, Value> metrics() {
    std::map<std::string, Value> metrics;
    while (coin()) metrics[text()] = value();
    return metrics;
  }

  std::mt19937_64 random_;
};

TEST(record, survives_text_and_back_exactly) {
  RandomRecords random(7);
  for (int i = 0; i < 500; ++i) {
    const Json record = to_json(random.record());
    const Json trial = to_json(random.trial());
    const Json item = to_json(random.item());
    EXPECT_EQ(base::to_text(to_json(record_from(through_text(record)).value())), base::to_text(record));
    EXPECT_EQ(base::to_text(to_json(trial_from(through_text(trial)).value())), base::to_text(trial));
    EXPECT_EQ(base::to_text(to_json(item_from(through_text(item)).value())), base::to_text(item));
  }
}

TEST(record, keeps_every_bit_of_a_value) {
  Record record;
  const Value value{0.1 + 0.2, Interval{1.0 / 3.0, std::numeric_limits<double>::denorm_min(), 0.95, "wilson"},
                    -0.0, std::numeric_limits<std::int64_t>::max()};
  record.metrics["acc"] = value;
  const Value back = record_from(through_text(to_json(record))).value().metrics.at("acc");
  EXPECT_EQ(back.value, value.value);
  EXPECT_EQ(back.interval->low, value.interval->low);
  EXPECT_EQ(back.interval->high, value.interval->high);
  EXPECT_TRUE(std::signbit(*back.std_error));
  EXPECT_EQ(back.n, value.n);
}

TEST(record, holds_no_secret) {
  Record record;
  const std::string token = std::string("hf_") + "aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567";
  record.failure = Failure{"environment", "refused: " + token, std::nullopt};
  record.reasons = {"https://me:word@host/x"};
  record.warnings = {"Bearer " + token};
  const std::string text = base::to_text(to_json(record));
  EXPECT_EQ(text.find(token), std::string::npos);
  EXPECT_EQ(text.find("me:word"), std::string::npos);
  EXPECT_NE(text.find("refused: hf_***"), std::string::npos);
}

TEST(record, absence_is_a_missing_key_never_null) {
  const std::string text = base::to_text(to_json(Record{})) + base::to_text(to_json(Trial{})) +
                           base::to_text(to_json(Item{})) + base::to_text(to_json(Value{}));
  EXPECT_EQ(text.find("null"), std::string::npos) << text;
}

TEST(record, a_value_that_is_not_finite_becomes_absent_with_a_reason) {
  Record record;
  record.metrics["perplexity"] = Value{std::numeric_limits<double>::quiet_NaN(), {}, {}, {}};
  const Record back = record_from(through_text(to_json(record))).value();
  EXPECT_FALSE(back.metrics.contains("perplexity"));
  EXPECT_EQ(back.absent.at("perplexity"), "the result is not a finite number");
}

TEST(record, refuses_a_newer_schema_by_name) {
  Json json = to_json(Record{});
  json["schema"] = 2;
  const auto record = record_from(json);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().message, "the record has schema 2; this version reads schema 1");
  EXPECT_EQ(record.error().hint, "read it with a newer bantam");
}

TEST(record, names_the_member_that_is_wrong) {
  Json json = to_json(Record{});
  json["status"] = "fine";
  EXPECT_EQ(record_from(json).error().message, "record 'status' is none of ok, failed, skipped, invalid");
  json["status"] = "ok";
  json.erase("model");
  EXPECT_EQ(record_from(json).error().message, "record lacks 'model'");
  json["model"] = 7;
  EXPECT_EQ(record_from(json).error().message, "record 'model' is not text");
  json["model"] = "m";
  json["metrics"]["acc"] = {{"value", nullptr}};
  EXPECT_EQ(record_from(json).error().message, "value of 'acc' 'value' is not a number");
  EXPECT_FALSE(record_from(Json::array()));
  EXPECT_FALSE(trial_from(Json{{"scenario", "single_stream"}}));
  EXPECT_FALSE(item_from(Json(3)));
}

}  // namespace
}  // namespace bantam::record
