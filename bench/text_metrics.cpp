// Runs text metrics over the rows of reference files, for bench/text_metrics.py.
// usage: bench_text_metrics FOLDER [WORDNET]
// FOLDER holds rouge.jsonl, sacrebleu_corpus.jsonl and meteor.jsonl. Reads the name of a measurement a line
// from standard input; answers with the CPU seconds that one pass took and a checksum of the scores.
#include <array>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "score/bleu.hpp"
#include "score/chrf.hpp"
#include "score/english.hpp"
#include "score/meteor.hpp"
#include "score/rouge.hpp"
#include "score/ter.hpp"

namespace {

using namespace bantam;
using score::TextStats;
using Views = std::vector<std::string_view>;

struct Row {
  std::string prediction;
  std::vector<std::string> references;
  Views reference_views() const { return {references.begin(), references.end()}; }
};

struct SplitRow {
  std::vector<std::string> prediction;
  std::vector<std::vector<std::string>> references;
};

struct Rows {
  std::vector<Row> sentences;
  std::vector<std::vector<Row>> corpora;
  std::vector<SplitRow> split;
};

std::vector<base::Json> lines_of(const std::string& path) {
  const auto text = base::read_file(path);
  if (!text) {
    std::cerr << text.error().message << '\n';
    std::exit(3);
  }
  std::vector<base::Json> rows;
  for (const std::string& line : base::split(*text, '\n')) {
    if (!line.empty()) rows.push_back(*base::parse_json(line, path));
  }
  return rows;
}

Rows read_rows(const std::string& folder) {
  Rows rows;
  for (const base::Json& row : lines_of(folder + "/rouge.jsonl")) {
    rows.sentences.push_back({row["prediction"], row["references"]});
  }
  for (const base::Json& row : lines_of(folder + "/sacrebleu_corpus.jsonl")) {
    std::vector<Row>& corpus = rows.corpora.emplace_back();
    for (std::size_t i = 0; i < row["hypotheses"].size(); ++i) {
      Row& item = corpus.emplace_back(Row{row["hypotheses"][i], {}});
      for (const base::Json& stream : row["references"]) {
        if (!stream[i].is_null()) item.references.push_back(stream[i]);
      }
    }
  }
  for (const base::Json& row : lines_of(folder + "/meteor.jsonl")) {
    if (row["tokenizer"] == "split")
      rows.split.push_back({row["prediction_tokens"], row["reference_tokens"]});
  }
  return rows;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The sum of a score over all sentences.
template <typename Score>
double over_sentences(const Rows& rows, Score score_of) {
  double sum = 0.0;
  for (const Row& row : rows.sentences) sum += score_of(row);
  return sum;
}

// The sum of a corpus score over all corpora.
template <typename Stats, typename Score>
double over_corpora(const Rows& rows, Stats stats_of, Score score_of) {
  double sum = 0.0;
  for (const std::vector<Row>& corpus : rows.corpora) {
    TextStats total;
    for (const Row& row : corpus) score::add_stats(total, stats_of(row));
    sum += score_of(total);
  }
  return sum;
}

double meteor_sum(const Rows& rows, const score::WordNet* wordnet) {
  double sum = 0.0;
  for (const SplitRow& row : rows.split)
    sum += score::meteor_best_of_words(row.prediction, row.references, wordnet);
  return sum;
}

double word_count(const Rows& rows) {
  return over_sentences(rows, [](const Row& row) {
    std::size_t words = score::nltk_words(row.prediction).size();
    for (const std::string& reference : row.references) words += score::nltk_words(reference).size();
    return static_cast<double>(words);
  });
}

using Measurements = std::map<std::string, std::function<double()>>;

void add_rouge(const Rows& rows, Measurements& all) {
  for (const bool stem : {true, false}) {
    all[stem ? "rouge stemmed" : "rouge"] = [&rows, stem] {
      return over_sentences(rows, [&](const Row& row) {
        const auto scores = score::rouge(row.prediction, row.references.front(), {stem});
        return scores.rouge1.f1 + scores.rouge2.f1 + scores.rouge_l.f1 + scores.rouge_lsum.f1;
      });
    };
  }
}

void add_bleu(const Rows& rows, Measurements& all) {
  for (const std::string name : {"13a", "intl", "char"}) {
    score::BleuOptions options;
    options.tokenizer = *score::bleu_tokenizer_named(name);
    const auto stats = [options](const Row& row) {
      return score::bleu_stats(row.prediction, row.reference_views(), options);
    };
    const auto score_of = [options](const TextStats& total) {
      return score::bleu_score(total, options).score;
    };
    all["corpus bleu " + name] = [&rows, stats, score_of] { return over_corpora(rows, stats, score_of); };
    options.effective_order = true;
    all["bleu " + name] = [&rows, stats, options] {
      return over_sentences(rows,
                            [&](const Row& row) { return score::bleu_score(stats(row), options).score; });
    };
  }
}

void add_chrf(const Rows& rows, Measurements& all) {
  for (const int word_order : {0, 2}) {
    score::ChrfOptions options;
    options.word_order = word_order;
    const std::string name = word_order == 0 ? "chrf" : "chrf++";
    const auto stats = [options](const Row& row) {
      return score::chrf_stats(row.prediction, row.reference_views(), options);
    };
    const auto score_of = [options](const TextStats& total) { return score::chrf_score(total, options); };
    all["corpus " + name] = [&rows, stats, score_of] { return over_corpora(rows, stats, score_of); };
    all[name] = [&rows, stats, score_of] {
      return over_sentences(rows, [&](const Row& row) { return score_of(stats(row)); });
    };
  }
}

void add_ter(const Rows& rows, Measurements& all) {
  const auto stats = [](const Row& row) {
    return score::ter_stats(row.prediction, row.reference_views(), {});
  };
  const auto score_of = [](const TextStats& total) { return score::ter_score(total).score; };
  all["corpus ter"] = [&rows, stats, score_of] { return over_corpora(rows, stats, score_of); };
  all["ter"] = [&rows, stats, score_of] {
    return over_sentences(rows, [&](const Row& row) { return score_of(stats(row)); });
  };
}

void add_meteor(const Rows& rows, const std::string& folder, const score::WordNet* wordnet,
                Measurements& all) {
  all["meteor without synonyms"] = [&rows] { return meteor_sum(rows, nullptr); };
  all["nltk words"] = [&rows] { return word_count(rows); };
  if (wordnet == nullptr) return;
  all["meteor"] = [&rows, wordnet] { return meteor_sum(rows, wordnet); };
  all["load wordnet"] = [folder] { return score::WordNet::load(folder)->has_lemma("word") ? 1.0 : 0.0; };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bench_text_metrics FOLDER [WORDNET]\n";
    return 2;
  }
  const Rows rows = read_rows(argv[1]);
  const std::string folder = argc > 2 ? argv[2] : "";
  const auto wordnet = score::WordNet::load(folder);
  Measurements all;
  add_rouge(rows, all);
  add_bleu(rows, all);
  add_chrf(rows, all);
  add_ter(rows, all);
  add_meteor(rows, folder, wordnet ? &*wordnet : nullptr, all);
  std::cout.precision(12);
  for (std::string name; std::getline(std::cin, name);) {
    const auto found = all.find(name);
    if (found == all.end()) {
      std::cout << "unknown" << std::endl;
      continue;
    }
    const double start = cpu_seconds();
    const double checksum = found->second();
    std::cout << cpu_seconds() - start << ' ' << checksum << std::endl;
  }
  return 0;
}
