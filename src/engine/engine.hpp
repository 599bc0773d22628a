#pragma once
// The one interface of all engines: tokens in; tokens with time stamps and log-probabilities out. Knows
// nothing of llama.cpp, of tasks, of records or of processes. Not thread-safe: one caller at a time.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::engine {

using Token = std::int32_t;

// Fixed facts of an opened model.
struct Properties {
  std::string engine;        // "llama", "null", ...
  std::string architecture;  // "llama", "qwen2", ...
  std::int64_t parameters = 0;
  std::int64_t weight_bytes = 0;  // tensor data of the file
  int vocabulary = 0;
  std::optional<int> context_train;   // context length in the file
  int context = 0;                    // cells of the KV cache that was made
  std::optional<int> request_tokens;  // the longest request, prompt and output together
  std::optional<Token> bos, eos, pad;
  std::string bos_text, eos_text, pad_text;  // as a chat template prints them; empty when the model has none
  bool adds_bos = false;                     // the model's own tokenizer setting
  std::string chat_template;                 // Jinja; empty when the model has none
  std::map<std::string, std::string> named_templates;  // further chat templates of the model, by name
  // The engine takes texts alone: its tokens are their bytes, from which nothing is counted, and `bos` stands
  // for the start of a text.
  bool has_no_tokens = false;
  // It applies the model's chat template itself: a prompt is the JSON list of a conversation's messages.
  bool takes_messages = false;
  base::Json details;  // kernels, threads, cache types, buffers: goes into the record as it is
};

// The log-likelihood of `continuation` after `context`. An empty context is the caller's to fill (lm-eval:
// one BOS).
struct ScoreRequest {
  std::vector<Token> context;       // at least one token
  std::vector<Token> continuation;  // at least one token
};

struct Score {
  double log_likelihood = 0.0;  // sum of natural-log probabilities of the continuation's tokens
  bool is_greedy = false;       // every token of it is the most probable one at its place
};

// What scoring has cost.
struct ScoreWork {
  std::int64_t computed_tokens = 0;  // through the model's layers
  std::int64_t output_rows = 0;      // of these, through the output layer
};

struct GenerateRequest {
  std::string prompt;         // tokenized inside the call (and inside the timed region) ...
  std::vector<Token> tokens;  // ... unless tokens are given
  bool in_thought = false;    // the prompt ends inside a block of thought
  // When it arrives, on the clock of the stamps: it is not begun before, and counts as handed over then.
  // Absent: at once.
  std::optional<std::int64_t> arrival_ns = {};
  std::uint64_t seed = 0;  // of its draws, where GenerateOptions::sampling is given
};

// How tokens are drawn (engine/sampling.hpp).
struct Sampling {
  double temperature = 1.0;  // above 0
  int top_k = 0;             // 0: all tokens
  double top_p = 1.0;        // 0 to 1
  double min_p = 0.0;        // 0 to 1
};

struct GenerateOptions {
  int max_new_tokens = 256;
  bool ignore_eos = false;
  bool parse_special = false;     // special-token text in `prompt` becomes special tokens
  std::vector<std::string> stop;  // generation of a stream ends when its text holds one of these
  // A block of thought at the start of the text, in which no stop string counts. An empty think_close: there
  // are no such blocks; an empty think_open: only the prompt opens them.
  std::string think_open, think_close;
  // Any number of requests: each takes the place of one that has ended, and what all prompts begin with is
  // computed once. For answers; stamps then say nothing of one request. Otherwise at most as many as there
  // are streams, begun together; any number where one has an arrival_ns: first come, first served, unshared.
  bool refill = false;
  // Absent: greedy decoding. Only with `refill`, so never where time is measured: usage otherwise. The draws
  // of a request follow from its seed alone, not from its neighbours.
  std::optional<Sampling> sampling = {};
};

// Stamps are absolute CLOCK_MONOTONIC_RAW nanoseconds.
struct Generation {
  std::vector<Token> prompt_tokens;
  std::vector<Token> tokens;           // without the end-of-sequence token
  std::vector<std::int64_t> token_ns;  // one per token
  std::int64_t submitted_ns = 0;       // request handed over
  std::int64_t prefill_done_ns = 0;    // prompt computed, before the first sample
  std::int64_t cached_tokens = 0;
  std::string text;                // of `tokens`; special tokens are not in it; not cut at the stop string
  std::string finish;              // "stop" (end of sequence or stop string), "length"
  double smallest_top2_gap = 0.0;  // smallest difference of the two best logits on the way; also of draws
  // With speculative decoding: tokens that were proposed, and those of them that were right; absent without.
  std::optional<std::int64_t> drafted_tokens = {};
  std::optional<std::int64_t> accepted_tokens = {};
  // Of an engine that has no tokens: as it counts them; absent where it does not tell.
  std::optional<std::int64_t> told_prompt_tokens = {};
  std::optional<std::int64_t> told_tokens = {};
  // A block of thought that was told apart from the text never ended, and nothing follows it.
  bool is_thought_alone = false;
};

// Bytes, as the engine itself accounts for them, summed over its host buffers and per device. Absent: it has
// no such buffer, or does not tell.
struct MemoryUse {
  std::optional<std::int64_t> weights_bytes{};  // buffers that hold weights (mapped file or copied/repacked)
  std::optional<std::int64_t> kv_bytes{};
  std::optional<std::int64_t> compute_bytes{};
  std::optional<std::int64_t> device_bytes{};  // on accelerators, all kinds together
};

// Tokens of one extend() that gives logits; bounds the memory that they take.
inline constexpr std::size_t kMostRows = 32;

// Counts up with every computed batch; lives in memory shared with the parent, which sees a hang by it.
using Heartbeat = std::atomic<std::uint64_t>;

class Engine {
 public:
  virtual ~Engine() = default;

  virtual const Properties& properties() const = 0;

  // Never adds BOS or EOS by itself. bad_input when the text cannot be tokenized.
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text, bool parse_special) = 0;
  // Special tokens are left out.
  virtual std::string detokenize(std::span<const Token> tokens) = 0;

  // One score per request, in order. Starts from an empty KV cache, or from what hold() keeps; neighbours
  // share the computation of what their inputs have in common. bad_input when a request is longer than the
  // context; integrity when logits are not finite.
  virtual base::Result<std::vector<Score>> score(std::span<const ScoreRequest> requests) = 0;

  // Computes `prefix`, alone, and keeps it for the calls of score() that follow: one whose contexts all begin
  // with it and go on starts after it. It is computed again after any other call. Nothing is kept when it is
  // empty, or where sequences cannot share. bad_input when it is longer than the context.
  virtual base::Status hold(std::span<const Token> /*prefix*/) { return {}; }

  // Whether score() may share computation between requests, which hold() and equal prefixes need; true at
  // first, where the model allows it. Returns what is in force now.
  virtual bool set_sharing(bool /*wanted*/) { return false; }

  // Whether score() and hold() may compute with faster kernels of our own where they apply; not at first. All
  // else is computed with the engine's. Returns the name and version of those in force now; empty: the
  // engine's own.
  virtual std::string use_own_kernels(bool /*wanted*/) { return {}; }

  // Sums over the calls of score() and hold() so far.
  virtual ScoreWork score_work() const { return {}; }

  // Greedy decoding of the requests, unless sampling is asked for, one stream each; starts from an empty KV
  // cache. The result follows from the requests of the call and their order, not from earlier calls. The same
  // errors.
  virtual base::Result<std::vector<Generation>> generate(std::span<const GenerateRequest> requests,
                                                         const GenerateOptions& options) = 0;

  // Computes `tokens` as the continuation of one sequence: the one that the call before began or continued,
  // or a new one in an empty cache with `restart`. Any other call ends the sequence. `rows` is empty, or
  // takes tokens x vocabulary logits: those after each token. At most kMostRows tokens when rows are asked
  // for. bad_input when the sequence is longer than the context.
  virtual base::Status extend(std::span<const Token> tokens, bool restart, std::span<float> rows) = 0;

  // llama-bench's two tests, on tokens from a fixed pseudo-random sequence, without sampling, from an empty
  // cache or after `n_depth` tokens that are not timed: nanoseconds to compute `n_prompt` tokens in batches,
  // or `n_gen` tokens one by one.
  virtual base::Result<std::int64_t> time_prompt(int n_prompt, int n_depth) = 0;
  virtual base::Result<std::int64_t> time_generation(int n_gen, int n_depth) = 0;

  virtual MemoryUse memory() const = 0;

  // The process that has the model, where it is not this one.
  virtual std::optional<pid_t> other_process() const { return std::nullopt; }

  // A drill: from now on every computed batch takes so much longer, so that a true difference can be looked
  // for.
  virtual void idle_before_batches(std::int64_t /*nanoseconds*/) {}
};

// The shape an engine must be able to hold; the workload decides it before opening.
struct Capacity {
  int tokens_per_stream = 512;  // prompt and output of one request
  int streams = 1;              // requests at once
  // The most cells of the KV cache used when scoring; a longer request is taken all the same.
  std::optional<int> cells = std::nullopt;
};

// What an engine opens: a model file, the adapter that is applied to its weights while it computes, and the
// program that has it, if that is not this one; or a model behind a server. Knows nothing of where the files
// come from.

// A LoRA adapter in GGUF. Each weight W it names acts as W + scale x alpha / rank x B A.
struct Adapter {
  std::filesystem::path path;
  double scale = 1.0;
};

// A program of its own that has the model in place of this one (docs/engines.md).
struct Program {
  std::vector<std::string> command;  // the program first: a path, or a name on PATH
  std::string precision;             // as the program names it
  bool merges = false;               // the adapter becomes part of the weights when they are loaded
};

// A model behind a server of the OpenAI-compatible interface, as it was found before the work began.
struct ServedModel {
  std::string address;                 // as served::Server's
  std::string name;                    // as the server has it
  std::optional<std::string> api_key;  // in no record or log
  std::string server_kind;             // served::name()
  std::optional<std::string> build;    // of the server, in its own words
  bool is_chat = false;                // conversations are sent, to /v1/chat/completions
  std::string chat_template_kwargs;    // as JSON; empty: none
  double patience_s = 120;             // of a server that says nothing
};

struct ModelFile {
  ModelFile() = default;
  // A path alone is a model without an adapter.
  ModelFile(std::filesystem::path path, std::optional<Adapter> with = std::nullopt)
      : gguf(std::move(path)), adapter(std::move(with)) {}

  std::filesystem::path gguf;  // with a program: the folder or file that it loads
  std::optional<Adapter> adapter;
  std::optional<Program> program;     // with neither: the engine in this program opens it
  std::optional<ServedModel> server;  // there is no file
};

// Models that take a text as a whole: one vector for it, one for each of its tokens, or a value for each
// label of a classification head. Knows nothing of llama.cpp, of what the vectors are compared with, or of
// time. Not thread-safe: one caller at a time.

using Embedding = std::vector<float>;

class Encoder {
 public:
  virtual ~Encoder() = default;

  // `request_tokens` is the longest sequence, special tokens included.
  virtual const Properties& properties() const = 0;

  // With the special tokens that the model wants around a text ([CLS] and [SEP]), not cut to any length.
  // bad_input when the text cannot be tokenized.
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text) = 0;

  // One vector per sequence, in order: the output pooled as the model's file says (mean, first or last token;
  // an encoder's whose file does not say: mean), not normalized. All sequences are computed at once.
  // bad_input when one is empty or longer than request_tokens, or when there are more than the capacity's
  // streams; integrity when a component is not finite.
  virtual base::Result<std::vector<Embedding>> encode(std::span<const std::vector<Token>> sequences) = 0;

  virtual MemoryUse memory() const = 0;
};

// The vectors of a sequence's tokens: token i's components lie at i * width.
struct TokenEmbeddings {
  std::vector<float> components;
  std::size_t width = 0;
};

class TokenEncoder {
 public:
  virtual ~TokenEncoder() = default;

  virtual const Properties& properties() const = 0;
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text) = 0;  // as Encoder's
  virtual int layers() const = 0;

  // The output of `layer`, 1 being the first and layers() the last, in the order of the sequences. The errors
  // of Encoder::encode(); bad_input also when there is no such layer.
  virtual base::Result<std::vector<TokenEmbeddings>> encode(std::span<const std::vector<Token>> sequences,
                                                            int layer) = 0;
};

class Classifier {
 public:
  virtual ~Classifier() = default;

  virtual const Properties& properties() const = 0;
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text) = 0;  // as Encoder's
  // As the model's file names them; at least one.
  virtual const std::vector<std::string>& labels() const = 0;

  // One logit per label, before any softmax, for each sequence. The errors of Encoder::encode().
  virtual base::Result<std::vector<std::vector<float>>> classify(
      std::span<const std::vector<Token>> sequences) = 0;
};

}  // namespace bantam::engine
