// Text metrics by hand, and the cores under them against plain counting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <random>

#include "score/bleu.hpp"
#include "score/chrf.hpp"
#include "score/english.hpp"
#include "score/meteor.hpp"
#include "score/ngrams.hpp"
#include "score/porter.hpp"
#include "score/python_text.hpp"
#include "score/rouge.hpp"
#include "score/ter.hpp"
#include "support/temp_dir.hpp"

namespace bantam::score {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Sequence = std::vector<std::uint32_t>;
using Views = std::vector<std::string_view>;

constexpr std::uint32_t kLetters = 6;

Sequence random_sequence(std::mt19937& random, std::size_t longest) {
  Sequence sequence(random() % (longest + 1));
  for (std::uint32_t& id : sequence) id = static_cast<std::uint32_t>(random() % kLetters);
  return sequence;
}

TEST(NgramOverlap, EqualsCountingEveryNgram) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 200; ++trial) {
    const Sequence hypothesis = random_sequence(random, 40);
    const std::vector<Sequence> texts{random_sequence(random, 40), random_sequence(random, 40)};
    const std::vector<Ids> references(texts.begin(), texts.end());
    const auto shared = shared_ngrams(hypothesis, references, 4, kLetters);
    for (std::size_t n = 1; n <= 4; ++n) {
      const auto counts = [&](const Sequence& text) {
        std::map<Sequence, std::int64_t> grams;
        for (auto at = text.begin(); text.end() - at >= static_cast<std::ptrdiff_t>(n); ++at) {
          ++grams[Sequence(at, at + static_cast<std::ptrdiff_t>(n))];
        }
        return grams;
      };
      auto first = counts(texts[0]);
      auto second = counts(texts[1]);
      std::int64_t expected = 0;
      for (const auto& [gram, count] : counts(hypothesis)) {
        expected += std::min(count, std::max(first[gram], second[gram]));
      }
      EXPECT_EQ(shared[n - 1], expected);
    }
  }
}

// The whole table, a cell at a time.
std::int64_t plain_lcs(const Sequence& a, const Sequence& b) {
  std::vector<std::vector<std::int64_t>> table(a.size() + 1, std::vector<std::int64_t>(b.size() + 1, 0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] =
          a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.size()][b.size()];
}

TEST(Lcs, LengthAndMarkedPositionsEqualThePlainTable) {
  std::mt19937 random(8);
  for (int trial = 0; trial < 100; ++trial) {
    const Sequence a = random_sequence(random, 200);
    const Sequence b = random_sequence(random, 200);
    const LcsTable table(a, kLetters);
    const std::int64_t expected = plain_lcs(a, b);
    EXPECT_EQ(table.length(b), expected);
    std::vector<bool> marked(a.size(), false);
    table.mark(b, marked);
    Sequence kept;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (marked[i]) kept.push_back(a[i]);
    }
    EXPECT_EQ(static_cast<std::int64_t>(kept.size()), expected);
    EXPECT_EQ(plain_lcs(kept, b), expected) << "a subsequence of the other side too";
  }
}

std::int64_t exact_distance(const Sequence& hypothesis, const Sequence& reference) {
  const EditRows rows(reference, kLetters);
  EditRows::Row row = rows.first();
  for (const std::uint32_t word : hypothesis) rows.step(row, word);
  return row.last;
}

TEST(EditDistance, RowsEqualTheBeamWhereItHoldsAllCells) {
  std::mt19937 random(9);
  for (int trial = 0; trial < 100; ++trial) {
    Sequence hypothesis = random_sequence(random, 24);
    Sequence reference = random_sequence(random, 24);
    reference.push_back(0);
    EXPECT_EQ(exact_distance(hypothesis, reference),
              beam_distance(hypothesis, reference, Beam(hypothesis.size(), reference.size())));
  }
}

TEST(EditDistance, AnExactDistanceBelowTheEscapeIsTheBeams) {
  std::mt19937 random(10);
  int below = 0;
  for (int trial = 0; trial < 200; ++trial) {
    Sequence reference = random_sequence(random, 150);
    reference.push_back(0);
    Sequence hypothesis = reference;  // moved by up to 40 words, and damaged
    std::rotate(hypothesis.begin(),
                hypothesis.begin() +
                    static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(hypothesis.size(), 40)),
                hypothesis.end());
    for (int change = 0; change < 20; ++change)
      hypothesis[random() % hypothesis.size()] = static_cast<std::uint32_t>(random() % kLetters);
    const Beam beam(hypothesis.size(), reference.size());
    const std::int64_t exact = exact_distance(hypothesis, reference);
    const std::int64_t within = beam_distance(hypothesis, reference, beam);
    EXPECT_LE(exact, within);
    if (exact >= beam.cheapest_escape()) continue;
    ++below;
    EXPECT_EQ(exact, within);
  }
  EXPECT_GT(below, 20);
}

TEST(Rouge, CountsWordsPairsAndOrder) {
  // 6 and 5 words; 4 words and 2 pairs in common; longest common subsequence: the cat the mat.
  const RougeScores scores = rouge("The cat sat on the mat!", "the cat, the mat, too", {});
  EXPECT_DOUBLE_EQ(scores.rouge1.precision, 4.0 / 6.0);
  EXPECT_DOUBLE_EQ(scores.rouge1.recall, 4.0 / 5.0);
  EXPECT_DOUBLE_EQ(scores.rouge2.precision, 2.0 / 5.0);
  EXPECT_DOUBLE_EQ(scores.rouge2.recall, 2.0 / 4.0);
  EXPECT_DOUBLE_EQ(scores.rouge_l.f1, 2.0 * 4.0 / 11.0);
}

TEST(Rouge, SummariesAreComparedLineByLine) {
  // In one sequence only one of the lines can match; by lines both do.
  const RougeScores scores = rouge("a b\nc d", "c d\na b", {});
  EXPECT_DOUBLE_EQ(scores.rouge_l.f1, 0.5);
  EXPECT_DOUBLE_EQ(scores.rouge_lsum.f1, 1.0);
}

TEST(Rouge, NoWordsGiveZero) {
  EXPECT_EQ(rouge("", "a b", {}).rouge1.f1, 0.0);
  EXPECT_EQ(rouge("\n \n", "", {}).rouge_lsum.f1, 0.0);
  EXPECT_EQ(rouge_best("a", {}, {}).rouge_l.f1, 0.0);
}

TEST(Porter, KnownWords) {
  for (const auto& [word, stem] : std::map<std::string, std::string>{{"caresses", "caress"},
                                                                     {"ponies", "poni"},
                                                                     {"dies", "die"},
                                                                     {"hopping", "hop"},
                                                                     {"relational", "relat"},
                                                                     {"skies", "sky"},
                                                                     {"generalizations", "gener"},
                                                                     {"is", "is"},
                                                                     {"caf\u00e9s", "caf\u00e9"},
                                                                     {"", ""}}) {
    EXPECT_EQ(porter_stem(word), stem) << word;
  }
}

TEST(Bleu, CorpusScoreComesFromSummedCounts) {
  const BleuOptions options;
  const Views reference{"the quick brown fox jumps over the dog"};
  TextStats total;
  add_stats(total, bleu_stats("the quick brown fox jumps over the dog", reference, options));
  EXPECT_DOUBLE_EQ(bleu_score(total, options).score, 100.0);
  add_stats(total, bleu_stats("nothing", reference, options));
  const BleuScore both = bleu_score(total, options);
  EXPECT_EQ(both.prediction_length, 9.0);
  EXPECT_EQ(both.reference_length, 16.0);
  EXPECT_NEAR(both.precisions[0], 100.0 * 8.0 / 9.0, 1e-12);
  EXPECT_NEAR(both.brevity_penalty, std::exp(1.0 - 16.0 / 9.0), 1e-12);
}

TEST(Bleu, EmptyStatisticsAndUnknownNames) {
  EXPECT_EQ(bleu_score({}, {}).score, 0.0);
  EXPECT_FALSE(bleu_tokenizer_named("flores200").has_value());
}

TEST(Chrf, SharedCharactersOfTwoWords) {
  // ab against abc: orders 1 and 2 are in both; precision 1 and 1, recall 2/3 and 1/2.
  const TextStats stats = chrf_stats("ab", Views{"a bc"}, {});
  const double recall = (2.0 / 3.0 + 1.0 / 2.0) / 2.0;
  EXPECT_NEAR(chrf_score(stats, {}), 100.0 * 5.0 * recall / (4.0 + recall), 1e-12);
}

TEST(Ter, ARunOfWordsMovesForOneEdit) {
  const TerScore moved = ter_score(ter_stats("d e f a b c", Views{"a b c d e f"}, {}));
  EXPECT_EQ(moved.edits, 1.0);
  EXPECT_DOUBLE_EQ(moved.score, 100.0 / 6.0);
  EXPECT_EQ(ter_score(ter_stats("a b", Views{""}, {})).score, 100.0);
  EXPECT_EQ(ter_score(ter_stats("", Views{"a b", "a b c d"}, {})).reference_length, 3.0);
}

TEST(Meteor, ChunksAreRunsOfMatches) {
  const MeteorScore score = meteor(std::vector<std::string>{"The", "houses", "burn"},
                                   std::vector<std::string>{"burn", "the", "house"}, nullptr);
  EXPECT_THAT(score.matches, ElementsAre(std::pair(0, 1), std::pair(1, 2), std::pair(2, 0)));
  EXPECT_EQ(score.chunks, 2);
  EXPECT_NEAR(score.score, 1.0 - 0.5 * std::pow(2.0 / 3.0, 3.0), 1e-12);
}

TEST(NltkWords, ContractionsQuotesAndTheLastStop) {
  EXPECT_THAT(nltk_words("\"I can't,\" she said. It's $3.50, cannot wait."),
              ElementsAre("``", "I", "ca", "n't", ",", "''", "she", "said.", "It", "'s", "$", "3.50", ",",
                          "can", "not", "wait", "."));
  // A combining accent is part of a word before an apostrophe.
  EXPECT_THAT(nltk_words("cafe\u0301'sm"), ElementsAre("cafe\u0301'sm"));
  EXPECT_TRUE(nltk_words(" \n").empty());
}

TEST(PythonText, StripsTheEndOfAnyScript) {
  EXPECT_EQ(strip_end("caf\u00e9 \u3000\u2028\n"), "caf\u00e9");
  EXPECT_EQ(strip_end("\u00a0\t"), "");
  EXPECT_EQ(strip_end("a\xff"), "a\xff");
}

// Dictionary files with two synsets: car, auto (noun), and run (verb).
class WordNetFolder : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }

  void SetUp() override {
    for (const std::string part : {"noun", "verb", "adj", "adv"}) {
      write("index." + part, "  1 licence\n" + (part + "word") + " n 1 0 1 0 00000000  \n");
      write("data." + part, "00000000 06 n 01 other 0 000 | gloss\n");
      write(part + ".exc", "");
    }
    write("index.noun", "  1 licence\nauto n 1 1 @ 1 0 00000000  \ncar n 1 0 1 1 00000000  \n");
    write("data.noun", "00000000 06 n 03 car 0 Auto 0 motor_car 0 001 @ 00000000 n 0000 | a car\n");
    write("noun.exc", "carz car\n");
  }

  support::TempDir folder_;
};

TEST_F(WordNetFolder, LooksUpBasesByRuleAndByException) {
  const auto wordnet = WordNet::load(folder_.path());
  ASSERT_TRUE(wordnet.has_value()) << wordnet.error().message;
  EXPECT_THAT(wordnet->synonyms("car"), ElementsAre("Auto", "car"));
  EXPECT_THAT(wordnet->synonyms("cars"), ElementsAre("Auto", "car"));
  EXPECT_THAT(wordnet->synonyms("carz"), ElementsAre("Auto", "car"));
  EXPECT_THAT(wordnet->synonyms("boat"), ElementsAre());
  EXPECT_TRUE(wordnet->has_lemma("auto"));
}

TEST_F(WordNetFolder, NamesTheFileThatIsMissingOrEmpty) {
  write("index.verb", "  1 only the licence\n");
  const auto empty = WordNet::load(folder_.path());
  ASSERT_FALSE(empty.has_value());
  EXPECT_THAT(empty.error().message, HasSubstr("index.verb"));
  std::filesystem::remove(folder_.path() / "data.adv");
  write("index.verb", "run v 1 0 1 0 00000000\n");
  const auto missing = WordNet::load(folder_.path());
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("data.adv"));
}

TEST_F(WordNetFolder, DamagedLinesGiveNoSynonyms) {
  write("index.noun", "car n 4000000000 4000000000 x\nauto n 2 0 2 0 99999999 -1\n");
  write("data.noun", "00000000 06 n ff car");
  const auto wordnet = WordNet::load(folder_.path());
  ASSERT_TRUE(wordnet.has_value());
  EXPECT_THAT(wordnet->synonyms("auto"), ElementsAre());
  EXPECT_THAT(wordnet->synonyms("car"), ElementsAre());
}

}  // namespace
}  // namespace bantam::score
