#include "cli/command_line.hpp"

#include <gmock/gmock.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/usage.hpp"

namespace bantam::cli {
namespace {

using ::testing::HasSubstr;

// All commands but the root and those of the machinery.
void add_commands(const CLI::App& command, std::vector<const CLI::App*>& all) {
  for (const CLI::App* part : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (part->get_name() == "worker") continue;
    all.push_back(part);
    add_commands(*part, all);
  }
}

std::vector<std::string> example_lines(const CLI::App& command) {
  std::vector<std::string> lines;
  const std::string footer = command.get_footer();
  const auto at = footer.find("Examples:\n");
  if (at == std::string::npos) return lines;
  for (const std::string& raw : base::split(footer.substr(at + std::string("Examples:\n").size()), '\n')) {
    const std::string line(base::trim(raw));
    lines.push_back(line.substr(0, line.find("  ")));  // what it does stands behind two blanks
  }
  return lines;
}

// Parses a line of the shell; throws what CLI11 throws.
void parse(CLI::App& app, const std::string& line) {
  std::vector<std::string> words = CLI::detail::split_up(line.substr(0, line.find(" > ")));
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  const auto arguments = normalized_arguments(static_cast<int>(argv.size()), argv.data());
  ASSERT_TRUE(arguments) << line;
  app.parse(std::vector<std::string>(arguments->rbegin(), arguments->rend()));
}

TEST(Examples, EachCommandHasItsOwnAndTheyParse) {
  const CommandLine all = make_command_line();
  std::vector<const CLI::App*> commands{all.app.get()};
  add_commands(*all.app, commands);
  EXPECT_GT(commands.size(), 15U);
  for (const CLI::App* command : commands) {
    const auto lines = example_lines(*command);
    EXPECT_GE(lines.size(), 2U) << full_name(*command);
    EXPECT_LE(lines.size(), 4U) << full_name(*command);
    for (const std::string& line : lines) {
      EXPECT_THAT(line,
                  ::testing::StartsWith(full_name(*command) == "bantam" ? "bantam " : full_name(*command)));
      const CommandLine fresh = make_command_line();
      EXPECT_NO_THROW(parse(*fresh.app, line)) << line;
    }
  }
}

base::Error error_of(const std::string& line) {
  const CommandLine fresh = make_command_line();
  try {
    parse(*fresh.app, line);
  } catch (const CLI::ParseError& error) {
    return usage_error(error, *fresh.app);
  }
  ADD_FAILURE() << line << ": parsed";
  return {};
}

struct Wrong {
  const char* line;
  const char* message;
  const char* hint;
};

TEST(FittedHelp, GoesOnBelowWhatItExplains) {
  EXPECT_EQ(fitted_help("  predict                     does it fit, how fast will it be\nUsage: bantam", 50),
            "  predict                     does it fit, how\n"
            "                              fast will it be\n"
            "Usage: bantam");
  EXPECT_EQ(fitted_help("one two three", 8), "one two\nthree");
}

TEST(UsageError, NamesWhatWasMeant) {
  for (const Wrong& wrong : std::vector<Wrong>{
           {"bantam rnu", "no command 'rnu'", "did you mean bantam run?"},
           {"bantam quantize my.gguf", "no command 'quantize'", "did you mean bantam models quantize?"},
           {"bantam quantise my.gguf --precisions int4", "no command 'quantise'", "bantam models quantize?"},
           {"bantam list", "no command 'list'", "bantam models list or bantam engines list or bantam tasks list?"},
           {"bantam measure", "no command 'measure'", "did you mean bantam run?"},
           {"bantam lm_eval --model hf", "no command 'lm_eval'", "did you mean bantam run?"},
           {"bantam analyse", "no command 'analyse'", "did you mean bantam analyze?"},
           {"bantam my.gguf", "no command 'my.gguf'", "bantam run my.gguf"},
           {"bantam xyzzy", "no command 'xyzzy'", "run, recommend, predict, analyze"},
           {"bantam models quantise x", "bantam models has no command 'quantise'", "bantam models quantize?"},
           {"bantam docs colours", "bantam docs has no command 'colours'", "metrics, shapes, suite"},
           {"bantam run --modles my.gguf", "no option --modles", "did you mean --models?"},
           {"bantam run my.gguf --precison fp16", "no option --precison", "--precision"},
           {"bantam --models my.gguf run", "no option --models", "bantam run --models"},
           {"bantam analyze --threads 2", "bantam analyze has no option --threads", "bantam run"},
           {"bantam models pull --dryrun hf:a/b", "bantam models pull has no option --dryrun", "--dry-run"},
           {"bantam analyze other.db", "takes no argument 'other.db'", "--store other.db"},
           {"bantam models quantize", "REF", "bantam models quantize --help"},
       }) {
    const base::Error error = error_of(wrong.line);
    EXPECT_EQ(error.kind, base::ErrorKind::usage);
    EXPECT_THAT(error.message, HasSubstr(wrong.message)) << wrong.line;
    EXPECT_THAT(error.hint, HasSubstr(wrong.hint)) << wrong.line;
  }
}

TEST(UsageError, KeepsWhatStandsBehindAnUnknownOptionToItself) {
  const base::Error error = error_of("bantam run my.gguf --tokn=hf_secret123");
  EXPECT_THAT(error.message + error.hint, ::testing::Not(HasSubstr("hf_secret")));
}

TEST(NormalizedArguments, TakesLongNamesBehindOneDash) {
  const char* argv[] = {"bantam", "run", "-models", "a.gguf", "-num_runs=3", "-t", "2", "-L", "0.5"};
  const auto arguments = normalized_arguments(9, argv);
  ASSERT_TRUE(arguments);
  EXPECT_THAT(*arguments,
              ::testing::ElementsAre("run", "--models", "a.gguf", "--num-runs=3", "-t", "2", "-L", "0.5"));
}

}  // namespace
}  // namespace bantam::cli
