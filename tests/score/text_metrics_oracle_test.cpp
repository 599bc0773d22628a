// The text metrics against the values of the Python packages they are named after, on frozen rows:
// rouge_score 0.1.2, nltk 3.10.4, sacrebleu 2.6.0.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "score/bleu.hpp"
#include "score/chrf.hpp"
#include "score/english.hpp"
#include "score/meteor.hpp"
#include "score/porter.hpp"
#include "score/python_text.hpp"
#include "score/rouge.hpp"
#include "score/ter.hpp"
#include "support/oracle.hpp"

namespace bantam::score {
namespace {

using base::Json;
constexpr double kTolerance = 1e-9;

class TextMetricsOracle : public support::OracleTest {};
ON_CHOSEN_AND_ALL_ROWS(TextMetricsOracle);

std::vector<std::string> texts_at(const Json& list) {
  return list.get<std::vector<std::string>>();
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

void expect_rouge(const RougeScore& score, const Json& expected, const std::string& what) {
  EXPECT_NEAR(score.precision, expected["precision"].get<double>(), kTolerance) << what;
  EXPECT_NEAR(score.recall, expected["recall"].get<double>(), kTolerance) << what;
  EXPECT_NEAR(score.f1, expected["fmeasure"].get<double>(), kTolerance) << what;
}

void expect_rouge(const RougeScores& scores, const Json& expected, const std::string& what) {
  expect_rouge(scores.rouge1, expected["rouge1"], what + " rouge1");
  expect_rouge(scores.rouge2, expected["rouge2"], what + " rouge2");
  expect_rouge(scores.rouge_l, expected["rougeL"], what + " rougeL");
  expect_rouge(scores.rouge_lsum, expected["rougeLsum"], what + " rougeLsum");
}

TEST_P(TextMetricsOracle, Rouge) {
  const auto rows = rows_of("metrics/rouge.jsonl");
  ASSERT_EQ(rows.size(), count(91, 330));
  for (const Json& row : rows) {
    const auto prediction = row["prediction"].get<std::string>();
    const auto references = texts_at(row["references"]);
    for (const bool stem : {false, true}) {
      const Json& expected = row["expected"][stem ? "stemmer_true" : "stemmer_false"];
      const std::string what = row["id"].get<std::string>() + (stem ? " stemmed" : "");
      for (std::size_t i = 0; i < references.size(); ++i) {
        expect_rouge(rouge(prediction, references[i], {stem}), expected["per_reference"][i], what);
      }
      expect_rouge(rouge_best(prediction, views(references), {stem}), expected["multi"], what + " best");
    }
  }
}

TEST_P(TextMetricsOracle, PorterStems) {
  const auto rows = rows_of("metrics/porter_stem.jsonl");
  ASSERT_EQ(rows.size(), count(3018, 3018));
  for (const Json& row : rows) {
    const auto word = row["word"].get<std::string>();
    EXPECT_EQ(porter_stem(lower(word)), row["stem"].get<std::string>()) << word;
  }
}

// A configuration of sacrebleu_configs.json in our terms; only the member of its class is set.
struct Config {
  std::optional<BleuOptions> bleu;
  std::optional<ChrfOptions> chrf;
  std::optional<TerOptions> ter;
};

BleuSmoothing smoothing_named(const std::string& name) {
  static const std::map<std::string, BleuSmoothing> kNames{{"exp", BleuSmoothing::exponential},
                                                           {"floor", BleuSmoothing::floor},
                                                           {"add-k", BleuSmoothing::add_k},
                                                           {"none", BleuSmoothing::none}};
  return kNames.at(name);
}

BleuOptions bleu_options(const Json& arguments) {
  BleuOptions options;
  options.tokenizer = bleu_tokenizer_named(arguments["tokenize"].get<std::string>()).value();
  options.lower_case = arguments.value("lowercase", false);
  options.smoothing = smoothing_named(arguments.value("smooth_method", "exp"));
  if (arguments.contains("smooth_value") && !arguments["smooth_value"].is_null()) {
    options.smoothing_value = arguments["smooth_value"].get<double>();
  }
  options.max_order = arguments.value("max_ngram_order", 4);
  options.effective_order = arguments.value("effective_order", false);
  return options;
}

ChrfOptions chrf_options(const Json& arguments) {
  ChrfOptions options;
  options.char_order = arguments.value("char_order", 6);
  options.word_order = arguments.value("word_order", 0);
  options.beta = arguments.value("beta", 2);
  options.lower_case = arguments.value("lowercase", false);
  options.white_space = arguments.value("whitespace", false);
  options.epsilon_smoothing = arguments.value("eps_smoothing", false);
  return options;
}

TerOptions ter_options(const Json& arguments) {
  TerOptions options;
  options.normalized = arguments.value("normalized", false);
  options.no_punctuation = arguments.value("no_punct", false);
  options.asian = arguments.value("asian_support", false);
  options.case_sensitive = arguments.value("case_sensitive", false);
  return options;
}

Config config_of(const Json& entry) {
  Config config;
  if (entry["class"] == "BLEU") config.bleu = bleu_options(entry["kwargs"]);
  if (entry["class"] == "CHRF") config.chrf = chrf_options(entry["kwargs"]);
  if (entry["class"] == "TER") config.ter = ter_options(entry["kwargs"]);
  return config;
}

std::map<std::string, Config> configs_in(const Json& file) {
  std::map<std::string, Config> all;
  for (const auto& [key, entry] : file.items()) all[key] = config_of(entry);
  return all;
}

// What is in a row under a configuration: the score alone, or an object of parts.
struct Observed {
  double score = 0.0;
  std::map<std::string, std::vector<double>> parts;
};

// add_k's fractional counts are written as whole numbers in the reference file.
std::vector<double> whole(std::vector<double> numbers) {
  for (double& number : numbers) number = std::trunc(number);
  return numbers;
}

using Segment = std::pair<std::string, std::vector<std::string>>;  // prediction, references

template <typename Stats>
TextStats summed(const std::vector<Segment>& segments, Stats stats_of) {
  TextStats total;
  for (const auto& [prediction, references] : segments)
    add_stats(total, stats_of(prediction, views(references)));
  return total;
}

Observed observe_bleu(const std::vector<Segment>& segments, const BleuOptions& options) {
  const auto bleu = bleu_score(
      summed(segments, [&](const auto& p, const auto& r) { return bleu_stats(p, r, options); }), options);
  return {bleu.score,
          {{"counts", whole(bleu.counts)},
           {"totals", whole(bleu.totals)},
           {"precisions", bleu.precisions},
           {"bp", {bleu.brevity_penalty}},
           {"sys_len", {bleu.prediction_length}},
           {"ref_len", {bleu.reference_length}}}};
}

Observed observe_chrf(const std::vector<Segment>& segments, const ChrfOptions& options) {
  const double score = chrf_score(
      summed(segments, [&](const auto& p, const auto& r) { return chrf_stats(p, r, options); }), options);
  return {score, {}};
}

Observed observe_ter(const std::vector<Segment>& segments, const TerOptions& options) {
  const TerScore ter =
      ter_score(summed(segments, [&](const auto& p, const auto& r) { return ter_stats(p, r, options); }));
  return {ter.score, {{"num_edits", {ter.edits}}, {"ref_length", {ter.reference_length}}}};
}

Observed observe(const std::vector<Segment>& segments, const Config& config) {
  if (config.bleu) return observe_bleu(segments, *config.bleu);
  if (config.chrf) return observe_chrf(segments, *config.chrf);
  return observe_ter(segments, *config.ter);
}

void expect_equal(const Observed& observed, const Json& expected, const std::string& what) {
  if (expected.is_number()) {
    EXPECT_NEAR(observed.score, expected.get<double>(), kTolerance) << what;
    return;
  }
  EXPECT_NEAR(observed.score, expected["score"].get<double>(), kTolerance) << what;
  for (const auto& [name, values] : observed.parts) {
    ASSERT_TRUE(expected.contains(name)) << what << ' ' << name;
    const Json list = expected[name].is_array() ? expected[name] : Json::array({expected[name]});
    ASSERT_EQ(values.size(), list.size()) << what << ' ' << name;
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(values[i], list[i].get<double>(), kTolerance) << what << ' ' << name << ' ' << i;
    }
  }
}

TEST_P(TextMetricsOracle, SacrebleuSentences) {
  const auto rows = rows_of("metrics/sacrebleu_sentence.jsonl");
  ASSERT_EQ(rows.size(), count(91, 330));
  const Json configurations = object_of("metrics/sacrebleu_configs.json");
  for (const auto& [key, config] : configs_in(configurations["sentence"])) {
    for (const Json& row : rows) {
      const std::vector<Segment> one{{row["prediction"].get<std::string>(), texts_at(row["references"])}};
      expect_equal(observe(one, config), row["expected"][key], row["id"].get<std::string>() + ' ' + key);
    }
  }
}

TEST_P(TextMetricsOracle, SacrebleuCorpora) {
  const auto all = configs_in(object_of("metrics/sacrebleu_configs.json")["corpus"]);
  const auto rows = rows_of("metrics/sacrebleu_corpus.jsonl");
  ASSERT_EQ(rows.size(), count(9, 11));
  for (const Json& row : rows) {
    std::vector<Segment> segments;
    for (std::size_t i = 0; i < row["hypotheses"].size(); ++i) {
      Segment& segment =
          segments.emplace_back(row["hypotheses"][i].get<std::string>(), std::vector<std::string>{});
      for (const Json& stream : row["references"]) {
        if (!stream[i].is_null()) segment.second.push_back(stream[i].get<std::string>());
      }
    }
    ASSERT_EQ(row["expected"].size(), all.size());
    for (const auto& [key, config] : all) {
      expect_equal(observe(segments, config), row["expected"][key], row["id"].get<std::string>() + ' ' + key);
    }
  }
}

void expect_meteor(const Json& row, const WordNet* wordnet, const MeteorOptions& options,
                   const Json& expected) {
  const auto prediction = texts_at(row["prediction_tokens"]);
  double best = 0.0;
  for (std::size_t i = 0; i < row["reference_tokens"].size(); ++i) {
    const MeteorScore score = meteor(prediction, texts_at(row["reference_tokens"][i]), wordnet, options);
    best = std::max(best, score.score);
    if (!expected.contains("per_reference")) continue;
    const Json& one = expected["per_reference"][i];
    EXPECT_NEAR(score.score, one["score"].get<double>(), kTolerance) << row["id"];
    EXPECT_EQ(score.chunks, one["chunks"].get<std::int64_t>()) << row["id"];
    EXPECT_EQ(Json(score.matches), one["alignment"]) << row["id"];
  }
  EXPECT_NEAR(best, expected.is_number() ? expected.get<double>() : expected["score"].get<double>(),
              kTolerance)
      << row["id"];
}

TEST_P(TextMetricsOracle, MeteorOfEqualWordsAndStems) {
  const auto rows = rows_of("metrics/meteor.jsonl");
  ASSERT_EQ(rows.size(), count(182, 660));
  for (const Json& row : rows) expect_meteor(row, nullptr, {}, row["expected"]["stub"]);
}

TEST_P(TextMetricsOracle, MeteorWithSynonyms) {
  const auto folder = WordNet::installed_folder();
  if (!folder) GTEST_SKIP() << "needs WordNet's dictionary files (package wordnet-base)";
  const auto wordnet = WordNet::load(*folder);
  ASSERT_TRUE(wordnet.has_value()) << wordnet.error().message;
  for (const Json& row : rows_of("metrics/meteor.jsonl")) {
    expect_meteor(row, &*wordnet, {}, row["expected"]["wordnet30"]);
    expect_meteor(row, &*wordnet, {0.85, 2.0, 0.3}, row["expected"]["wordnet30_alpha0.85_beta2_gamma0.3"]);
  }
}

TEST_P(TextMetricsOracle, WordsAsNltkSplitsThem) {
  for (const Json& row : rows_of("metrics/meteor.jsonl")) {
    if (row["tokenizer"] != "nltk_word_tokenize") continue;
    EXPECT_EQ(nltk_words(row["prediction"].get<std::string>()), texts_at(row["prediction_tokens"]))
        << row["id"];
    for (std::size_t i = 0; i < row["references"].size(); ++i) {
      EXPECT_EQ(nltk_words(row["references"][i].get<std::string>()), texts_at(row["reference_tokens"][i]))
          << row["id"];
    }
  }
}

}  // namespace
}  // namespace bantam::score
