#include "report/run_command.hpp"

#include <gtest/gtest.h>

#include "plan/model_settings.hpp"

namespace bantam::report {
namespace {

TEST(RunCommand, IsALineOfAShell) {
  EXPECT_EQ(run_command({{"models", {"small=a.gguf", "my models/b.gguf"}},
                         {"precisions", {"int8", "int4"}},
                         {"tasks", {"performance"}},
                         {"prompt", {"It's $HOME"}},
                         {"min_memory", {"true"}},
                         {"repack", {"false"}}}),
            "bantam run small=a.gguf 'my models/b.gguf' --precisions int8 int4 --tasks performance "
            "--prompt 'It'\\''s $HOME' --min-memory --no-repack");
}

TEST(RunCommand, AValueThatBeginsWithADashIsNoFlag) {
  EXPECT_EQ(run_command({{"models", {"a.gguf"}}, {"prompt", {"--yes"}}}), "bantam run a.gguf --prompt=--yes");
}

TEST(RunCommand, WritesAPlanFileForSettingsOfSingleModels) {
  const plan::OptionValues options{
      {"models", {"a.gguf", "b.gguf"}},
      {std::string(plan::kModelSettings),
       {plan::model_setting("a.gguf", {{"precisions", base::Json::array({"int8"})}})}}};
  EXPECT_EQ(run_command(options),
            "printf '%s\\n' "
            "'{\"models\":[{\"path\":\"a.gguf\",\"precisions\":[\"int8\"]},{\"path\":\"b.gguf\"}]}' > "
            "next.yaml && "
            "bantam run --plan next.yaml");
}

}  // namespace
}  // namespace bantam::report
