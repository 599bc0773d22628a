#include "engine/program_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/clock.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Token kBos = 257;
constexpr Token kEos = 256;

// The toy's rule, as the head of tests/support/engine_program.py says.
Token favourite(Token last, std::size_t count) {
  const auto place = static_cast<Token>((5 * static_cast<std::size_t>(last) + 3 * count + 11) % 96);
  return place == 95 ? kEos : 32 + place;
}

double second_logit(std::size_t count) {
  return 2.0 + static_cast<double>(count % 4) / 4.0;
}

double log_of_favourite(std::size_t count) {
  return 4.0 - std::log(std::exp(4.0) + std::exp(second_logit(count)) + 256.0);
}

// A folder with a toy's model, and what the toy does wrong.
class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::ofstream(folder_.path() / "toy.json") << "{}";
    ::unsetenv("BANTAM_TOY");
  }
  ~ProgramTest() override { ::unsetenv("BANTAM_TOY"); }

  ModelFile model() const {
    ModelFile file(folder_.path());
    file.program = Program{
        {"python3", std::string(BANTAM_SOURCE_DIR) + "/tests/support/engine_program.py"}, "fp32", false};
    return file;
  }

  base::Result<std::unique_ptr<Engine>> open(int streams = 2) {
    return open_program(model(), plan::EngineSettings{}, {256, streams}, &heartbeat_);
  }

  // What becomes of a request to a toy that does something wrong.
  std::string failure(const std::string& misbehaviour, int new_tokens = 4) {
    ::setenv("BANTAM_TOY", misbehaviour.c_str(), 1);
    const auto engine = open();
    if (!engine) return engine.error().message;
    const std::vector<GenerateRequest> requests{{.prompt = "ab"}};
    GenerateOptions options;
    options.max_new_tokens = new_tokens;
    options.ignore_eos = true;
    const auto answers = (*engine)->generate(requests, options);
    return answers ? "" : answers.error().message;
  }

  support::TempDir folder_;
  Heartbeat heartbeat_{0};
};

TEST_F(ProgramTest, AModelTellsWhatItIs) {
  const auto engine = open();
  ASSERT_TRUE(engine) << engine.error().message;
  const Properties& properties = (*engine)->properties();
  EXPECT_EQ(properties.engine, "toy");
  EXPECT_EQ(properties.architecture, "toy");
  EXPECT_EQ(properties.vocabulary, 258);
  EXPECT_EQ(properties.bos, kBos);
  EXPECT_EQ(properties.context_train, 2048);
  EXPECT_TRUE(properties.adds_bos);
  EXPECT_EQ(properties.details["precision"], "fp32");
  EXPECT_EQ((*engine)->memory().weights_bytes, 4 * 258);
  EXPECT_GT((*engine)->other_process().value_or(0), 1);
}

TEST_F(ProgramTest, TextsBecomeTokensAndBack) {
  const auto engine = open();
  ASSERT_TRUE(engine);
  EXPECT_THAT(*(*engine)->tokenize("ab", false), ElementsAre('a', 'b'));
  EXPECT_THAT(*(*engine)->tokenize("a<eos>", true), ElementsAre('a', kEos));
  EXPECT_EQ((*engine)->detokenize(std::vector<Token>{'h', 'i', kEos}), "hi");
  EXPECT_EQ((*engine)->tokenize("\xff", false).error().kind, base::ErrorKind::bad_input);
}

TEST_F(ProgramTest, AnswersAreGreedyAndStamped) {
  const auto engine = open();
  ASSERT_TRUE(engine);
  const std::vector<GenerateRequest> requests{{.prompt = "ab"}, {.tokens = {kBos, 'c'}}};
  GenerateOptions options;
  options.max_new_tokens = 5;
  options.ignore_eos = true;
  const auto answers = (*engine)->generate(requests, options);
  ASSERT_TRUE(answers) << answers.error().message;
  ASSERT_EQ(answers->size(), 2U);
  EXPECT_THAT(answers->front().prompt_tokens, ElementsAre(kBos, 'a', 'b'));
  for (const Generation& one : *answers) {
    std::vector<Token> sequence = one.prompt_tokens;
    std::vector<Token> wanted;
    double gap = 10.0;
    for (int i = 0; i < 5; ++i) {
      gap = std::min(gap, 4.0 - second_logit(sequence.size()));
      wanted.push_back(favourite(sequence.back(), sequence.size()));
      sequence.push_back(wanted.back());
    }
    EXPECT_EQ(one.tokens, wanted);
    EXPECT_DOUBLE_EQ(one.smallest_top2_gap, gap);
    EXPECT_EQ(one.finish, "length");
    EXPECT_LE(one.submitted_ns, one.prefill_done_ns);
    EXPECT_LE(one.prefill_done_ns, one.token_ns.front());
    EXPECT_TRUE(std::ranges::is_sorted(one.token_ns));
  }
  EXPECT_GT(heartbeat_.load(), 10U);
}

TEST_F(ProgramTest, MoreRequestsThanStreamsTakeTurns) {
  const auto engine = open(2);
  ASSERT_TRUE(engine);
  const std::vector<GenerateRequest> requests(5, GenerateRequest{.prompt = "ab"});
  GenerateOptions options;
  options.max_new_tokens = 3;
  options.refill = true;
  const auto answers = (*engine)->generate(requests, options);
  ASSERT_TRUE(answers) << answers.error().message;
  ASSERT_EQ(answers->size(), 5U);
  for (const Generation& one : *answers) EXPECT_EQ(one.tokens.front(), favourite('b', 3));
}

TEST_F(ProgramTest, RequestsThatArriveAreServedOneByOne) {
  ::setenv("BANTAM_TOY", "slow_token_ms=20", 1);
  const auto engine = open(2);
  ASSERT_TRUE(engine);
  const std::int64_t now_ns = base::MonotonicClock().now_ns();
  std::vector<GenerateRequest> requests(2, GenerateRequest{.prompt = "ab"});
  for (GenerateRequest& request : requests) request.arrival_ns = now_ns;
  GenerateOptions options;
  options.max_new_tokens = 3;
  options.ignore_eos = true;
  const auto answers = (*engine)->generate(requests, options);
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_EQ((*answers)[0].submitted_ns, now_ns);
  EXPECT_EQ((*answers)[1].submitted_ns, now_ns);
  EXPECT_GE((*answers)[1].prefill_done_ns, (*answers)[0].token_ns.back());
}

TEST_F(ProgramTest, ContinuationsAreScored) {
  const auto engine = open();
  ASSERT_TRUE(engine);
  std::vector<ScoreRequest> requests(40, ScoreRequest{{kBos, 'a', 'b'}, {}});
  requests.front().continuation = {favourite('b', 3), favourite(favourite('b', 3), 4)};
  for (std::size_t i = 1; i < requests.size(); ++i) requests[i].continuation = {'z'};
  const auto scores = (*engine)->score(requests);
  ASSERT_TRUE(scores) << scores.error().message;
  EXPECT_NEAR(scores->front().log_likelihood, log_of_favourite(3) + log_of_favourite(4), 1e-12);
  EXPECT_TRUE(scores->front().is_greedy);
  EXPECT_NEAR(scores->back().log_likelihood, log_of_favourite(3) - 4.0, 1e-12);
  EXPECT_FALSE(scores->back().is_greedy);
  EXPECT_EQ((*engine)->score_work().computed_tokens, 4 + 39 * 3);
}

TEST_F(ProgramTest, AClassifierGivesALogitPerLabel) {
  auto program = LoadedProgram::open(model(), plan::EngineSettings{}, {256, 1}, nullptr);
  ASSERT_TRUE(program) << program.error().message;
  const auto classifier = program_classifier(*std::move(program));
  ASSERT_TRUE(classifier);
  EXPECT_THAT((*classifier)->labels(), ElementsAre("negative", "positive"));
  const auto tokens = (*classifier)->tokenize("a");
  EXPECT_THAT(*tokens, ElementsAre(kBos, 'a', kEos));
  const auto logits = (*classifier)->classify(std::vector<std::vector<Token>>{*tokens});
  // 257 + 97 + 256 = 610, and (610 + 5 k) mod 7 - 3
  ASSERT_TRUE(logits);
  EXPECT_THAT(logits->front(), ElementsAre(-2.0F, 3.0F));
}

TEST_F(ProgramTest, WhatBreaksTheProtocolIsNoAnswer) {
  EXPECT_THAT(failure("rubbish"), HasSubstr("generate: it wrote no JSON: Loading checkpoint shards"));
  EXPECT_THAT(failure("bad_utf8"), HasSubstr("generate: it wrote no JSON"));
  EXPECT_THAT(failure("wrong_id"), HasSubstr("it answered another request"));
  EXPECT_THAT(failure("flood"), HasSubstr("a line of more than 67108864 bytes"));
  EXPECT_THAT(failure("old_protocol"), HasSubstr("it speaks version 0 of the protocol, not 1"));
  EXPECT_THAT(failure("no_prefilled"), HasSubstr("a token came before its prompt was computed"));
  EXPECT_THAT(failure("late_prefilled"), HasSubstr("a token came before its prompt was computed"));
  EXPECT_THAT(failure("too_many_tokens"), HasSubstr("more than 4 tokens came"));
  EXPECT_THAT(failure("too_few_tokens"), HasSubstr("ended by its length with 3 of 4 tokens"));
  EXPECT_THAT(failure("fewer"), HasSubstr("'answers' is no list of 1"));
}

TEST_F(ProgramTest, AProgramThatEndsIsQuoted) {
  EXPECT_THAT(failure("crash_at_load"), HasSubstr("load: python3 has ended: toy: out of luck"));
  EXPECT_THAT(failure("crash_in_generate"), HasSubstr("generate: python3 has ended: toy: out of luck"));
  EXPECT_THAT(failure("fails_at=load"), HasSubstr("toy: this request fails"));
}

TEST_F(ProgramTest, ScoresThatAreNoNumbersAreRefused) {
  ::setenv("BANTAM_TOY", "nan", 1);
  const auto engine = open();
  ASSERT_TRUE(engine);
  const std::vector<ScoreRequest> requests{{{kBos}, {'a'}}};
  EXPECT_THAT((*engine)->score(requests).error().message, HasSubstr("loglikelihood: it wrote no JSON"));
}

TEST_F(ProgramTest, ASilentProgramIsNotWaitedFor) {
  ::setenv("BANTAM_TOY", "silent=memory", 1);
  LinkOptions options;
  options.patience_s = 0.3;
  auto link = ProgramLink::start(model().program->command, options);
  ASSERT_TRUE(link) << link.error().message;
  base::Json load{{"model", folder_.path().string()},
                  {"precision", "fp32"},
                  {"threads", 1},
                  {"context", 64},
                  {"streams", 1}};
  ASSERT_TRUE(link->ask("load", load));
  EXPECT_THAT(link->ask("memory", base::Json::object()).error().message,
              HasSubstr("wrote nothing within 0.3 s"));
}

TEST_F(ProgramTest, ALongLoadIsAliveWhileItComputes) {
  ::setenv("BANTAM_TOY", "busy_load_s=1.2", 1);
  ASSERT_TRUE(open());
  EXPECT_GT(heartbeat_.load(), 3U);
}

TEST_F(ProgramTest, AModelThatIsNoneIsTheRequestsFault) {
  ModelFile file = model();
  file.gguf = folder_.path() / "none";
  const auto engine = open_program(file, plan::EngineSettings{}, {256, 1}, nullptr);
  EXPECT_EQ(engine.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(engine.error().message, HasSubstr("no such file or folder"));
}

TEST_F(ProgramTest, WhatItCannotDoIsRefused) {
  std::ofstream(folder_.path() / "toy.json") << R"({"abilities": ["generate", "loglikelihood"]})";
  const auto engine = open();
  ASSERT_TRUE(engine);
  const std::vector<GenerateRequest> requests{{.prompt = "ab"}};
  GenerateOptions drawn;
  drawn.sampling = Sampling{};
  EXPECT_EQ((*engine)->generate(requests, drawn).error().kind, base::ErrorKind::usage);
  EXPECT_EQ((*engine)->time_prompt(8, 0).error().kind, base::ErrorKind::usage);
  EXPECT_EQ((*engine)->extend(std::vector<Token>{1}, true, {}).error().kind, base::ErrorKind::usage);
}

TEST_F(ProgramTest, DrawsFollowFromTheSeed) {
  const auto engine = open();
  ASSERT_TRUE(engine);
  GenerateOptions drawn;
  drawn.max_new_tokens = 12;
  drawn.refill = true;
  drawn.ignore_eos = true;
  drawn.sampling = Sampling{.temperature = 3.0};
  // The program gets the upper 53 bits.
  const std::vector<GenerateRequest> requests{{.prompt = "ab", .seed = 5ULL << 11U},
                                              {.prompt = "ab", .seed = 6ULL << 11U},
                                              {.prompt = "ab", .seed = 5ULL << 11U}};
  const auto answers = (*engine)->generate(requests, drawn);
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_NE((*answers)[0].tokens, (*answers)[1].tokens);
  EXPECT_EQ((*answers)[0].tokens, (*answers)[2].tokens);
}

TEST_F(ProgramTest, LogitsAreThoseOfTheRule) {
  const auto engine = open();
  ASSERT_TRUE(engine);
  std::vector<Token> tokens{kBos};
  for (int i = 0; i < 199; ++i) tokens.push_back('a' + i % 26);
  constexpr std::size_t kVocabulary = 258;
  ASSERT_TRUE((*engine)->extend(std::span(tokens).first(190), true, {}));
  std::vector<float> rows(10 * kVocabulary);
  const auto done = (*engine)->extend(std::span(tokens).subspan(190), false, rows);
  ASSERT_TRUE(done) << done.error().message;
  for (std::size_t row = 0; row < 10; ++row) {
    const Token best = favourite(tokens[190 + row], 191 + row);
    const auto logits = std::span(rows).subspan(row * kVocabulary, kVocabulary);
    EXPECT_EQ(logits[static_cast<std::size_t>(best)], 4.0F);
    EXPECT_EQ(logits[static_cast<std::size_t>(best + 1) % kVocabulary],
              static_cast<float>(second_logit(191 + row)));
    EXPECT_EQ(std::ranges::count(logits, 0.0F), 256);
  }
}

TEST_F(ProgramTest, ASequenceEndsWithAnotherRequest) {
  const auto engine = open();
  ASSERT_TRUE(engine);
  ASSERT_TRUE((*engine)->extend(std::vector<Token>{kBos, 'a'}, true, {}));
  const std::vector<ScoreRequest> requests{{{kBos}, {'a'}}};
  ASSERT_TRUE((*engine)->score(requests));
  EXPECT_EQ((*engine)->extend(std::vector<Token>{'b'}, false, {}).error().kind, base::ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::engine
