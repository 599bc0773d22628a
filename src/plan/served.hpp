#pragma once
// Models behind an OpenAI-compatible server, as users name them. Knows nothing of whether the server answers.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

inline constexpr const char* kOwnEngine = "llama";
inline constexpr const char* kServedEngine = "openai";      // values of --engine
inline constexpr const char* kServedScheme = "openai:";     // of references: openai:NAME
inline constexpr const char* kServedPrecision = "served";   // nobody tells which file is behind a name
inline constexpr const char* kCompletions = "completions";  // values of --api
inline constexpr const char* kChat = "chat";

// What --base-url takes: http or https, a host, no user name and no query. usage for anything else.
base::Status check_address(std::string_view address);

// Whether the address is of this machine, where the server's own work is that of another program.
bool is_on_this_machine(std::string_view address);

// Before the models get their names: checks that the engine, the address and what is asked for go together,
// and makes references and precisions of the models those of a server. Nothing where the engine is in this
// program. usage for what a server cannot do.
base::Status complete_served(Plan& plan);

}  // namespace bantam::plan
