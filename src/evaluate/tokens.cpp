#include "evaluate/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::Result;
using engine::Token;
using Tokens = std::vector<Token>;

// Takes the white space off the end of the context.
std::string take_trailing_space(Context& context) {
  std::string space;
  while (!context.empty()) {
    std::string& text = context.back().text;
    const std::size_t kept = score::strip_end(text).size();
    space.insert(0, text, kept, std::string::npos);
    text.resize(kept);
    if (kept > 0) break;
    context.pop_back();
  }
  return space;
}

Tokens slice(const Tokens& tokens, std::size_t begin, std::size_t end) {
  return {tokens.begin() + static_cast<std::ptrdiff_t>(begin),
          tokens.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

PromptTokenizer::PromptTokenizer(engine::Engine& engine, std::size_t max_length, Token prefix)
    : engine_(&engine), max_length_(max_length), prefix_(prefix) {}

Result<PromptTokenizer> PromptTokenizer::make(engine::Engine& engine, int max_length) {
  const engine::Properties& properties = engine.properties();
  const auto prefix = properties.bos ? properties.bos : properties.eos;
  if (!prefix) return base::fail(ErrorKind::bad_input, "the model has neither a BOS nor an EOS token");
  if (max_length < 2)
    return base::fail(ErrorKind::usage, fmt::format("a context of {} tokens is too short", max_length));
  return PromptTokenizer(engine, static_cast<std::size_t>(max_length), *prefix);
}

Result<Tokens> PromptTokenizer::encode(const Context& parts, bool with_bos) {
  const std::string text = joined_text(parts);
  bool special = false;   // some of it is the template's
  bool separate = false;  // data that reads like a special token stands beside it
  for (const prompt::TextPart& part : parts) special = special || !part.is_input;
  for (const prompt::TextPart& part : parts) {
    if (!special || !part.is_input) continue;
    TRY_ASSIGN(const Tokens plain, engine_->tokenize(part.text, false));
    TRY_ASSIGN(const Tokens parsed, engine_->tokenize(part.text, true));
    separate = separate || plain != parsed;
  }
  Tokens tokens;
  if (!separate) {
    TRY_ASSIGN(tokens, engine_->tokenize(text, special));
  }
  for (const prompt::TextPart& part : parts) {
    if (!separate) break;
    TRY_ASSIGN(const Tokens piece, engine_->tokenize(part.text, !part.is_input));
    tokens.insert(tokens.end(), piece.begin(), piece.end());
  }
  const engine::Properties& properties = engine_->properties();
  const bool has_bos = !tokens.empty() && properties.bos && tokens.front() == *properties.bos;
  if (with_bos && properties.adds_bos && properties.bos && !has_bos)
    tokens.insert(tokens.begin(), *properties.bos);
  return tokens;
}

Result<EncodedPair> PromptTokenizer::pair(const Context& context, const std::string& continuation) {
  Context before = context;
  const std::string rest = take_trailing_space(before) + continuation;
  EncodedPair encoded;
  Tokens tokens;
  if (!before.empty()) {
    TRY_ASSIGN(tokens, encode(before, true));
  }
  std::size_t boundary = tokens.size();
  if (boundary > 0) {
    before.push_back({rest, true});
    TRY_ASSIGN(Tokens whole, encode(before, true));
    encoded.apart = whole.size() <= boundary;  // the answer's first letters end the context's last token
    if (!encoded.apart) tokens = std::move(whole);
  } else {
    tokens = {prefix_};
    boundary = 1;
  }
  if (tokens.size() == boundary) {
    TRY_ASSIGN(const Tokens own, encode({{rest, true}}, false));
    tokens.insert(tokens.end(), own.begin(), own.end());
  }
  if (tokens.size() == boundary) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("the answer '{}' has no tokens of its own", continuation),
                      "its likelihood cannot be asked: give the row a text, or the task a target_delimiter");
  }
  encoded.context_tokens = boundary;
  const std::size_t too_many = tokens.size() > max_length_ + 1 ? tokens.size() - max_length_ - 1 : 0;
  encoded.truncated = too_many > 0;
  // When the answer itself is too long, only its end is scored, after the token before it.
  const std::size_t from = std::max(boundary, too_many + 1);
  encoded.request = {slice(tokens, too_many, from), slice(tokens, from, tokens.size())};
  return encoded;
}

Result<std::vector<engine::ScoreRequest>> PromptTokenizer::windows(const std::string& text) {
  TRY_ASSIGN(const Tokens tokens, encode({{text, true}}, true));
  std::vector<engine::ScoreRequest> windows;
  if (tokens.empty()) return windows;
  std::size_t done = std::min(max_length_, tokens.size());
  windows.push_back({{prefix_}, slice(tokens, 0, done)});
  while (done < tokens.size()) {
    const std::size_t count = std::min(tokens.size() - done, max_length_);
    const std::size_t end = done + count;
    const std::size_t begin = end - max_length_ - 1;  // one more than fits: the last token is only predicted
    windows.push_back({slice(tokens, begin, done), slice(tokens, done, end)});
    done = end;
  }
  return windows;
}

Result<EncodedPrompt> PromptTokenizer::prompt(const Context& context, int max_new_tokens) {
  const auto room = static_cast<std::size_t>(std::max(max_new_tokens, 0));
  if (room >= max_length_) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{} new tokens do not fit a context of {}", room, max_length_));
  }
  TRY_ASSIGN(Tokens tokens, encode(context, true));
  EncodedPrompt encoded;
  const std::size_t fits = max_length_ - room;
  encoded.truncated = tokens.size() > fits;
  encoded.tokens = encoded.truncated ? slice(tokens, tokens.size() - fits, tokens.size()) : std::move(tokens);
  return encoded;
}

}  // namespace bantam::evaluate
