#include "engine/llama/session.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "engine/cores.hpp"
#include "engine/decode_code.hpp"
#include "engine/llama/devices.hpp"
#include "engine/llama/rpc.hpp"
#include "gguf/model_info.hpp"
#include "llama-cparams.h"
#include "plan/limits.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

bool beat_while_loading(float, void* heartbeat) {
  static_cast<Heartbeat*>(heartbeat)->fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace

base::Result<ggml_type> cache_type(const std::string& text) {
  const std::string wanted = base::ascii_lower(text);
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    const char* known = ggml_type_name(type);
    if (known != nullptr && wanted == base::ascii_lower(known) && ggml_type_size(type) > 0) return type;
  }
  return fail(ErrorKind::usage, fmt::format("cache type '{}' is not known to the engine", text),
              "use f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0 or iq4_nl");
}

base::Result<llama_flash_attn_type> flash_attention(const std::string& text) {
  if (text == "auto") return LLAMA_FLASH_ATTN_TYPE_AUTO;
  if (text == "on") return LLAMA_FLASH_ATTN_TYPE_ENABLED;
  if (text == "off") return LLAMA_FLASH_ATTN_TYPE_DISABLED;
  return fail(ErrorKind::usage, fmt::format("flash attention '{}' is not auto, on or off", text));
}

bool beat_while_computing(void* heartbeat) {
  static_cast<Heartbeat*>(heartbeat)->fetch_add(1, std::memory_order_relaxed);
  return false;
}

llama_model_params model_params(const plan::EngineSettings& settings, Heartbeat* heartbeat) {
  llama_model_params params = llama_model_default_params();
  params.load_mode = LLAMA_LOAD_MODE_MMAP;
  params.use_extra_bufts = settings.repack;
  if (has_gpu()) {
    params.n_gpu_layers = settings.n_gpu_layers.value_or(-1);
    if (settings.gpu_index) {
      params.split_mode = LLAMA_SPLIT_MODE_NONE;
      params.main_gpu = *settings.gpu_index;
    }
  }
  if (heartbeat != nullptr) {
    params.progress_callback = beat_while_loading;
    params.progress_callback_user_data = heartbeat;
  }
  return params;
}

bool speaks_of_memory(std::string_view reason) {
  constexpr std::array<std::string_view, 6> kSigns = {
      "failed to allocate", "unable to allocate",           "bad_alloc",
      "out of memory",      "mmap failed: Cannot allocate", "failed to reserve"};
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](std::string_view sign) { return reason.find(sign) != std::string_view::npos; });
}

namespace {

using base::ErrorKind;
using base::fail;

// llama.cpp makes caches in steps of 256 cells.
constexpr int kCellStep = 256;
static_assert(plan::kMostStreams == LLAMA_MAX_SEQ);
constexpr int kScoringSequences = 32;
// Logits of one batch take at most this much, whatever the vocabulary: 0.6 MB per row at 152,000 tokens.
constexpr std::int64_t kLogitBytes = 64 << 20;

int padded(int tokens) {
  return (tokens + kCellStep - 1) / kCellStep * kCellStep;
}

}  // namespace

std::string_view name(CacheLayout layout) {
  switch (layout) {
    case CacheLayout::apart:
      return "apart";
    case CacheLayout::together:
      return "together";
    case CacheLayout::scoring:
      return "scoring";
    case CacheLayout::encoding:
      return "encoding";
  }
  return "";
}

LlamaSession::LlamaSession(const ModelFile& file, const plan::EngineSettings& settings, Capacity capacity,
                           Heartbeat* heartbeat)
    : file_(file), settings_(settings), capacity_(capacity), heartbeat_(heartbeat) {}

base::Result<std::unique_ptr<LlamaSession>> LlamaSession::open(const ModelFile& file,
                                                               const plan::EngineSettings& settings,
                                                               Capacity capacity, Heartbeat* heartbeat) {
  return open_as(Purpose::generate, file, settings, capacity, heartbeat);
}

base::Result<std::unique_ptr<LlamaSession>> LlamaSession::open_encoder(const ModelFile& file,
                                                                       const plan::EngineSettings& settings,
                                                                       Capacity capacity,
                                                                       Heartbeat* heartbeat) {
  return open_as(Purpose::encode, file, settings, capacity, heartbeat);
}

base::Result<std::unique_ptr<LlamaSession>> LlamaSession::open_classifier(
    const ModelFile& file, const plan::EngineSettings& settings, Capacity capacity, Heartbeat* heartbeat) {
  return open_as(Purpose::classify, file, settings, capacity, heartbeat);
}

base::Result<std::unique_ptr<LlamaSession>> LlamaSession::open_as(Purpose purpose, const ModelFile& file,
                                                                  const plan::EngineSettings& settings,
                                                                  Capacity capacity, Heartbeat* heartbeat) {
  if (capacity.tokens_per_stream < 1 || capacity.streams < 1) {
    return fail(ErrorKind::usage, fmt::format("capacity of {} tokens in {} streams is empty",
                                              capacity.tokens_per_stream, capacity.streams));
  }
  std::error_code unreadable;
  if (!std::filesystem::is_regular_file(file.gguf, unreadable)) {
    return fail(ErrorKind::bad_input, fmt::format("{}: not a regular file", file.gguf.string()));
  }
  std::unique_ptr<LlamaSession> session(new LlamaSession(file, settings, capacity, heartbeat));
  session->purpose_ = purpose;
  TRY(session->start());
  return session;
}

base::Result<std::unique_ptr<LlamaSession>> LlamaSession::open_planned(const ModelFile& file,
                                                                       const plan::EngineSettings& settings,
                                                                       Capacity capacity) {
  std::unique_ptr<LlamaSession> session(new LlamaSession(file, settings, capacity, nullptr));
  session->planned_ = true;
  TRY(session->start());
  return session;
}

base::Status LlamaSession::start() {
  // More threads than CPUs only wait for each other; ggml's own bound is 512.
  threads_ = std::clamp(settings_.threads.value_or(physical_cores()), 1, std::min(allowed_cpus(), 512));
  TRY(load_model());
  TRY(load_adapter());
  TRY(fit_capacity());
  TRY(make_context(encodes() ? CacheLayout::encoding : CacheLayout::apart));
  if (purpose_ == Purpose::classify) return check_classifier();
  return encodes() ? check_encoder() : check_model();
}

base::Status LlamaSession::load_model() {
  try {
    llama_backend_init();
    if (settings_.rpc && !planned_) TRY(add_rpc_devices(*settings_.rpc));
    llama_model_params params = model_params(settings_, heartbeat_);
    params.no_alloc = planned_;
    if (planned_) params.load_mode = LLAMA_LOAD_MODE_NONE;
    model_.reset(llama_model_load_from_file(file_.gguf.c_str(), params));
    if (!model_) {
      // A disk that fails is not the file's fault, and llama.cpp does not tell it apart.
      if (const auto again = gguf::inspect(file_.gguf); !again && again.error().kind == ErrorKind::storage) {
        return tl::unexpected(again.error());
      }
      return failure("the engine cannot load it");
    }
    auto pool_params = ggml_threadpool_params_default(threads_);
    pool_.reset(ggml_threadpool_new(&pool_params));
    if (!pool_) return fail(ErrorKind::environment, fmt::format("cannot start {} threads", threads_));
  } catch (const std::exception& error) {
    return failure(error.what());
  }
  return {};
}

// Before any context is made: llama.cpp sizes the graph of a context by the adapters that its model has.
base::Status LlamaSession::load_adapter() {
  if (!file_.adapter) return {};
  log_.forget();
  try {
    adapter_ = llama_adapter_lora_init(model_.get(), file_.adapter->path.c_str());
  } catch (const std::exception& error) {
    return adapter_failure(error.what());
  }
  if (adapter_ == nullptr) return adapter_failure(log_.reason());
  if (llama_adapter_get_alora_n_invocation_tokens(adapter_) > 0) {
    return adapter_failure("it acts only after certain tokens (aLoRA), which is not supported");
  }
  return {};
}

tl::unexpected<base::Error> LlamaSession::adapter_failure(std::string_view reason) const {
  return fail(ErrorKind::bad_input,
              fmt::format("{}: cannot be applied to {}: {}", file_.adapter->path.string(),
                          file_.gguf.string(), reason),
              "give an adapter that was trained on this model");
}

base::Status LlamaSession::apply_adapter() {
  if (adapter_ == nullptr) return {};
  auto scale = static_cast<float>(file_.adapter->scale);
  if (llama_set_adapters_lora(context_.get(), &adapter_, 1, &scale) == 0) return {};
  return adapter_failure(log_.reason());
}

base::Status LlamaSession::check_model() const {
  const bool embeds = llama_pooling_type(context_.get()) != LLAMA_POOLING_TYPE_NONE;
  if (embeds || llama_model_has_encoder(model_.get()) || !llama_model_has_decoder(model_.get()) ||
      cache() == nullptr) {
    return fail(ErrorKind::bad_input, fmt::format("{}: not a model that generates text", file_.gguf.string()),
                "give a causal language model; encoders and embedding models cannot be measured this way");
  }
  if (llama_vocab_type(vocabulary()) == LLAMA_VOCAB_TYPE_NONE) {
    return fail(ErrorKind::bad_input, fmt::format("{}: the file has no tokenizer", file_.gguf.string()));
  }
  return {};
}

base::Status LlamaSession::check_encoder() const {
  const auto pooling = llama_pooling_type(context_.get());
  if (pooling != LLAMA_POOLING_TYPE_MEAN && pooling != LLAMA_POOLING_TYPE_CLS &&
      pooling != LLAMA_POOLING_TYPE_LAST) {
    return fail(ErrorKind::bad_input, fmt::format("{}: not an embedding model", file_.gguf.string()),
                "give a GGUF file whose metadata says how it pools its tokens to one vector "
                "(pooling_type 1, 2 or 3), such as all-MiniLM-L6-v2");
  }
  return {};
}

base::Status LlamaSession::check_classifier() const {
  if (llama_model_cls_label(model_.get(), 0) != nullptr) return {};
  return fail(ErrorKind::bad_input,
              fmt::format("{}: not a classifier: the file names no labels", file_.gguf.string()),
              "give a GGUF file with a classification head (classifier.output_labels in its metadata)");
}

base::Status LlamaSession::fit_capacity() {
  const int trained = llama_model_n_ctx_train(model_.get());
  int tokens = capacity_.tokens_per_stream;
  if (settings_.max_model_len) tokens = std::min(tokens, *settings_.max_model_len);
  if (encodes()) {
    request_tokens_ = trained > 0 ? std::min(tokens, trained) : tokens;
    return {};
  }
  if (tokens > trained) {
    return fail(
        ErrorKind::bad_input,
        fmt::format("{}: requests of {} tokens are longer than the model's context of {} tokens",
                    file_.gguf.string(), tokens, trained),
        fmt::format("shorten prompt and output to {} tokens together, or set max_model_len", trained));
  }
  request_tokens_ = std::min(padded(tokens), trained);
  if (settings_.max_model_len) request_tokens_ = std::min(request_tokens_, *settings_.max_model_len);

  const std::int64_t row = std::int64_t{sizeof(float)} * std::max(1, llama_vocab_n_tokens(vocabulary()));
  const auto fewest = std::int64_t{std::max(capacity_.streams, kScoringSequences)};
  batch_outputs_ =
      static_cast<int>(std::clamp(kLogitBytes / row, fewest, std::max(fewest, std::int64_t{2048})));
  return {};
}

int LlamaSession::scoring_sequences() const {
  return can_share() ? kScoringSequences : 1;
}

bool LlamaSession::can_share() const {
  return !llama_model_is_recurrent(model_.get()) && !llama_model_is_hybrid(model_.get()) &&
         llama_model_n_swa(model_.get()) == 0;
}

base::Result<llama_context_params> LlamaSession::context_params(CacheLayout layout) const {
  llama_context_params params = llama_context_default_params();
  TRY_ASSIGN(params.type_k, cache_type(settings_.cache_type_k));
  TRY_ASSIGN(params.type_v, cache_type(settings_.cache_type_v));
  TRY_ASSIGN(params.flash_attn_type, flash_attention(settings_.flash_attn));
  params.n_threads = threads_;
  params.n_threads_batch = threads_;
  params.no_perf = true;
  if (heartbeat_ != nullptr) {
    params.abort_callback = beat_while_computing;
    params.abort_callback_data = heartbeat_;
  }
  if (layout == CacheLayout::encoding) return encoder_params(params);
  const int request_cells = padded(request_tokens_);
  const bool scoring = layout == CacheLayout::scoring;
  // Scoring: the longest request, and as much again as one computation takes, for its neighbours' branches.
  int cells = scoring ? request_cells + padded(settings_.n_ubatch) : request_cells * capacity_.streams;
  if (scoring && capacity_.cells) cells = std::max(request_cells, std::min(cells, *capacity_.cells));
  params.n_ctx = static_cast<std::uint32_t>(cells);
  params.n_seq_max = static_cast<std::uint32_t>(scoring ? scoring_sequences() : capacity_.streams);
  params.kv_unified = layout != CacheLayout::apart;
  params.n_batch = static_cast<std::uint32_t>(settings_.n_batch);
  params.n_ubatch = static_cast<std::uint32_t>(settings_.n_ubatch);
  // Generating: llama.cpp's own default. A small bound makes the compute buffer small, and the prefill up to
  // a quarter slower (bench/vs_llama_bench.py shows it).
  params.n_outputs_max = scoring ? static_cast<std::uint32_t>(batch_outputs_) : 0;
  return params;
}

// Every token sees every other one of its sequence, so all are computed at once.
llama_context_params LlamaSession::encoder_params(llama_context_params params) const {
  const auto tokens = static_cast<std::uint32_t>(padded(request_tokens_ * capacity_.streams));
  params.embeddings = true;
  params.n_ctx = tokens;
  params.n_batch = tokens;
  params.n_ubatch = tokens;
  params.n_seq_max = static_cast<std::uint32_t>(capacity_.streams);
  params.kv_unified = true;
  // llama.cpp's name for the output of a classification head.
  if (purpose_ == Purpose::classify) {
    params.pooling_type = LLAMA_POOLING_TYPE_RANK;
  } else if (llama_model_cls_label(model_.get(), 0) != nullptr) {
    params.pooling_type = LLAMA_POOLING_TYPE_CLS;  // what its head reads
  }
  return params;
}

base::Status LlamaSession::make_context(CacheLayout layout) {
  TRY_ASSIGN(llama_context_params params, context_params(layout));
  params.cb_eval = watcher_;
  params.cb_eval_user_data = watcher_state_;
  batch_.reset();
  context_.reset();  // before the new one is made: never both in memory
  log_.forget();
  try {
    context_.reset(llama_init_from_model(model_.get(), params));
    if (context_ && layout == CacheLayout::encoding && cache() == nullptr && !pools()) {
      context_.reset();
      params.pooling_type = LLAMA_POOLING_TYPE_MEAN;  // the file does not say
      context_.reset(llama_init_from_model(model_.get(), params));
    }
    if (!context_) return failure(fmt::format("the engine cannot make a context of {} tokens", params.n_ctx));
    llama_attach_threadpool(context_.get(), pool_.get(), nullptr);
    batch_.reset(llama_batch_ext_init(context_.get()));
    TRY(apply_adapter());
  } catch (const std::exception& error) {
    context_.reset();
    return failure(error.what());
  }
  layout_ = layout;
  return {};
}

void LlamaSession::share_threads(const LlamaSession& other) {
  llama_attach_threadpool(context_.get(), other.pool_.get(), nullptr);
  pool_.reset();
}

base::Status LlamaSession::use(CacheLayout layout) {
  ++times_emptied_;
  if (context_ && layout == layout_) {
    if (cache() != nullptr) llama_memory_clear(cache(), false);  // encoders have none
    return {};
  }
  return make_context(layout);
}

base::Status LlamaSession::watch(ggml_backend_sched_eval_callback callback, void* state) {
  ++times_emptied_;
  watcher_ = callback;
  watcher_state_ = state;
  return make_context(encodes() ? CacheLayout::encoding : CacheLayout::scoring);
}

bool LlamaSession::add(Token token, int position, int first, int last, bool logits) {
  const std::int32_t row = llama_batch_ext_add_token(batch_.get(), first, token);
  if (row < 0) return false;
  for (int sequence = first + 1; sequence <= last; ++sequence) {
    if (!llama_batch_ext_add_seq(batch_.get(), row, sequence)) return false;
  }
  return llama_batch_ext_set_pos(batch_.get(), row, &position) &&
         llama_batch_ext_set_output_logits(batch_.get(), row, logits);
}

namespace {

void idle(std::int64_t nanoseconds) {
  const base::MonotonicClock clock;
  const std::int64_t end_ns = clock.now_ns() + nanoseconds;
  while (clock.now_ns() < end_ns) {
  }
}

}  // namespace

base::Status LlamaSession::compute() {
  if (idle_ns_ > 0) idle(idle_ns_);
  int code = 0;
  try {
    code = llama_process(context_.get(), LLAMA_PROCESS_TYPE_DECODE, batch_.get());
  } catch (const std::exception& error) {
    wipe();
    return failure(error.what());
  }
  beat();
  const auto problem = decode_problem(code);
  if (!problem) return {};
  wipe();
  if (code == kDecodeStopped)
    return fail(ErrorKind::interrupted, fmt::format("{}: {}", file_.gguf.string(), *problem));
  return failure(*problem);
}

std::span<const float> LlamaSession::logits(int row) {
  const float* values = llama_get_logits_ith(context_.get(), row);
  if (values == nullptr) return {};
  return {values, static_cast<std::size_t>(llama_vocab_n_tokens(vocabulary()))};
}

std::span<const float> LlamaSession::embedding(int sequence) {
  const float* values = llama_get_embeddings_seq(context_.get(), sequence);
  if (values == nullptr) return {};
  const auto width = purpose_ == Purpose::classify
                         ? static_cast<std::size_t>(llama_model_n_cls_out(model_.get()))
                         : static_cast<std::size_t>(llama_model_n_embd_out(model_.get()));
  return {values, width};
}

tl::unexpected<base::Error> LlamaSession::failure(std::string_view what) const {
  const std::string reason = log_.reason();
  if (speaks_of_memory(what) || speaks_of_memory(reason)) {
    return fail(
        ErrorKind::environment,
        fmt::format("{}: does not fit in memory: {}", file_.gguf.string(), reason.empty() ? what : reason),
        "use a smaller precision, fewer or shorter requests at once, or a smaller cache type");
  }
  return fail(ErrorKind::bad_input,
              fmt::format("{}: {}{}{}", file_.gguf.string(), what, reason.empty() ? "" : ": ", reason));
}

namespace {

using base::ErrorKind;
using base::fail;

// Copies the logits of the batch's rows; false when one of them is not finite.
bool take_rows(LlamaSession& session, std::size_t count, std::span<float> rows) {
  const std::size_t vocabulary = rows.size() / count;
  bool finite = true;
  for (std::size_t i = 0; i < count; ++i) {
    const auto logits = session.logits(static_cast<int>(i));
    if (logits.size() != vocabulary) return false;
    finite = finite && std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); });
    std::copy(logits.begin(), logits.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * vocabulary));
  }
  return finite;
}

}  // namespace

base::Status LlamaSequence::extend(LlamaSession& session, std::span<const Token> tokens, bool restart,
                                   std::span<float> rows) {
  if (restart) {
    TRY(session.use(CacheLayout::scoring));
    length_ = 0;
  }
  if (!length_) return fail(ErrorKind::bad_input, "there is no sequence to continue");
  const int begin = *length_;
  length_.reset();  // until this call has come to its end
  if (begin + static_cast<int>(tokens.size()) > session.request_tokens()) {
    return fail(ErrorKind::bad_input,
                fmt::format("a sequence of {} tokens is longer than the context of {} tokens",
                            static_cast<std::size_t>(begin) + tokens.size(), session.request_tokens()));
  }
  if (!rows.empty() && tokens.size() > kMostRows) {
    return fail(ErrorKind::bad_input, fmt::format("logits of {} tokens at once are too many", tokens.size()));
  }
  const auto most = static_cast<std::size_t>(session.batch_tokens());
  for (std::size_t done = 0; done < tokens.size();) {
    const std::size_t count = std::min(most, tokens.size() - done);
    session.start_batch();
    for (std::size_t i = 0; i < count; ++i) {
      const int position = begin + static_cast<int>(done + i);
      if (!session.add(tokens[done + i], position, 0, 0, !rows.empty())) {
        return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", tokens[done + i]));
      }
    }
    TRY(session.compute());
    const std::size_t width = rows.size() / tokens.size();  // the vocabulary
    if (!rows.empty() && !take_rows(session, count, rows.subspan(done * width, count * width))) {
      session.wipe();
      return fail(ErrorKind::integrity, "logits are not finite",
                  "the weights or a kernel are broken: check the file's hash, then try without repacking");
    }
    done += count;
  }
  length_ = begin + static_cast<int>(tokens.size());
  return {};
}

}  // namespace bantam::engine
