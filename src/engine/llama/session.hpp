#pragma once
// A model and a context of llama.cpp, opened, fed and freed; its return codes and exceptions become Errors.
// And the plan's engine settings in llama.cpp's terms. Knows nothing of prompts, scores or timing.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/log.hpp"
#include "llama.h"
#include "plan/plan.hpp"

namespace bantam::engine {

// usage when the engine does not know the name.
base::Result<ggml_type> cache_type(const std::string& text);
base::Result<llama_flash_attn_type> flash_attention(const std::string& text);

// A loading model counts `heartbeat` up; it may be null.
llama_model_params model_params(const plan::EngineSettings& settings, Heartbeat* heartbeat);

// For llama_context_params::abort_callback, with a Heartbeat as its state: never aborts. Called by the CPU
// backend before each operation of a graph, so that a long batch is not taken for a hang.
bool beat_while_computing(void* heartbeat);

// Whether a reason that ggml or llama.cpp gave says that memory ran out.
bool speaks_of_memory(std::string_view reason);

// How a context lays out the cells of the key-value cache, which follows from what it is made for.
enum class CacheLayout {
  apart,     // each stream has cells of its own: what llama-bench does; fastest while all streams go on
  together,  // one pool of cells: streams may end one by one without breaking up the batch
  scoring,   // one pool of cells and many sequences, which share the cells of their common prefixes
  encoding,  // whole sequences, one vector each
};

struct FreeModel {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
struct FreeContext {
  void operator()(llama_context* context) const { llama_free(context); }
};
struct FreeBatch {
  void operator()(llama_batch_ext* batch) const { llama_batch_ext_free(batch); }
};
struct FreeThreads {
  void operator()(ggml_threadpool* threads) const { ggml_threadpool_free(threads); }
};

class LlamaSession {
 public:
  // bad_input when the file is no model that can be decoded, its adapter is not one for this model, or the
  // capacity exceeds what it was trained for; environment when it does not fit in memory. `heartbeat` may be
  // null.
  static base::Result<std::unique_ptr<LlamaSession>> open(const ModelFile& file,
                                                          const plan::EngineSettings& settings,
                                                          Capacity capacity, Heartbeat* heartbeat);
  // The same for a model that gives one vector for a sequence. A capacity beyond what it was trained for is
  // cut to that.
  static base::Result<std::unique_ptr<LlamaSession>> open_encoder(const ModelFile& file,
                                                                  const plan::EngineSettings& settings,
                                                                  Capacity capacity, Heartbeat* heartbeat);
  // The same for a model with a classification head, whose output takes the place of the vector.
  static base::Result<std::unique_ptr<LlamaSession>> open_classifier(const ModelFile& file,
                                                                     const plan::EngineSettings& settings,
                                                                     Capacity capacity, Heartbeat* heartbeat);
  // Like open(), without memory for weights, cache and computation, whose sizes and graphs are told as if
  // there were: for estimates. Only the head of the file is read. Nothing can be computed. The same errors.
  static base::Result<std::unique_ptr<LlamaSession>> open_planned(const ModelFile& file,
                                                                  const plan::EngineSettings& settings,
                                                                  Capacity capacity);

  // Computes in the threads of `other`, which must outlive it and have as many, and ends its own: two pools
  // would spin against each other. For sessions that never compute at the same time and keep their layout.
  void share_threads(const LlamaSession& other);

  // Makes the context of this layout, with the adapter, unless it is already there. Its cache is empty
  // afterwards in either case.
  base::Status use(CacheLayout layout);

  // Remakes the context; from then on `callback` is shown what computations give (llama.h: cb_eval).
  base::Status watch(ggml_backend_sched_eval_callback callback, void* state);

  llama_model* model() const { return model_.get(); }
  llama_context* context() const { return context_.get(); }
  const llama_vocab* vocabulary() const { return llama_model_get_vocab(model_.get()); }
  llama_memory_t cache() const { return llama_get_memory(context_.get()); }
  const plan::EngineSettings& settings() const { return settings_; }
  const ModelFile& file() const { return file_; }
  Heartbeat* heartbeat() const { return heartbeat_; }  // may be null

  int threads() const { return threads_; }
  int streams() const { return capacity_.streams; }
  // Tokens that one request may take, prompt and output together.
  int request_tokens() const { return request_tokens_; }
  int batch_tokens() const { return static_cast<int>(llama_n_batch(context_.get())); }
  // Rows with logits in one batch; bounds the memory that logits of large vocabularies take.
  int batch_outputs() const { return batch_outputs_; }
  // Sequences in the scoring layout.
  int scoring_sequences() const;
  // Sequences can begin with cells of another one: not so in recurrent, hybrid and sliding-window models.
  bool can_share() const;
  // With which use() makes a context. usage: an unknown cache type.
  base::Result<llama_context_params> context_params(CacheLayout layout) const;

  // The batch that compute() takes.
  void start_batch() { llama_batch_ext_clear(batch_.get()); }
  // Belongs to all sequences from `first` to `last`. False when the batch is full or a number is out of
  // range.
  bool add(Token token, int position, int first, int last, bool logits);
  // Computes the batch. After a failure the cache is empty.
  base::Status compute();
  // The logits of the row-th token of the batch computed last, which must have asked for them. Waits for the
  // computation.
  std::span<const float> logits(int row);
  // For a sequence of the batch computed last, in the encoding layout: its vector, a classifier's one value
  // for each label. Empty when it was not in the batch.
  std::span<const float> embedding(int sequence);
  // compute() idles so long first: for drills.
  void idle_before_batches(std::int64_t nanoseconds) { idle_ns_ = nanoseconds; }
  void wait() { llama_synchronize(context_.get()); }
  // Empties the cache and its memory: needed after values that are not finite, which would survive in masked
  // cells.
  void wipe() {
    ++times_emptied_;
    if (cache() != nullptr) llama_memory_clear(cache(), true);
  }
  // Counts up whenever the whole cache is emptied.
  std::uint64_t times_emptied() const { return times_emptied_; }

 private:
  LlamaSession(const ModelFile& file, const plan::EngineSettings& settings, Capacity capacity,
               Heartbeat* heartbeat);
  enum class Purpose { generate, encode, classify };
  static base::Result<std::unique_ptr<LlamaSession>> open_as(Purpose purpose, const ModelFile& file,
                                                             const plan::EngineSettings& settings,
                                                             Capacity capacity, Heartbeat* heartbeat);
  base::Status start();
  base::Status load_model();
  base::Status load_adapter();
  // In the layout that it was opened for.
  base::Status check_model() const;
  base::Status check_encoder() const;
  base::Status check_classifier() const;
  base::Status fit_capacity();
  bool encodes() const { return purpose_ != Purpose::generate; }
  bool pools() const { return llama_pooling_type(context_.get()) != LLAMA_POOLING_TYPE_NONE; }
  llama_context_params encoder_params(llama_context_params params) const;
  base::Status make_context(CacheLayout layout);
  base::Status apply_adapter();
  tl::unexpected<base::Error> adapter_failure(std::string_view reason) const;
  // An error that names the file and gives llama.cpp's own reason.
  tl::unexpected<base::Error> failure(std::string_view what) const;
  void beat() const {
    if (heartbeat_ != nullptr) heartbeat_->fetch_add(1, std::memory_order_relaxed);
  }

  ModelFile file_;
  plan::EngineSettings settings_;
  Capacity capacity_;
  Heartbeat* heartbeat_;
  bool planned_ = false;                 // nothing is allocated
  Purpose purpose_ = Purpose::generate;  // the others have the encoding layout, and no other
  ggml_backend_sched_eval_callback watcher_ = nullptr;
  void* watcher_state_ = nullptr;
  LlamaLog log_;
  int threads_ = 1;
  int request_tokens_ = 0;
  int batch_outputs_ = 1;
  std::uint64_t times_emptied_ = 0;
  std::int64_t idle_ns_ = 0;
  CacheLayout layout_ = CacheLayout::apart;
  // In the order of their making; freed in the reverse order.
  std::unique_ptr<llama_model, FreeModel> model_;
  llama_adapter_lora* adapter_ = nullptr;  // freed with the model
  std::unique_ptr<ggml_threadpool, FreeThreads> pool_;
  std::unique_ptr<llama_context, FreeContext> context_;
  std::unique_ptr<llama_batch_ext, FreeBatch> batch_;
};

// "apart", "together", "scoring", "encoding".
std::string_view name(CacheLayout layout);

// One sequence that grows call by call: Engine::extend() on a session.
class LlamaSequence {
 public:
  base::Status extend(LlamaSession& session, std::span<const Token> tokens, bool restart,
                      std::span<float> rows);
  // The cache was used for something else.
  void end() { length_.reset(); }

 private:
  std::optional<int> length_;  // tokens in the cache; absent when there is no sequence
};

}  // namespace bantam::engine
