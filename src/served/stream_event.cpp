#include "served/stream_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.hpp"
#include "served/raw_json.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 32;  // no count is larger, and sums fit
constexpr std::size_t kLongestWords = 300;  // of an error, in columns

tl::unexpected<base::Error> wrong(const char* member) {
  return base::fail(ErrorKind::bad_input, fmt::format("'{}' is not what it should be", member));
}

// The member; null when it is missing or null.
const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

base::Status read_count(const Json& object, const char* key, std::optional<std::int64_t>& to) {
  const Json* value = member(object, key);
  if (!value) return {};
  const auto number = base::integer_at(object, key);
  const bool is_huge = value->is_number_unsigned() && value->get<std::uint64_t>() > kMostTokens;
  if (!number || is_huge || *number < 0) return wrong(key);
  to = number;
  return {};
}

base::Status read_number(const Json& object, const char* key, std::optional<double>& to) {
  if (!member(object, key)) return {};
  to = base::number_at(object, key);
  if (!to || *to < 0) return wrong(key);
  return {};
}

Result<ServerTimings> read_timings(const Json& json) {
  ServerTimings timings;
  if (!json.is_object()) return wrong("timings");
  TRY(read_count(json, "cache_n", timings.cache_n));
  TRY(read_count(json, "prompt_n", timings.prompt_n));
  TRY(read_number(json, "prompt_ms", timings.prompt_ms));
  TRY(read_count(json, "predicted_n", timings.predicted_n));
  TRY(read_number(json, "predicted_ms", timings.predicted_ms));
  TRY(read_count(json, "draft_n", timings.draft_n));
  TRY(read_count(json, "draft_n_accepted", timings.draft_n_accepted));
  return timings;
}

// Whether no alternative is greater; absent when none is listed. `alternatives`: [{"logprob": x}, ...] or
// {"token": x}.
std::optional<bool> is_greatest(const Json* alternatives, const std::optional<double>& logprob) {
  if (!alternatives || !logprob || !alternatives->is_structured() || alternatives->empty())
    return std::nullopt;
  return std::all_of(alternatives->begin(), alternatives->end(), [&](const Json& one) {
    const std::optional<double> other = one.is_number() ? one.get<double>() : base::number_at(one, "logprob");
    return !other || *other <= *logprob;
  });
}

// The bytes of a token, where they are listed: its text may be half a character.
std::optional<std::string> listed_bytes(const Json& entry) {
  const Json* list = member(entry, "bytes");
  if (!list || !list->is_array()) return std::nullopt;
  std::string bytes;
  for (const Json& byte : *list) {
    if (!byte.is_number_integer() || byte.get<std::int64_t>() < 0 || byte.get<std::int64_t>() > 0xFF)
      return std::nullopt;
    bytes += static_cast<char>(byte.get<std::int64_t>());
  }
  return bytes;
}

// `content` of chats, and of both kinds with llama-server.
base::Status read_content(const RawJson& raw, const Json& content, std::vector<TokenLogprob>& to) {
  if (!content.is_array()) return wrong("logprobs.content");
  for (const Json& entry : content) {
    if (!entry.is_object()) return wrong("logprobs.content");
    TokenLogprob one;
    const auto bytes = listed_bytes(entry);
    one.token = bytes ? *bytes : raw.bytes_of(base::string_at(entry, "token").value_or(""));
    one.id = base::integer_at(entry, "id");
    one.logprob = base::number_at(entry, "logprob");
    one.is_greatest = is_greatest(member(entry, "top_logprobs"), one.logprob);
    to.push_back(std::move(one));
  }
  return {};
}

// `tokens` and `token_logprobs` of plain completions.
base::Status read_lists(const RawJson& raw, const Json& logprobs, std::vector<TokenLogprob>& to) {
  const Json& tokens = base::child_at(logprobs, "tokens");
  const Json* values = member(logprobs, "token_logprobs");
  const Json* tops = member(logprobs, "top_logprobs");
  if (!tokens.is_array() || (values && (!values->is_array() || values->size() != tokens.size())))
    return wrong("logprobs.tokens");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is_string()) return wrong("logprobs.tokens");
    TokenLogprob one;
    one.token = raw.bytes_of(tokens[i].get<std::string>());
    if (values && (*values)[i].is_number()) one.logprob = (*values)[i].get<double>();
    if (tops && tops->is_array() && tops->size() == tokens.size())
      one.is_greatest = is_greatest(&(*tops)[i], one.logprob);
    to.push_back(std::move(one));
  }
  return {};
}

base::Status read_logprobs(const RawJson& raw, const Json& choice, StreamEvent& event) {
  const Json* logprobs = member(choice, "logprobs");
  if (!logprobs) return {};
  if (!logprobs->is_object()) return wrong("logprobs");
  if (const Json* content = member(*logprobs, "content")) return read_content(raw, *content, event.logprobs);
  if (member(*logprobs, "tokens")) return read_lists(raw, *logprobs, event.logprobs);
  return {};
}

base::Status read_text(const RawJson& raw, const Json& object, const char* key, std::string& to) {
  const Json* value = member(object, key);
  if (!value) return {};
  if (!value->is_string()) return wrong(key);
  to += raw.bytes_of(value->get<std::string>());
  return {};
}

base::Status read_choice(const RawJson& raw, const Json& choice, StreamEvent& event) {
  if (!choice.is_object()) return wrong("choices");
  TRY(read_text(raw, choice, "text", event.text));
  if (const Json* delta = member(choice, "delta")) {
    if (!delta->is_object()) return wrong("delta");
    TRY(read_text(raw, *delta, "content", event.text));
    TRY(read_text(raw, *delta, "reasoning_content", event.reasoning));
    if (event.reasoning.empty()) TRY(read_text(raw, *delta, "reasoning", event.reasoning));
    const Json* calls = member(*delta, "tool_calls");
    event.has_call = (calls && !calls->empty()) || member(*delta, "function_call") != nullptr;
  }
  if (const Json* reason = member(choice, "finish_reason")) {
    if (!reason->is_string()) return wrong("finish_reason");
    if (!reason->get<std::string>().empty()) event.finish = reason->get<std::string>();
  }
  if (const Json* ids = member(choice, "token_ids")) {
    if (!ids->is_array()) return wrong("token_ids");
    event.token_ids = static_cast<std::int64_t>(ids->size());
  }
  return read_logprobs(raw, choice, event);
}

std::string words_of(const Json& error) {
  std::string words =
      error.is_string() ? error.get<std::string>() : base::string_at(error, "message").value_or("");
  if (words.empty()) words = base::to_text(error);
  return base::ellipsize(base::printable(words), kLongestWords);
}

// What stands beside the choices.
base::Status read_rest(const Json& json, bool has_choice, StreamEvent& event) {
  if (const Json* usage = member(json, "usage")) {
    TRY_ASSIGN(event.usage, read_usage(*usage));
    if (has_choice) event.tokens_so_far = event.usage->completion_tokens;
  }
  if (const Json* timings = member(json, "timings")) {
    TRY_ASSIGN(event.timings, read_timings(*timings));
    if (event.timings->predicted_n) event.tokens_so_far = event.timings->predicted_n;
  }
  if (const Json* error = member(json, "error")) event.error = words_of(*error);
  event.model = base::string_at(json, "model");
  event.fingerprint = base::string_at(json, "system_fingerprint");
  return {};
}

Result<StreamEvent> read_object(const RawJson& raw) {
  const Json& json = raw.json;
  if (!json.is_object()) return base::fail(ErrorKind::bad_input, "it is no JSON object");
  StreamEvent event;
  const Json* choices = member(json, "choices");
  if (choices && !choices->is_array()) return wrong("choices");
  const std::size_t count = choices ? choices->size() : 0;
  if (count > 1)
    return base::fail(ErrorKind::bad_input, fmt::format("it has {} choices, and one was asked for", count));
  if (count == 1) TRY(read_choice(raw, choices->front(), event));
  TRY(read_rest(json, count == 1, event));
  const bool says_nothing = !choices && !event.usage && !event.timings && !event.error;
  if (says_nothing && json.contains("message") && json.contains("code")) {  // an error without its frame
    event.error = words_of(json);
    return event;
  }
  if (says_nothing) return base::fail(ErrorKind::bad_input, "it has no choices");
  return event;
}

}  // namespace

Result<Usage> read_usage(const Json& json) {
  Usage usage;
  if (!json.is_object()) return wrong("usage");
  TRY(read_count(json, "prompt_tokens", usage.prompt_tokens));
  TRY(read_count(json, "completion_tokens", usage.completion_tokens));
  TRY(read_count(base::child_at(json, "prompt_tokens_details"), "cached_tokens", usage.cached_tokens));
  TRY(read_count(base::child_at(json, "completion_tokens_details"), "reasoning_tokens",
                 usage.reasoning_tokens));
  return usage;
}

Result<StreamEvent> read_event(std::string_view json, std::int64_t number) {
  const std::string name = fmt::format("event {}", number);
  TRY_ASSIGN(const RawJson raw, parse_raw_json(json, name));
  auto event = read_object(raw);
  if (event) return event;
  return base::fail(event.error().kind, fmt::format("{}: {}", name, event.error().message));
}

}  // namespace bantam::served
