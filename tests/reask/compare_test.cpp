#include "reask/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle/form.hpp"

namespace bantam::reask {
namespace {

using record::Item;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two choices, the first of which is right and chosen.
Item choice() {
  return {"qa",
          3,
          {{"doc_hash", "d"},
           {"prompt_hash", "p"},
           {"target_hash", "t"},
           {"context", "Who?"},
           {"log_likelihoods", {-2.0, -4.0}},
           {"is_greedy", {true, false}},
           {"gold", 0},
           {"predicted", 0}},
          {{"acc", 1.0}}};
}

Item written(const std::string& answer, double score) {
  return {"math",
          7,
          {{"doc_hash", "d"}, {"context", "1 + 1"}, {"resps", {answer}}, {"finish", "stop"}},
          {{"exact_match,strict", score}}};
}

Item with_gap(Item item, double gap) {
  item.content["gap"] = gap;
  return item;
}

Item hashed(Item item) {
  item.content = bundle::hashed_content(item.content);
  return item;
}

TEST(SamePlace, what_is_the_same_is_said_to_be) {
  const auto same = compare(choice(), choice(), Place::same, true);
  EXPECT_TRUE(same.is_same);
  EXPECT_THAT(same.wrong, IsEmpty());
  EXPECT_EQ(same.largest_difference, 0.0);
  // What was added for the comparison, and what an embedding model adds later, is not part of the answer.
  Item later = written("2", 1.0);
  later.content["encoder_truncated"] = true;
  later.metrics["bertscore_f1,strict"] = 0.9;
  EXPECT_TRUE(compare(later, with_gap(written("2", 1.0), 0.1), Place::same, true).is_same);
  EXPECT_TRUE(
      compare(hashed(written("2", 1.0)), with_gap(written("2", 1.0), 0.1), Place::same, true).is_same);
}

TEST(SamePlace, every_bit_counts) {
  Item item = choice();
  item.content["log_likelihoods"][1] = -4.000001;
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong,
              ElementsAre("the log-likelihood of answer 2 is -4.000001, asked again -4"));
  item = choice();
  item.content["is_greedy"][1] = true;
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong, ElementsAre(HasSubstr("most likely text")));
  item = choice();
  item.content["truncated"] = true;
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong, ElementsAre("what differs is its truncated"));
  item = choice();
  item.content["log_likelihoods"] = {-2.0};
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong,
              ElementsAre("it has 1 log likelihoods, asked again 2"));
  item = choice();
  item.content["log_likelihoods"][0] = nullptr;
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong,
              ElementsAre(HasSubstr("no number on one side")));
}

TEST(SamePlace, an_answer_is_told_by_where_it_differs) {
  const auto compared = compare(written("the sea, blue", 1.0), written("the sky", 0.0), Place::same, true);
  EXPECT_THAT(compared.wrong,
              ElementsAre("the answer differs after 5 characters: 'ea, blue' is stored, asked again 'ky'",
                          "exact_match,strict is 1, asked again 0"));
  EXPECT_FALSE(compared.is_same);
  // By characters, not bytes: "ä" and "ö" begin with the same byte.
  EXPECT_THAT(compare(written("xä", 1.0), written("xö", 1.0), Place::same, true).wrong,
              ElementsAre(HasSubstr("after 1 characters: 'ä' is stored, asked again 'ö'")));
  EXPECT_THAT(compare(written("a", 1.0), written("ab", 1.0), Place::same, true).wrong,
              ElementsAre(HasSubstr("after 1 characters: nothing is stored, asked again 'b'")));
  EXPECT_THAT(compare(written("a\x1b[31m", 1.0), written("ab", 1.0), Place::same, true).wrong,
              ElementsAre(HasSubstr("'\\x1b[31m' is stored")));
}

TEST(SamePlace, a_score_is_wrong_whatever_the_answer) {
  Item item = choice();
  item.metrics["acc"] = 0.0;
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong, ElementsAre("acc is 0, asked again 1"));
  item.metrics = {};
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong, ElementsAre("it has no acc, asked again 1"));
  item = choice();
  item.metrics["acc_norm"] = 1.0;
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong,
              ElementsAre("acc_norm is 1, asked again there is none"));
  EXPECT_THAT(compare(hashed(written("2", 1.0)), written("3", 0.0), Place::same, true).wrong,
              ElementsAre("exact_match,strict is 1, asked again 0", HasSubstr("the hash of its content")));
}

TEST(OtherQuestion, is_wrong_only_where_all_that_it_comes_from_is_the_same) {
  Item item = choice();
  item.content["prompt_hash"] = "another";
  item.content["context"] = "Who? Not B!";
  EXPECT_THAT(compare(item, choice(), Place::same, true).wrong,
              ElementsAre(HasSubstr("its prompt differs after 4 characters: ' Not B!' is stored")));
  auto compared = compare(item, choice(), Place::other, false);
  EXPECT_THAT(compared.wrong, IsEmpty());
  EXPECT_THAT(compared.incomparable.value_or(""), HasSubstr("its prompt differs after 4"));
  item = choice();
  item.content["doc_hash"] = "another";
  compared = compare(item, choice(), Place::other, false);
  EXPECT_THAT(compared.incomparable.value_or(""), HasSubstr("its row of the data"));
}

TEST(OtherPlace, log_likelihoods_may_be_as_far_apart_as_scoring_allows) {
  EXPECT_EQ(tolerance(Place::same, -10.0), 0.0);
  EXPECT_DOUBLE_EQ(tolerance(Place::other, -10.0), 0.1);
  EXPECT_DOUBLE_EQ(tolerance(Place::other_kind, -10.0), 1.0);
  Item item = choice();
  item.content["log_likelihoods"] = {-2.05, -4.06};
  auto compared = compare(item, choice(), Place::other, true);
  EXPECT_THAT(compared.wrong, IsEmpty());
  EXPECT_NEAR(compared.largest_difference.value(), 0.06, 1e-12);
  EXPECT_FALSE(compared.is_same);
  item.content["log_likelihoods"] = {-2.0, -1.0};
  item.metrics["acc"] = 0.0;
  EXPECT_THAT(compare(item, choice(), Place::other, true).wrong,
              ElementsAre("the log-likelihood of answer 2 is -1, asked again -4"));
}

TEST(OtherPlace, choices_that_are_nearly_alike_may_change_places) {
  Item stored = choice();
  stored.content["log_likelihoods"] = {-2.00, -2.01};
  Item asked = choice();
  asked.content["log_likelihoods"] = {-2.01, -2.00};
  asked.content["predicted"] = 1;
  asked.metrics["acc"] = 0.0;
  const auto compared = compare(stored, asked, Place::other, true);
  EXPECT_THAT(compared.wrong, IsEmpty());
  EXPECT_THAT(compared.other_scores, IsEmpty());
  EXPECT_THAT(compared.lost, ElementsAre("acc"));  // it counts all the same
}

TEST(OtherPlace, answers_may_part_where_two_tokens_are_nearly_alike) {
  const auto near = compare(written("2", 1.0), with_gap(written("3", 0.0), 0.01), Place::other, true);
  EXPECT_THAT(near.wrong, IsEmpty());
  EXPECT_THAT(near.other_text.value_or(""), HasSubstr("the answer differs after 0 characters"));
  EXPECT_THAT(near.other_scores, ElementsAre("exact_match,strict is 1, asked again 0"));
  EXPECT_THAT(near.lost, ElementsAre("exact_match,strict"));
  const auto far = compare(written("2", 1.0), with_gap(written("3", 0.0), 2.0), Place::other, true);
  EXPECT_THAT(far.wrong, ElementsAre(HasSubstr("and no other token came near")));
  EXPECT_THAT(compare(written("2", 1.0), with_gap(written("3", 0.0), 2.0), Place::other_kind, true).wrong,
              IsEmpty());
}

TEST(OtherPlace, of_a_hash_only_the_scores_are_left) {
  const auto same = compare(hashed(written("2", 1.0)), written("2.0", 1.0), Place::other, true);
  EXPECT_THAT(same.wrong, IsEmpty());
  EXPECT_THAT(same.other_scores, IsEmpty());
  EXPECT_FALSE(same.is_same);
  EXPECT_THAT(compare(hashed(written("2", 1.0)), written("3", 0.0), Place::other, true).other_scores,
              ElementsAre("exact_match,strict is 1, asked again 0"));
}

TEST(Failed, an_item_fails_both_times_or_never) {
  Item failed{"qa", 3, {{"failed", "the template refuses it"}}, {}};
  EXPECT_TRUE(compare(failed, failed, Place::same, true).is_same);
  EXPECT_THAT(compare(failed, choice(), Place::other, true).wrong,
              ElementsAre(HasSubstr("could not be asked")));
  EXPECT_THAT(compare(choice(), failed, Place::other, true).wrong,
              ElementsAre(HasSubstr("cannot be asked now")));
}

// 10 heads of 10 have p = 2 / 2^10 = 0.00195, 11 of 11 p = 0.00098.
TEST(Flips, in_one_direction_are_no_accident) {
  EXPECT_THAT(one_sided({{"acc", {11, 0}}}),
              ElementsAre("acc was better on 11 items where it is stored, and worse on 0"));
  EXPECT_THAT(one_sided({{"acc", {10, 0}}}), IsEmpty());
  EXPECT_THAT(one_sided({{"acc", {0, 40}}, {"acc_norm", {12, 11}}}), IsEmpty());
}

}  // namespace
}  // namespace bantam::reask
