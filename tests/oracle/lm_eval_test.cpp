// The same weights through our engine and evaluation as through lm-evaluation-harness 0.4.13: item by item.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "engine/llama/engine.hpp"
#include "evaluate/ask.hpp"
#include "evaluate/lm_eval_oracle.hpp"
#include "evaluate/task_scores.hpp"
#include "evaluate/tokens.hpp"
#include "support/collected_items.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

constexpr const char* kModel = "models/probe/probe-f32.gguf";
constexpr double kRequestTolerance = 1e-3;  // arithmetic of another library; f32 weights and f32 cache
constexpr double kWindowTolerance = 5e-3;   // of a 2048-token window
constexpr double kClearGap = 0.02;  // smaller gaps of the two best logits may rightly go the other way

class LmEvalOracle : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(support::shared_folder() / kModel)) return;
    plan::EngineSettings settings;
    settings.cache_type_k = settings.cache_type_v = "f32";
    settings.flash_attn = "off";
    auto opened = engine::open_llama(support::shared_folder() / kModel, settings, {2048, 4}, nullptr);
    ASSERT_TRUE(opened) << opened.error().message;
    engine_ = opened->release();
    oracle_ = new Oracle(read_oracle());
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete oracle_;
  }
  static inline engine::Engine* engine_ = nullptr;
  static inline const Oracle* oracle_ = nullptr;
};

void expect_requests(const record::Item& item, const Json& expected) {
  const Json& sums = base::child_at(item.content, "log_likelihoods");
  const std::size_t count = sums.size();
  for (std::size_t i = 0; i < expected["requests"].size(); ++i) {
    const Json& request = expected["requests"][i];
    const Json& ours = i < count ? sums[i] : item.content["unconditional_log_likelihoods"][i - count];
    EXPECT_NEAR(ours.get<double>(), request["loglikelihood"].get<double>(), kRequestTolerance);
    if (i < count) {
      EXPECT_EQ(item.content["is_greedy"][i], request["is_greedy"]);
    }
  }
}

void expect_generation(const record::Item& item, const Json& expected) {
  if (expected["smallest_top2_gap"].get<double>() < kClearGap) return;
  EXPECT_EQ(item.content["resps"][0], expected["response"]);
  for (const auto& [filter, result] : expected["filters"].items()) {
    const Json& filtered = result["filtered"];
    EXPECT_EQ(item.content["filtered_resps"][filter][0], filtered.is_array() ? filtered[0] : filtered);
    for (const auto& [metric, value] : result["metrics"].items()) {
      const std::string key = expected["filters"].size() == 1 ? metric : metric + "," + filter;
      EXPECT_NEAR(item.metrics.at(key), value.get<double>(), 1e-9);
    }
  }
}

void expect_item(const record::Item& item, const Json& expected) {
  if (expected["output_type"] == "generate_until") return expect_generation(item, expected);
  if (expected["output_type"] == "loglikelihood_rolling") {
    const double tolerance = kWindowTolerance * static_cast<double>(expected["windows"].size());
    EXPECT_NEAR(item.content["log_likelihood"].get<double>(), expected["loglikelihood"].get<double>(),
                tolerance);
    EXPECT_EQ(item.content["words"], expected["words"]);
    EXPECT_EQ(item.content["bytes"], expected["bytes"]);
    return;
  }
  expect_requests(item, expected);
  for (const auto& [metric, value] : expected["metrics"].items()) {
    if (value.is_number() && metric.starts_with("acc")) {
      EXPECT_EQ(item.metrics.at(metric), value) << metric;
    }
  }
}

// The stderr of these is a bootstrap in lm-eval.
bool has_analytic_stderr(const std::string& metric) {
  return metric != "perplexity" && metric != "mcc" && metric != "f1";
}

void expect_scores(const Scores& scores, const Json& expected, bool single_filter) {
  for (const auto& [key, value] : expected["metrics"].items()) {
    if (value.is_null()) continue;
    const bool is_stderr = key.find("_stderr,") != std::string::npos;
    const std::string metric = key.substr(0, is_stderr ? key.find("_stderr,") : key.find(','));
    const std::string ours = single_filter ? metric : metric + key.substr(key.find(','));
    ASSERT_TRUE(scores.metrics.contains(ours)) << ours;
    const record::Value& found = scores.metrics.at(ours);
    if (!is_stderr) {
      const bool from_logits = metric.find("perplexity") != std::string::npos || metric == "bits_per_byte" ||
                               metric == "brier_score";
      const double tolerance = from_logits ? std::abs(value.get<double>()) * 1e-4 : 1e-6;
      EXPECT_NEAR(found.value, value.get<double>(), tolerance) << key;
    } else if (has_analytic_stderr(metric)) {
      ASSERT_TRUE(found.std_error) << key;
      EXPECT_NEAR(*found.std_error, value.get<double>(), 1e-6) << key;
    } else {
      ASSERT_TRUE(found.std_error) << key;
      EXPECT_NEAR(*found.std_error, value.get<double>(), 0.05 * value.get<double>()) << key;
    }
  }
}

TEST_P(LmEvalOracle, ItemsAndScores) {
  SKIP_WITHOUT_SHARED(kOracle);
  SKIP_WITHOUT_SHARED(kModel);
  const auto selection = oracle_library().find(GetParam());
  ASSERT_TRUE(selection) << selection.error().message;
  support::CollectedItems sink;
  task::Settings settings;
  settings.batch_size = 4;
  settings.own_kernels = true;  // as users run it
  auto prompters = make_prompters(selection->leaves, settings);
  ASSERT_TRUE(prompters) << prompters.error().message;
  const auto status = evaluate(*engine_, *std::move(prompters), settings, {}, sink);
  ASSERT_TRUE(status) << status.error().message;
  std::stable_sort(sink.items.begin(), sink.items.end(),
                   [](const auto& left, const auto& right) { return left.doc_id < right.doc_id; });
  std::map<std::string, std::size_t> seen;
  for (const record::Item& item : sink.items) {
    SCOPED_TRACE(item.task + " " + std::to_string(item.doc_id));
    ASSERT_EQ(static_cast<std::size_t>(item.doc_id), seen[item.task]++);
    expect_item(item, oracle_->items.at(item.task)[static_cast<std::size_t>(item.doc_id)]);
  }
  const TaskScores result = task_scores(*selection, sink.items);
  for (const task::Task& task : selection->leaves) {
    EXPECT_EQ(seen[task.name], oracle_->items.at(task.name).size());
    const Scores& scores = selection->group ? result.leaves.at(task.name) : result.total;
    expect_scores(scores, oracle_->aggregates.at(task.name), task.filters.size() == 1);
  }
  if (selection->group) expect_scores(result.total, oracle_->aggregates.at(GetParam()), true);
}

TEST_F(LmEvalOracle, TokenIds) {
  SKIP_WITHOUT_SHARED(kOracle);
  SKIP_WITHOUT_SHARED(kModel);
  auto tokenizer = PromptTokenizer::make(*engine_, 1 << 20);  // nothing is cut
  ASSERT_TRUE(tokenizer);
  for (const auto& [name, items] : oracle_->items) {
    SCOPED_TRACE(name);
    for (const Json& item : items) {
      if (item.contains("text")) {
        const auto windows = tokenizer->windows(item["text"]);
        EXPECT_EQ(Json(windows->front().continuation), item["tokens"]);
        EXPECT_EQ(windows->front().context.front(), item["prefix_token"]);
      }
      if (!item.contains("requests")) continue;
      for (const Json& request : item["requests"]) {
        const Json& own = request.contains("context") ? request : item;
        const auto text = own["context"].get<std::string>();
        const Context context = text.empty() ? Context{} : Context{{text, true}};
        const auto pair = tokenizer->pair(context, request["continuation"]);
        ASSERT_TRUE(pair) << pair.error().message;
        EXPECT_EQ(Json(pair->request.context), own["context_tokens"]);
        EXPECT_EQ(Json(pair->request.continuation), request["continuation_tokens"]);
      }
    }
  }
}

TEST_F(LmEvalOracle, WindowsOfALongText) {
  SKIP_WITHOUT_SHARED(kOracle);
  SKIP_WITHOUT_SHARED(kModel);
  auto tokenizer = PromptTokenizer::make(*engine_, 2048);
  for (const Json& item : oracle_->items.at("probe_wikitext")) {
    const auto windows = tokenizer->windows(item["text"]);
    ASSERT_TRUE(windows);
    ASSERT_EQ(windows->size(), item["windows"].size());
    for (std::size_t i = 0; i < windows->size(); ++i) {
      EXPECT_EQ((*windows)[i].context.size(), item["windows"][i]["context_len"].get<std::size_t>());
      EXPECT_EQ((*windows)[i].continuation.size(), item["windows"][i]["scored"].get<std::size_t>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, LmEvalOracle,
                         testing::Values("probe_hellaswag", "probe_mmlu", "probe_arc_easy",
                                         "probe_arc_easy_random", "probe_winogrande", "probe_boolq",
                                         "probe_boolq_trailing", "probe_sst2", "probe_sst2_extra",
                                         "probe_lambada", "probe_lastword", "probe_longctx", "probe_wikitext",
                                         "probe_wikitext_detok", "probe_gsm8k", "probe_squad",
                                         "probe_squad_em"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace bantam::evaluate
