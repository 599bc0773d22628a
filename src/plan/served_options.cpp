// The options of models behind a server (plan/option_sections.hpp).

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "plan/option_sections.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"

namespace bantam::plan {
namespace {

using namespace groups;

Status set_address(Plan& plan, std::string_view, const Values& values) {
  TRY(check_address(values.front()));
  plan.engine.server = values.front();
  return {};
}

Status set_api(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const std::string api, word_from(name, values.front(), {kCompletions, kChat}));
  plan.engine.server_api.reset();
  if (api != kCompletions) plan.engine.server_api = api;
  return {};
}

// A name, never the key: what stands in a command is seen by every user of the machine.
Status set_key_variable(Plan& plan, std::string_view, const Values& values) {
  const std::string& variable = values.front();
  const auto may_have = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::ranges::all_of(variable, may_have))
    return base::fail(base::ErrorKind::usage, "--api-key-env is no name of an environment variable",
                      "give the name of the variable that holds the key, not the key: --api-key-env "
                      "OPENAI_API_KEY");
  plan.api_key_env = variable == "off" ? "" : variable;
  return {};
}

}  // namespace

void add_served(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  all.push_back(
      {{"engine", "", text, kServed, "llama|openai|transformers|onnx|process",
        "who has the model: the engine in this program, a server with the OpenAI-compatible interface, or a "
        "program of its own (docs/engines.md) [llama]"},
       [](Plan& plan, std::string_view name, const Values& values) -> Status {
         TRY_ASSIGN(plan.engine_name,
                    word_from(name, values.front(),
                              {kOwnEngine, kServedEngine, kTransformersEngine, kOnnxEngine, kProgramEngine}));
         return {};
       }});
  all.push_back(
      {{"engine_command", "", text, kServed, "COMMAND",
        "of --engine process: the program that has the models, 'python3 my_engine.py'; no shell sees it"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         TRY(words_of_command(values.front()));
         plan.engine.program = values.front();
         return {};
       }});
  all.push_back({{"base_url", "", text, kServed, "URL",
                  "the server's address, http://127.0.0.1:8080; --models are names that it gives its models"},
                 set_address});
  all.push_back({{"api", "", text, kServed, "completions|chat",
                  "send the prompt as it is, or as a message of a chat [completions]"},
                 set_api});
  all.push_back({{"api_key_env", "", text, kServed, "NAME|off",
                  "the environment variable that has the server's key, where there is one [OPENAI_API_KEY]"},
                 set_key_variable});
}

}  // namespace bantam::plan
