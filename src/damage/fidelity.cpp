#include "damage/fidelity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cache/embedded.hpp"

#include "score/divergence.hpp"
#include "stats/means.hpp"
#include "stats/order.hpp"

namespace bantam::damage {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;
using engine::Token;

constexpr int kShortestChunk = 4;

tl::unexpected<base::Error> not_finite(std::int64_t chunk) {
  return fail(ErrorKind::integrity, fmt::format("chunk {}: logits are not finite", chunk),
              "the weights or a kernel are broken: check the file's hash, then try without repacking");
}

// Sums over the scored positions of one chunk.
struct ChunkSums {
  double nll = 0.0, nll_squares = 0.0, nll_base = 0.0, p_change_squares = 0.0;
  std::int64_t same_top = 0;
  std::vector<double> kld;  // position by position
};

record::Item chunk_item(std::int64_t chunk, std::size_t positions, const ChunkSums& sums, bool has_base) {
  const auto count = static_cast<double>(positions);
  record::Item item;
  item.task = kFidelityItems;
  item.doc_id = chunk;
  item.content = {{"positions", positions}, {"nll_squares", sums.nll_squares}};
  item.metrics["nll"] = sums.nll / count;
  if (!has_base) return item;
  item.content["p_change_squares"] = sums.p_change_squares;
  item.content["kld"] = sums.kld;
  item.metrics["nll_base"] = sums.nll_base / count;
  double kld = 0.0;
  for (const double value : sums.kld) kld += value;
  item.metrics["kld"] = kld / count;
  item.metrics["same_top"] = static_cast<double>(sums.same_top) / count;
  return item;
}

// Walks both models through one chunk after the other.
class LockStep {
 public:
  LockStep(engine::Engine* base, engine::Engine& candidate)
      : base_(base),
        candidate_(candidate),
        vocabulary_(static_cast<std::size_t>(candidate.properties().vocabulary)),
        rows_(engine::kMostRows * vocabulary_),
        base_rows_(base ? rows_.size() : 0) {}

  Result<record::Item> chunk(std::int64_t number, std::span<const Token> tokens) {
    const std::size_t first = tokens.size() / 2;
    TRY(extend(tokens.first(first), true, 0));
    ChunkSums sums;
    const std::size_t last = tokens.size() - 1;  // predicts nothing within the chunk
    for (std::size_t begin = first; begin < last; begin += engine::kMostRows) {
      const std::size_t count = std::min(engine::kMostRows, last - begin);
      TRY(extend(tokens.subspan(begin, count), false, count));
      for (std::size_t i = 0; i < count; ++i) {
        const auto target = static_cast<std::size_t>(tokens[begin + i + 1]);
        if (!add(sums, i, target)) return not_finite(number);
      }
    }
    return chunk_item(number, last - first, sums, base_ != nullptr);
  }

 private:
  Status extend(std::span<const Token> tokens, bool restart, std::size_t rows) {
    if (base_) TRY(base_->extend(tokens, restart, std::span(base_rows_).first(rows * vocabulary_)));
    return candidate_.extend(tokens, restart, std::span(rows_).first(rows * vocabulary_));
  }

  bool add(ChunkSums& sums, std::size_t row, std::size_t target) const {
    const auto logits = std::span(rows_).subspan(row * vocabulary_, vocabulary_);
    double nll = 0.0;
    if (base_) {
      const auto base_logits = std::span(base_rows_).subspan(row * vocabulary_, vocabulary_);
      const score::Divergence step = score::divergence(base_logits, logits, target);
      if (!step.finite) return false;
      nll = step.nll_candidate;
      sums.nll_base += step.nll_base;
      sums.kld.push_back(step.kld);
      sums.same_top += step.same_top ? 1 : 0;
      sums.p_change_squares += step.p_change * step.p_change;
    } else {
      nll = score::negative_log_likelihood(logits, target);
    }
    sums.nll += nll;
    sums.nll_squares += nll * nll;
    return std::isfinite(nll);
  }

  engine::Engine* base_;
  engine::Engine& candidate_;
  std::size_t vocabulary_;
  std::vector<float> rows_, base_rows_;
};

Status check_same_vocabulary(engine::Engine& base, engine::Engine& candidate) {
  const int of_base = base.properties().vocabulary;
  const int of_candidate = candidate.properties().vocabulary;
  if (of_base == of_candidate) return {};
  return fail(
      ErrorKind::bad_input,
      fmt::format("the base has a vocabulary of {} tokens, the candidate one of {}", of_base, of_candidate),
      "compare precisions of one model");
}

constexpr std::string_view kEmbeddedText = "texts/fidelity.txt";
constexpr std::size_t kLargestText = std::size_t{256} << 20;

std::optional<std::string_view> embedded(std::string_view name) {
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (file.name == name) return file.content();
  }
  return std::nullopt;
}

// The "text" of every row, with an empty line between them.
Result<std::string> joined_texts(std::string_view rows) {
  std::string all;
  for (const std::string& line : base::split(rows, '\n')) {
    if (line.empty()) continue;
    TRY_ASSIGN(const base::Json row, base::parse_json(line, "the embedded text"));
    all += base::string_at(row, "text").value_or("") + "\n\n";
  }
  return all;
}

}  // namespace

Result<std::string> fidelity_text(const plan::FidelitySettings& settings,
                                  const std::optional<std::string>& embedded_model) {
  if (!settings.text.empty()) {
    TRY_ASSIGN(std::string text, base::read_file(settings.text, kLargestText));
    if (base::is_utf8(text)) return text;
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is not UTF-8 text", base::printable(settings.text.string())),
                      "convert it: iconv -f ENCODING -t UTF-8");
  }
  if (embedded_model) {
    if (const auto own = embedded(fmt::format("{0}/tasks/{0}_text.jsonl", *embedded_model)))
      return joined_texts(*own);
  }
  if (const auto text = embedded(kEmbeddedText)) return std::string(*text);
  return base::fail(base::ErrorKind::environment, "this build has no embedded text",
                    "give a text: --fidelity-text FILE");
}

Result<std::vector<std::vector<Token>>> fidelity_chunks(engine::Engine& engine, const FidelityText& text) {
  if (text.context < kShortestChunk) {
    return fail(ErrorKind::usage, fmt::format("a chunk of {} tokens is too short", text.context),
                fmt::format("take at least {}", kShortestChunk));
  }
  const engine::Properties& properties = engine.properties();
  std::vector<Token> all;
  const bool begins = properties.adds_bos && properties.bos;
  if (begins) all.push_back(*properties.bos);
  TRY_ASSIGN(const std::vector<Token> tokens, engine.tokenize(text.text, false));
  all.insert(all.end(), tokens.begin(), tokens.end());

  const auto size = static_cast<std::size_t>(text.context);
  std::size_t count = all.size() / size;
  if (text.chunks) count = std::min(count, static_cast<std::size_t>(std::max(0, *text.chunks)));
  if (count == 0) {
    return fail(ErrorKind::bad_input,
                fmt::format("the text has {} tokens, which do not fill one chunk of {}", all.size(), size),
                "give a longer text, or a shorter --fidelity-context");
  }
  std::vector<std::vector<Token>> chunks;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * size);
    chunks.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    if (begins) chunks.back().front() = *properties.bos;
  }
  return chunks;
}

Status measure_fidelity(engine::Engine* base, engine::Engine& candidate, const FidelityText& text,
                        const record::DoneItems& done, evaluate::Sink& sink) {
  TRY_ASSIGN(const auto chunks, fidelity_chunks(candidate, text));
  if (base) {
    TRY(check_same_vocabulary(*base, candidate));
    TRY_ASSIGN(const auto of_base, fidelity_chunks(*base, text));
    if (of_base != chunks) {
      return fail(ErrorKind::bad_input, "base and candidate give the text different tokens",
                  "compare precisions of one model");
    }
  }
  TRY(sink.on_plan(std::string(kFidelityItems), static_cast<std::int64_t>(chunks.size())));
  LockStep walk(base, candidate);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto number = static_cast<std::int64_t>(i);
    if (done.contains({std::string(kFidelityItems), number})) continue;
    TRY_ASSIGN(record::Item item, walk.chunk(number, chunks[i]));
    TRY(sink.on_items({std::move(item)}));
  }
  return {};
}

namespace {

using base::Json;
using record::Value;

constexpr const char* kIsBase = "this is the base precision, which the others are compared with";

// Means of a metric, chunk by chunk. All chunks have equally many positions.
std::vector<double> chunk_means(const std::vector<record::Item>& items, const char* metric) {
  std::vector<double> means;
  for (const record::Item& item : items) {
    if (const auto found = item.metrics.find(metric); found != item.metrics.end()) {
      means.push_back(found->second);
    }
  }
  return means;
}

double total(const std::vector<record::Item>& items, const char* content) {
  double sum = 0.0;
  for (const record::Item& item : items) sum += base::number_at(item.content, content).value_or(0.0);
  return sum;
}

std::optional<record::Interval> as_recorded(const std::optional<stats::Interval>& interval) {
  if (!interval) return std::nullopt;
  return record::Interval{interval->low, interval->high, 0.95, "student_by_chunk"};
}

// A mean over positions with the chunks as clusters.
Value clustered_mean(const std::vector<double>& means, std::int64_t positions) {
  Value value;
  value.value = *stats::mean(means);
  value.interval = as_recorded(stats::mean_interval(means));
  value.std_error = stats::standard_error(means);
  value.n = positions;
  return value;
}

// A share's interval ends at 0 and 1.
Value share(Value value) {
  if (value.interval) {
    value.interval->low = std::max(0.0, value.interval->low);
    value.interval->high = std::min(1.0, value.interval->high);
  }
  return value;
}

// exp of such a mean; the interval is that of the exponent.
Value exponential(const Value& mean) {
  Value value;
  value.value = std::exp(mean.value);
  value.n = mean.n;
  value.interval = mean.interval;
  if (value.interval) {
    value.interval->low = std::exp(mean.interval->low);
    value.interval->high = std::exp(mean.interval->high);
  }
  if (mean.std_error) value.std_error = value.value * *mean.std_error;  // delta method
  return value;
}

// As llama-perplexity: exp(m) · sqrt((mean of squares − m²) / (n − 1)), over positions.
std::optional<double> perplexity_error(double nll, double squares, std::int64_t positions) {
  if (positions < 2) return std::nullopt;
  const auto n = static_cast<double>(positions);
  const double variance = std::max(0.0, squares / n - nll * nll);
  return std::exp(nll) * std::sqrt(variance / (n - 1.0));
}

void add_percentiles(const std::vector<record::Item>& items, FidelitySummary& summary) {
  std::vector<double> all;
  for (const record::Item& item : items) {
    for (const Json& value : base::child_at(item.content, "kld")) all.push_back(value.get<double>());
  }
  const auto n = static_cast<std::int64_t>(all.size());
  const auto add = [&](const char* name, double fraction) {
    if (n < stats::percentile_floor(fraction)) {
      summary.absent[name] = "the text is too short for this percentile";
    } else {
      summary.metrics[name] = {*stats::percentile(all, fraction), std::nullopt, std::nullopt, n};
    }
  };
  add("kld_p50", 0.50);
  add("kld_p90", 0.90);
  add("kld_p99", 0.99);
  summary.metrics["kld_max"] = {*stats::percentile(all, 1.0), std::nullopt, std::nullopt, n};
}

}  // namespace

FidelitySummary summarize_fidelity(const std::vector<record::Item>& items) {
  FidelitySummary summary;
  const std::vector<double> nll = chunk_means(items, "nll");
  if (nll.empty()) return summary;
  std::int64_t positions = 0;
  for (const record::Item& item : items) {
    positions += base::integer_at(item.content, "positions").value_or(0);
  }
  Value perplexity = exponential(clustered_mean(nll, positions));
  perplexity.std_error = perplexity_error(*stats::mean(nll), total(items, "nll_squares"), positions);
  summary.metrics["chunk_perplexity"] = perplexity;

  const std::vector<double> nll_base = chunk_means(items, "nll_base");
  if (nll_base.size() != nll.size()) {
    for (const char* name : {"kld_mean", "kld_p50", "kld_p90", "kld_p99", "kld_max", "top_token_agreement",
                             "p_change_rms", "perplexity_ratio"}) {
      summary.absent[name] = kIsBase;
    }
    return summary;
  }
  std::vector<double> log_ratios;
  for (std::size_t i = 0; i < nll.size(); ++i) log_ratios.push_back(nll[i] - nll_base[i]);
  summary.metrics["perplexity_ratio"] = exponential(clustered_mean(log_ratios, positions));
  summary.metrics["kld_mean"] = clustered_mean(chunk_means(items, "kld"), positions);
  summary.metrics["top_token_agreement"] = share(clustered_mean(chunk_means(items, "same_top"), positions));
  summary.metrics["p_change_rms"] = {
      std::sqrt(total(items, "p_change_squares") / static_cast<double>(positions)), std::nullopt,
      std::nullopt, positions};
  add_percentiles(items, summary);
  return summary;
}

}  // namespace bantam::damage
