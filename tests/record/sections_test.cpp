#include "record/sections.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "record/block.hpp"
#include "record/memory_line.hpp"

namespace bantam::record {
namespace {

using base::Json;

Json parsed(std::string_view text) {
  return base::parse_json(text, "test").value();
}

// Texts as records hold them, key for key.
constexpr std::string_view kDecided =
    R"({"width":0.02,"metric":"acc","n_total":400,"verdict":"worse",)"
    R"("stopped_because":"the interval lies on one side of 0","looks":[{"items":0,"standing":"open"},)"
    R"({"items":50,"standing":"different","difference":-0.2,"interval":{"low":-0.3,"high":-0.1,)"
    R"("confidence":0.9875,"method":"newcombe_paired_widened"},"lost":10,"gained":0}],"n_used":50,)"
    R"("difference":-0.2,"interval":{"low":-0.3,"high":-0.1,"confidence":0.9875,)"
    R"("method":"newcombe_paired_widened"}})";
constexpr std::string_view kBase =
    R"({"width":0.02,"metric":"acc","is_base":true,"n_used":100,"n_total":400,"stopped_because":"no more"})";
constexpr std::string_view kScoring =
    R"({"shared_prefixes":false,"computed_tokens":120,"distinct_tokens":100,"check_tokens":7,"output_rows":9,)"
    R"("seconds":0.5,"largest_sharing_difference":0.25,"own_kernels":"","largest_kernel_difference":0.125,)"
    R"("why_engine_kernels":"a log-likelihood differs","why_unshared":"scores differ"})";
constexpr std::string_view kTask =
    R"({"name":"t","output_type":"generate_until","num_fewshot":5,"version":1.0,"data":"rows","config":)"
    R"({"task":"t"},"filters":["strict","flexible"],"metrics":["exact_match"],"generation_kwargs":)"
    R"({"until":["\n"]},"items":4,"rows":9})";
constexpr std::string_view kGroup =
    R"({"name":"g","alias":"G","parts":["t","u"],"version":"2","metrics":{"acc":{"value":0.5,"interval":)"
    R"({"low":0.25,"high":0.75,"confidence":0.95,"method":"wilson"},"stderr":0.125,"n":16}}})";
constexpr std::string_view kEmbedder =
    R"({"reference":"m","sha256":"abc","name":"MiniLM","bertscore":{"t":{"name":"bertscore_MiniLM_L5",)"
    R"("layer":5,"layers":6,"idf":false,"rescaled":false}}})";
constexpr std::string_view kTokens = R"({"bos":{"id":1,"text":"<s>"},"eos":{"id":2,"text":"</s>"}})";

TEST(Sections, KeepEveryKeyInItsPlace) {
  EXPECT_EQ(base::to_text(to_json(*adaptive_from(parsed(kDecided)))), kDecided);
  EXPECT_EQ(base::to_text(to_json(*adaptive_from(parsed(kBase)))), kBase);
  EXPECT_EQ(base::to_text(to_json(*scoring_from(parsed(kScoring)))), kScoring);
  EXPECT_EQ(base::to_text(to_json(task_facts_from(parsed(kTask)))), kTask);
  EXPECT_EQ(base::to_text(to_json(group_facts_from(parsed(kGroup)))), kGroup);
  EXPECT_EQ(base::to_text(to_json(embedding_model_from(parsed(kEmbedder)))), kEmbedder);
  EXPECT_EQ(base::to_text(to_json(special_tokens_from(parsed(kTokens)))), kTokens);
}

constexpr std::string_view kLine =
    R"({"round":1,"samples":90,"within_bytes":4096,"seconds":[0.0,0.125],"rss_bytes":[8192,16384],)"
    R"("private_bytes":[4096,4096],"phases":[{"name":"load_warm","begin_s":0.0,"end_s":0.1}]})";

TEST(MemoryLines, AreReadAsTheyAreWritten) {
  const auto line = memory_line_from(parsed(kLine));
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(base::to_text(to_json(*line)), kLine);
  EXPECT_EQ(line->private_peak_bytes(), 4096);
  Record record;
  EXPECT_FALSE(has_memory_line(record));
  EXPECT_FALSE(memory_line(record));
  set_memory_line(record, *line);
  EXPECT_EQ(memory_line(record_from(to_json(record)).value()), line.value());
  Block block;
  block.round = 1;
  block.series = "s";
  block.memory_line = *line;
  EXPECT_EQ(block_from(to_json(block))->memory_line, *line);
}

TEST(MemoryLines, ThatCannotBeAreRefused) {
  const auto refused = [](const char* pointer, const Json& value) {
    Json json = parsed(kLine);
    json[Json::json_pointer(pointer)] = value;
    Record record;
    record.task_info["memory_line"] = json;
    EXPECT_TRUE(has_memory_line(record));
    EXPECT_FALSE(memory_line(record)) << pointer;
    Block block;
    Json of_block = to_json(block);
    of_block["memory_line"] = json;
    EXPECT_FALSE(block_from(of_block)) << pointer;
    return !memory_line_from(json).has_value();
  };
  EXPECT_TRUE(refused("/round", -1));
  EXPECT_TRUE(refused("/samples", "many"));
  EXPECT_TRUE(refused("/seconds", {0.0}));
  EXPECT_TRUE(refused("/seconds/0", 0.5)) << "back in time";
  EXPECT_TRUE(refused("/seconds/1", -0.5));
  EXPECT_TRUE(refused("/rss_bytes/1", 100)) << "less than what is private";
  EXPECT_TRUE(refused("/private_bytes/0", -4096));
  EXPECT_TRUE(refused("/private_bytes/0", 1e30));
  EXPECT_TRUE(refused("/private_bytes", Json::object()));
  EXPECT_TRUE(refused("/phases/0/end_s", -0.1));
  EXPECT_TRUE(refused("/phases/0", Json::array()));
  EXPECT_TRUE(refused("/phases", "none"));
  Json long_one = parsed(kLine);
  for (const char* key : {"seconds", "rss_bytes", "private_bytes"})
    long_one[key] = std::vector<int>(kMostMemoryPoints + 1, 0);
  EXPECT_FALSE(memory_line_from(long_one));
  EXPECT_FALSE(memory_line_from({}));
}

TEST(Sections, AreReadWhereTheyWereWritten) {
  Record record;
  set_adaptive(record, *adaptive_from(parsed(kDecided)));
  set_tasks(record, {task_facts_from(parsed(kTask))});
  set_groups(record, {group_facts_from(parsed(kGroup))});
  set_embedding_model(record, embedding_model_from(parsed(kEmbedder)));
  set_kernel_fallback(record, {"Q4_0: wrong products"});
  set_special_tokens(record.engine, special_tokens_from(parsed(kTokens)));
  set_chat_template(record.engine, "{{ messages }}");
  const Record read = record_from(to_json(record)).value();
  EXPECT_EQ(adaptive(read)->looks.size(), 2U);
  EXPECT_FALSE(adaptive(read)->looks[0].seen);
  EXPECT_EQ(adaptive(read)->looks[1].seen->lost, 10);
  EXPECT_TRUE(has_tasks(read));
  EXPECT_EQ(tasks(read).at(0).rows, 9);
  EXPECT_EQ(groups(read).at(0).metrics.at("acc").std_error, 0.125);
  EXPECT_EQ(embedding_model(read)->bertscore.at(0).layer, 5);
  EXPECT_EQ(engine_facts(read).special_tokens->eos->text, "</s>");
  EXPECT_FALSE(engine_facts(read).special_tokens->pad);
  EXPECT_EQ(engine_facts(read).chat_template, "{{ messages }}");
  EXPECT_EQ(engine_facts(read).kernel_fallback, std::vector<std::string>{"Q4_0: wrong products"});
}

TEST(Sections, AreAbsentFromARecordWithoutThem) {
  const Record record;
  EXPECT_FALSE(adaptive(record));
  EXPECT_FALSE(scoring(record));
  EXPECT_FALSE(embedding_model(record));
  EXPECT_FALSE(has_tasks(record));
  EXPECT_TRUE(tasks(record).empty());
  EXPECT_TRUE(groups(record).empty());
  EXPECT_FALSE(engine_facts(record).special_tokens);
  EXPECT_FALSE(engine_facts(record).kernel_fallback);
  EXPECT_FALSE(machine_facts(record).identity);
  EXPECT_FALSE(model_facts(record).parameters);
}

TEST(Sections, CostsOfScoringAddUpAndTheRestIsTheNewest) {
  Record record;
  add_scoring(record, *scoring_from(parsed(kScoring)));
  Scoring next = *scoring_from(parsed(kScoring));
  next.shared_prefixes = true;
  next.why_unshared.reset();
  add_scoring(record, next);
  const Scoring all = *scoring(record);
  EXPECT_EQ(all.computed_tokens, 240);
  EXPECT_EQ(all.distinct_tokens, 200);
  EXPECT_EQ(all.check_tokens, 14);
  EXPECT_EQ(all.output_rows, 18);
  EXPECT_EQ(all.seconds, 1.0);
  EXPECT_TRUE(all.shared_prefixes);
  EXPECT_FALSE(all.why_unshared);
}

}  // namespace
}  // namespace bantam::record
