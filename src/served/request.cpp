#include "served/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bantam::served {
namespace {

using base::ErrorKind;
using base::Json;

constexpr int kMostLogprobs = 20;

base::Status check_texts(const Ask& ask) {
  bool fits = base::is_utf8(ask.model) && base::is_utf8(ask.prompt.value_or(""));
  for (const Message& message : ask.messages)
    fits = fits && base::is_utf8(message.role) && base::is_utf8(message.content);
  fits = fits && std::all_of(ask.stop.begin(), ask.stop.end(), base::is_utf8);
  if (fits) return {};
  return base::fail(ErrorKind::usage, "a text for the server is no UTF-8", "JSON has no other texts");
}

base::Status check_drawing(const Ask& ask, ServerKind kind) {
  const auto is_share = [](const std::optional<double>& p) { return !p || (*p >= 0.0 && *p <= 1.0); };
  if (!is_share(ask.top_p) || !is_share(ask.min_p))
    return base::fail(ErrorKind::usage, "top_p and min_p are not between 0 and 1", "give probabilities");
  if (takes_more(kind)) return {};
  const char* const member = ask.top_k                             ? "top_k"
                             : ask.min_p                           ? "min_p"
                             : !ask.chat_template_kwargs.is_null() ? "chat_template_kwargs"
                                                                   : nullptr;
  if (member == nullptr) return {};
  return base::fail(ErrorKind::usage, fmt::format("a server of this kind is not known to take {}", member),
                    "leave it out, or use llama-server or vLLM");
}

base::Status check(const Ask& ask, ServerKind kind) {
  const int prompts =
      (ask.prompt ? 1 : 0) + (ask.prompt_ids.empty() ? 0 : 1) + (ask.messages.empty() ? 0 : 1);
  if (prompts != 1) {
    return base::fail(ErrorKind::usage, fmt::format("a request has {} prompts", prompts),
                      "give a text, token ids or messages");
  }
  if (ask.max_tokens < (ask.echo ? 0 : 1))
    return base::fail(ErrorKind::usage, fmt::format("{} tokens are asked for", ask.max_tokens),
                      "ask for 1 or more");
  if (ask.logprobs && (*ask.logprobs < 0 || *ask.logprobs > kMostLogprobs)) {
    return base::fail(ErrorKind::usage,
                      fmt::format("{} alternatives of each token are asked for", *ask.logprobs),
                      fmt::format("ask for 0 to {}", kMostLogprobs));
  }
  if (!std::isfinite(ask.temperature) || ask.temperature < 0)
    return base::fail(ErrorKind::usage, fmt::format("the temperature is {}", ask.temperature),
                      "give 0 or more");
  TRY(check_drawing(ask, kind));
  if (ask.echo && !ask.messages.empty())
    return base::fail(ErrorKind::usage, "the tokens of a chat's prompt cannot be asked for", "give a text");
  if (ask.echo && (kind == ServerKind::llama_server || kind == ServerKind::ollama)) {
    return base::fail(ErrorKind::usage, fmt::format("{} does not score the tokens of a prompt", name(kind)),
                      "use a server with `echo`, such as vLLM, or a file of the model");
  }
  return check_texts(ask);
}

void set_prompt(const Ask& ask, Request& request) {
  if (ask.messages.empty()) {
    request.path = "/v1/completions";
    request.body["prompt"] = ask.prompt ? Json(*ask.prompt) : Json(ask.prompt_ids);
    return;
  }
  request.path = "/v1/chat/completions";
  Json messages = Json::array();
  for (const Message& message : ask.messages)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  request.body["messages"] = std::move(messages);
}

void set_logprobs(const Ask& ask, ServerKind kind, Json& body) {
  if (!ask.logprobs) return;
  if (ask.messages.empty()) {
    // llama-server takes 0 for "none".
    body["logprobs"] = kind == ServerKind::llama_server ? std::max(*ask.logprobs, 1) : *ask.logprobs;
    return;
  }
  body["logprobs"] = true;
  body["top_logprobs"] = *ask.logprobs;
}

void set_extras(const Ask& ask, ServerKind kind, Request& request) {
  Json& body = request.body;
  const bool is_llama = kind == ServerKind::llama_server;
  const bool is_vllm = kind == ServerKind::vllm;
  if (is_llama) body["timings_per_token"] = true;
  if (is_vllm && !ask.echo) {
    body["stream_options"]["continuous_usage_stats"] = true;
    body["return_token_ids"] = true;
  }
  if (ask.ignores_end && takes_more(kind)) body["ignore_eos"] = true;
  if (ask.ignores_end && !takes_more(kind))
    request.untold.emplace_back("the answer may end before max_tokens: this server cannot be told to go on");
  if (!ask.needs_empty_cache) return;
  if (is_llama) {
    body["cache_prompt"] = false;
  } else if (is_vllm && !ask.cache_salt.empty()) {
    body["cache_salt"] = ask.cache_salt;
  } else {
    request.untold.emplace_back(
        "parts of earlier prompts may be used again: this server cannot be told not to");
  }
}

}  // namespace

bool takes_more(ServerKind kind) {
  return kind == ServerKind::llama_server || kind == ServerKind::vllm;
}

std::string_view name(ServerKind kind) {
  switch (kind) {
    case ServerKind::llama_server:
      return "llama-server";
    case ServerKind::vllm:
      return "vllm";
    case ServerKind::ollama:
      return "ollama";
    case ServerKind::tgi:
      return "tgi";
    case ServerKind::unknown:
      break;
  }
  return "unknown";
}

base::Result<Request> request_for(const Ask& ask, ServerKind kind) {
  TRY(check(ask, kind));
  Request request;
  request.echo = ask.echo;
  request.max_tokens = ask.max_tokens;
  if (!ask.model.empty()) request.body["model"] = ask.model;
  set_prompt(ask, request);
  request.body["max_tokens"] = ask.max_tokens;
  request.body["temperature"] = ask.temperature;
  if (ask.seed) request.body["seed"] = *ask.seed;
  if (!ask.stop.empty()) request.body["stop"] = ask.stop;
  base::set_if(request.body, "top_p", ask.top_p);
  base::set_if(request.body, "top_k", ask.top_k);
  base::set_if(request.body, "min_p", ask.min_p);
  if (!ask.chat_template_kwargs.is_null()) request.body["chat_template_kwargs"] = ask.chat_template_kwargs;
  request.body["stream"] = !ask.echo;
  if (!ask.echo) request.body["stream_options"]["include_usage"] = true;
  set_logprobs(ask, kind, request.body);
  if (ask.echo) request.body["echo"] = true;
  set_extras(ask, kind, request);
  return request;
}

}  // namespace bantam::served
