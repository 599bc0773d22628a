#include "evaluate/encoder_metrics.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <optional>

#include "score/bert_score.hpp"
#include "score/python_text.hpp"

namespace bantam::evaluate {

using base::Result;
using engine::Token;
using score::TokenVectors;

BertScorer::BertScorer(engine::TokenEncoder& encoder, int layer, int at_once)
    : encoder_(&encoder), layer_(layer), at_once_(static_cast<std::size_t>(std::max(1, at_once))) {}

Result<BertScorer> BertScorer::make(engine::TokenEncoder& encoder, const score::BertScoreOptions& options,
                                    std::span<const std::string> references, int at_once) {
  BertScorer scorer(encoder, options.layer.value_or(encoder.layers()), at_once);
  if (!options.idf) {
    TRY_ASSIGN(const Tokens* special, scorer.tokens(""));
    scorer.weights_ = score::TokenWeights::plain(special->ids);
    return scorer;
  }
  std::vector<std::vector<Token>> sequences;
  for (const std::string& reference : references) {
    TRY_ASSIGN(const Tokens* tokens, scorer.tokens(reference));
    sequences.push_back(tokens->ids);
  }
  scorer.weights_ = score::TokenWeights::inverse_frequency(sequences);
  return scorer;
}

Result<const BertScorer::Tokens*> BertScorer::tokens(const std::string& text) {
  const auto found = tokens_.find(text);
  if (found != tokens_.end()) return &found->second;
  Tokens tokens;
  TRY_ASSIGN(tokens.ids, encoder_->tokenize(score::strip(text)));
  tokens.cut = cut_sequence(tokens.ids, encoder_->properties().request_tokens);
  return &tokens_.emplace(text, std::move(tokens)).first->second;
}

base::Status BertScorer::encode(std::span<const TextPair> pairs) {
  vectors_.clear();
  std::vector<const std::string*> texts;
  const auto want = [&](const std::string& text) {
    if (vectors_.try_emplace(text).second) texts.push_back(&text);
  };
  for (const TextPair& pair : pairs) {
    want(pair.prediction);
    for (const std::string& reference : pair.references) want(reference);
  }
  for (std::size_t begin = 0; begin < texts.size(); begin += at_once_) {
    TRY(encode_batch(std::span(texts).subspan(begin, std::min(at_once_, texts.size() - begin))));
  }
  return {};
}

base::Status BertScorer::encode_batch(std::span<const std::string* const> texts) {
  std::vector<std::vector<Token>> sequences;
  for (const std::string* text : texts) {
    TRY_ASSIGN(const Tokens* own, tokens(*text));
    sequences.push_back(own->ids);
  }
  TRY_ASSIGN(auto embeddings, encoder_->encode(sequences, layer_));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    vectors_[*texts[i]] = {std::move(sequences[i]), std::move(embeddings[i].components), embeddings[i].width};
  }
  return {};
}

Result<std::vector<ScoredPair>> BertScorer::score(std::span<const TextPair> pairs) {
  TRY(encode(pairs));
  std::vector<ScoredPair> scores;
  for (const TextPair& pair : pairs) {
    std::vector<const TokenVectors*> references;
    bool cut = tokens_.at(pair.prediction).cut;
    for (const std::string& reference : pair.references) {
      references.push_back(&vectors_.at(reference));
      cut = cut || tokens_.at(reference).cut;
    }
    scores.push_back({score::bert_score_best(vectors_.at(pair.prediction), references, weights_), cut});
  }
  return scores;
}

bool cut_sequence(std::vector<Token>& tokens, std::optional<int> most) {
  if (!most) return false;
  const auto length = static_cast<std::size_t>(*most);
  if (tokens.size() <= length) return false;
  tokens[length - 1] = tokens.back();
  tokens.resize(length);
  return true;
}

std::string bert_score_name(std::string_view model, int layer, bool idf) {
  return fmt::format("bertscore_{}_L{}{}", model, layer, idf ? "_idf" : "");
}

namespace {

using base::Json;
using base::Result;
using base::Status;
using record::Item;

// Special tokens around a text.
constexpr std::int64_t kSpecialTokens = 2;

// Absent for an item that has no answer to compare.
std::optional<TextPair> compared_texts(const Item& item, const std::string& filter) {
  if (base::bool_at(item.content, "incomplete").value_or(false)) return std::nullopt;
  TextPair pair;
  const Json& answers = base::child_at(base::child_at(item.content, "filtered_resps"), filter);
  if (answers.is_array() && !answers.empty() && answers.front().is_string()) {
    pair.prediction = answers.front().get<std::string>();
  }
  for (const Json& reference : base::child_at(item.content, "references")) {
    if (reference.is_string()) pair.references.push_back(reference.get<std::string>());
  }
  if (pair.references.empty()) return std::nullopt;
  return pair;
}

bool has_all(const Item& item, const std::vector<std::string>& keys) {
  return std::ranges::all_of(keys, [&](const std::string& key) { return item.metrics.contains(key); });
}

std::int64_t most_tokens(const TextPair& pair) {
  std::size_t longest = pair.prediction.size();
  for (const std::string& reference : pair.references) longest = std::max(longest, reference.size());
  return static_cast<std::int64_t>(longest) + kSpecialTokens;
}

void add_item(const Item& item, const std::string& filter, AnswerSet& set, std::int64_t& most) {
  auto pair = compared_texts(item, filter);
  if (!pair) return;
  most = std::max(most, most_tokens(*pair));
  if (set.options.idf) {
    set.references.insert(set.references.end(), pair->references.begin(), pair->references.end());
  }
  if (has_all(item, set.keys)) return;
  set.doc_ids.push_back(item.doc_id);
  set.pairs.push_back(*std::move(pair));
}

// One for BERTScore and one for cosines, as far as the task asks for them.
std::vector<AnswerSet> empty_sets(const task::Task& task, const task::FilterSpec& filter) {
  AnswerSet bert_score{task.name, {}, {}, {}};
  AnswerSet cosine{task.name, {}, {}, {}};
  for (const task::MetricSpec& spec : task.metrics) {
    const std::string key = task::metric_key(task, spec.name(), filter);
    if (spec.metric->of_bert_score != nullptr) {
      bert_score.keys.push_back(key);
      bert_score.options = metric::bert_score_options(spec.options);
    }
    if (spec.metric->of_cosine) cosine.keys.push_back(key);
  }
  std::vector<AnswerSet> sets;
  if (!bert_score.keys.empty()) sets.push_back(std::move(bert_score));
  if (!cosine.keys.empty()) sets.push_back(std::move(cosine));
  return sets;
}

// The metric of a key; null when it is not one that an encoder's BERTScore gives.
const metric::TaskMetric* bert_score_metric(std::string_view key) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  return metric != nullptr && metric->of_bert_score != nullptr ? metric : nullptr;
}

Item addition(const AnswerSet& set, std::size_t position, bool cut) {
  Item item;
  item.task = set.task;
  item.doc_id = set.doc_ids[position];
  item.content = Json::object();
  if (cut) item.content["encoder_truncated"] = true;
  return item;
}

struct Embedded {
  engine::Embedding vector;
  bool cut = false;
};

Result<Embedded> embed(engine::Encoder& encoder, const std::string& text) {
  std::vector<std::vector<engine::Token>> sequences(1);
  TRY_ASSIGN(sequences.front(), encoder.tokenize(text));
  Embedded embedded;
  embedded.cut = cut_sequence(sequences.front(), encoder.properties().request_tokens);
  TRY_ASSIGN(auto vectors, encoder.encode(sequences));
  embedded.vector = std::move(vectors.front());
  return embedded;
}

Result<Item> cosine_item(engine::Encoder& encoder, const AnswerSet& set, std::size_t position) {
  TRY_ASSIGN(const Embedded answer, embed(encoder, set.pairs[position].prediction));
  bool cut = answer.cut;
  std::optional<double> best;
  for (const std::string& text : set.pairs[position].references) {
    TRY_ASSIGN(const Embedded reference, embed(encoder, text));
    cut = cut || reference.cut;
    const auto cosine = score::cosine(answer.vector, reference.vector);
    if (cosine && (!best || *cosine > *best)) best = cosine;
  }
  Item item = addition(set, position, cut);
  if (best) item.metrics[set.keys.front()] = *best;
  return item;
}

}  // namespace

bool AnswerSet::is_bert_score() const {
  return !keys.empty() && bert_score_metric(keys.front()) != nullptr;
}

Json to_json(const AnswerSet& set) {
  Json pairs = Json::array();
  for (const TextPair& pair : set.pairs) pairs.push_back(Json::array({pair.prediction, pair.references}));
  Json json{{"task", set.task},       {"keys", set.keys},
            {"idf", set.options.idf}, {"references", set.references},
            {"doc_ids", set.doc_ids}, {"pairs", std::move(pairs)}};
  base::set_if(json, "layer", set.options.layer);
  return json;
}

AnswerSet answer_set_from(const Json& json) {
  AnswerSet set;
  set.task = base::string_at(json, "task").value_or("");
  set.keys = base::child_at(json, "keys").get<std::vector<std::string>>();
  if (const auto layer = base::integer_at(json, "layer")) set.options.layer = static_cast<int>(*layer);
  set.options.idf = base::bool_at(json, "idf").value_or(false);
  set.references = base::child_at(json, "references").get<std::vector<std::string>>();
  set.doc_ids = base::child_at(json, "doc_ids").get<std::vector<std::int64_t>>();
  for (const Json& pair : base::child_at(json, "pairs")) {
    set.pairs.push_back({pair.at(0).get<std::string>(), pair.at(1).get<std::vector<std::string>>()});
  }
  return set;
}

WaitingAnswers waiting_answers(std::span<const task::Task> leaves, const std::vector<Item>& items) {
  WaitingAnswers waiting;
  for (const task::Task& task : leaves) {
    for (const task::FilterSpec& filter : task.filters) {
      for (AnswerSet& set : empty_sets(task, filter)) {
        for (const Item& item : items) {
          if (item.task == task.name) add_item(item, filter.name, set, waiting.most_tokens);
        }
        if (!set.pairs.empty()) waiting.sets.push_back(std::move(set));
      }
    }
  }
  return waiting;
}

Status add_bert_scores(engine::TokenEncoder& encoder, const AnswerSet& set, int at_once,
                       const OnAdditions& on_additions) {
  TRY_ASSIGN(BertScorer scorer, BertScorer::make(encoder, set.options, set.references, at_once));
  for (std::size_t begin = 0; begin < set.pairs.size(); begin += kPairsAtOnce) {
    const auto some = std::span(set.pairs).subspan(begin, std::min(kPairsAtOnce, set.pairs.size() - begin));
    TRY_ASSIGN(const auto scores, scorer.score(some));
    std::vector<Item> additions;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      additions.push_back(addition(set, begin + i, scores[i].cut));
      for (const std::string& key : set.keys) {
        if (const metric::TaskMetric* metric = bert_score_metric(key))
          additions.back().metrics[key] = metric->of_bert_score(scores[i].score);
      }
    }
    TRY(on_additions(std::move(additions)));
  }
  return {};
}

Status add_cosines(engine::Encoder& encoder, const AnswerSet& set, const OnAdditions& on_additions) {
  for (std::size_t begin = 0; begin < set.pairs.size(); begin += kPairsAtOnce) {
    std::vector<Item> additions;
    for (std::size_t i = begin; i < std::min(begin + kPairsAtOnce, set.pairs.size()); ++i) {
      TRY_ASSIGN(Item item, cosine_item(encoder, set, i));
      additions.push_back(std::move(item));
    }
    TRY(on_additions(std::move(additions)));
  }
  return {};
}

}  // namespace bantam::evaluate
