#pragma once
// What is asked of an OpenAI-compatible server, and the body that asks for it. Members beyond that interface
// go only to servers of a kind that is known to take them. Knows nothing of connections.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::served {

enum class ServerKind { unknown, llama_server, vllm, ollama, tgi };
// "llama-server", "vllm", "ollama", "tgi", "unknown".
std::string_view name(ServerKind kind);

// Whether a server of this kind is known to take members beyond the interface: how tokens are drawn,
// variables of the chat template, an end that is ignored, an empty cache.
bool takes_more(ServerKind kind);

struct Message {
  std::string role;
  std::string content;
};

struct Ask {
  std::string model = {};  // as the server names it; empty: its own
  // One of the three: a text or token ids go to /v1/completions, messages to /v1/chat/completions.
  std::optional<std::string> prompt = {};
  std::vector<std::int32_t> prompt_ids = {};
  std::vector<Message> messages = {};
  std::int64_t max_tokens = 0;  // 0 only with `echo`
  double temperature = 0.0;
  std::optional<double> top_p = {};
  // Beyond the interface: usage for a server that is not known to take them.
  std::optional<int> top_k = {};
  std::optional<double> min_p = {};
  base::Json chat_template_kwargs = {};  // an object; null: none
  std::optional<std::int64_t> seed = {};
  std::vector<std::string> stop = {};
  std::optional<int> logprobs = {};  // alternatives listed for each token, 0 to 20
  // Log-probabilities of the prompt's tokens come as well. The answer is one page and no stream.
  bool echo = false;
  // Goes on after an end token, so that exactly max_tokens come.
  bool ignores_end = false;
  // Nothing of an earlier prompt is used again.
  bool needs_empty_cache = false;
  // vLLM keeps prompts with another salt apart, which is its way to an empty cache: a new text for each
  // request.
  std::string cache_salt = {};
};

struct Request {
  std::string path;  // behind the server's address: "/v1/completions"
  base::Json body;
  bool echo = false;
  std::int64_t max_tokens = 0;
  // What was asked for and cannot be told to this kind of server, a sentence each: results have to be checked
  // for it.
  std::vector<std::string> untold;
};

// A stream, with usage at its end, unless the prompt is echoed. llama-server and vLLM are also asked for the
// tokens of each event. usage where the three prompts are none or several, max_tokens is not positive, `echo`
// goes with messages or to a server that has none, logprobs or probabilities are out of range, a member is
// not known to the server, or a text is no UTF-8.
base::Result<Request> request_for(const Ask& ask, ServerKind kind);

}  // namespace bantam::served
