#include "engine/llama/estimate.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "engine/llama/cache.hpp"
#include "engine/llama/devices.hpp"
#include "engine/llama/file_pieces.hpp"
#include "engine/llama/ggml.hpp"
#include "engine/llama/session.hpp"
#include "engine/llama/text.hpp"
#include "ggml-backend.h"
#include "ggml.h"
#include "llama-ext.h"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Json;
using base::Result;
using base::Status;

using Context = std::unique_ptr<llama_context, FreeContext>;

std::int64_t tensor_bytes(const ggml_tensor* tensor) {
  return tensor == nullptr ? 0 : static_cast<std::int64_t>(ggml_nbytes(tensor));
}

ggml_backend_buffer_t buffer_behind(const ggml_tensor* tensor) {
  return tensor->view_src != nullptr ? tensor->view_src->buffer : tensor->buffer;
}

bool is_weight(const ggml_tensor* tensor) {
  ggml_backend_buffer_t buffer = buffer_behind(tensor);
  return buffer != nullptr && ggml_backend_buffer_get_usage(buffer) == GGML_BACKEND_BUFFER_USAGE_WEIGHTS;
}

// Nothing is computed for these.
bool is_empty(ggml_op op) {
  return op == GGML_OP_NONE || op == GGML_OP_RESHAPE || op == GGML_OP_TRANSPOSE || op == GGML_OP_VIEW ||
         op == GGML_OP_PERMUTE;
}

MatrixWork matrix_work(const ggml_tensor* matrix) {
  MatrixWork work;
  work.type = ggml_type_name(matrix->type);
  work.buffer = is_weight(matrix)
                    ? ggml_backend_buft_name(ggml_backend_buffer_get_type(buffer_behind(matrix)))
                    : ggml_backend_buft_name(ggml_backend_cpu_buffer_type());
  work.inner = matrix->ne[0];
  work.rows = matrix->ne[1];
  work.bytes = static_cast<std::int64_t>(ggml_row_size(matrix->type, matrix->ne[0])) * matrix->ne[1];
  return work;
}

MatrixWork multiplication(const ggml_tensor* node) {
  const ggml_tensor* matrix = node->src[0];
  const ggml_tensor* operand = node->src[1];
  MatrixWork work = matrix_work(matrix);
  const std::int64_t vectors = operand->ne[1] * operand->ne[2] * operand->ne[3];
  if (is_weight(matrix)) {
    work.count = matrix->ne[2] * matrix->ne[3];
    work.columns = std::max<std::int64_t>(1, vectors / work.count);
    return work;
  }
  // Without flash attention: keys with queries, then values (transposed: a row holds all cells) with the
  // probabilities that a softmax gave.
  work.count = operand->ne[2] * operand->ne[3];
  work.columns = operand->ne[1];
  work.cells = operand->op == GGML_OP_SOFT_MAX ? work.inner : work.rows;
  return work;
}

// Each token goes through `used` of `experts` matrices.
MatrixWork expert_multiplication(const ggml_tensor* node) {
  const ggml_tensor* matrices = node->src[0];
  const ggml_tensor* chosen = node->src[2];
  MatrixWork work = matrix_work(matrices);
  const std::int64_t choices = chosen->ne[0] * chosen->ne[1];
  work.count = std::min(matrices->ne[2], choices);
  work.columns = std::max<std::int64_t>(1, choices / work.count);
  return work;
}

AttentionWork attention(const ggml_tensor* node) {
  const ggml_tensor* queries = node->src[0];
  const ggml_tensor* keys = node->src[1];
  const ggml_tensor* values = node->src[2];
  AttentionWork work;
  work.type_k = ggml_type_name(keys->type);
  work.type_v = ggml_type_name(values->type);
  work.head_size_k = keys->ne[0];
  work.head_size_v = values->ne[0];
  work.heads = queries->ne[2];
  work.kv_heads = keys->ne[2];
  work.columns = queries->ne[1];
  work.streams = queries->ne[3];
  work.cells = keys->ne[1];
  work.cell_bytes = static_cast<std::int64_t>(ggml_row_size(keys->type, keys->ne[0]) +
                                              ggml_row_size(values->type, values->ne[0])) *
                    keys->ne[2];
  return work;
}

// Bytes that an operation without a matrix moves.
std::int64_t moved_bytes(const ggml_tensor* node) {
  switch (node->op) {
    case GGML_OP_GET_ROWS:
      return 2 * tensor_bytes(node);
    case GGML_OP_SET_ROWS:  // into the KV cache: only the new rows
      return 2 * tensor_bytes(node->src[0]);
    default:
      return tensor_bytes(node) + tensor_bytes(node->src[0]) + tensor_bytes(node->src[1]);
  }
}

bool same_piece(const MatrixWork& a, const MatrixWork& b) {
  return a.type == b.type && a.buffer == b.buffer && a.inner == b.inner && a.rows == b.rows &&
         a.columns == b.columns && a.cells == b.cells;
}

bool same_piece(const AttentionWork& a, const AttentionWork& b) {
  return a.type_k == b.type_k && a.type_v == b.type_v && a.head_size_k == b.head_size_k &&
         a.head_size_v == b.head_size_v && a.heads == b.heads && a.kv_heads == b.kv_heads &&
         a.columns == b.columns && a.streams == b.streams && a.cells == b.cells;
}

template <typename Piece>
void add(std::vector<Piece>& pieces, Piece piece) {
  const auto found = std::find_if(pieces.begin(), pieces.end(),
                                  [&](const Piece& other) { return same_piece(other, piece); });
  if (found == pieces.end())
    pieces.push_back(std::move(piece));
  else
    found->count += piece.count;
}

// The CPU backend computes a norm and the multiplication after it as one.
bool joins_previous(ggml_cgraph* graph, int index) {
  if (index == 0) return false;
  const ggml_tensor* node = ggml_graph_node(graph, index);
  const ggml_tensor* previous = ggml_graph_node(graph, index - 1);
  return node->op == GGML_OP_MUL && previous->op == GGML_OP_RMS_NORM &&
         (node->src[0] == previous || node->src[1] == previous);
}

// `graph` computes `tokens` tokens, read as work: which matrices are multiplied, over how many cells
// attention goes, and how much is left. Matrices of experts count as those that a batch of that size needs,
// if all experts are chosen alike.
Work read_work(ggml_cgraph* graph, std::int64_t tokens) {
  Work work;
  work.tokens = tokens;
  for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
    const ggml_tensor* node = ggml_graph_node(graph, i);
    if (is_empty(node->op)) continue;
    if (!joins_previous(graph, i)) ++work.operations;
    if (node->op == GGML_OP_MUL_MAT)
      add(work.matrices, multiplication(node));
    else if (node->op == GGML_OP_MUL_MAT_ID)
      add(work.matrices, expert_multiplication(node));
    else if (node->op == GGML_OP_FLASH_ATTN_EXT)
      add(work.attentions, attention(node));
    else
      work.other_bytes += moved_bytes(node);
  }
  return work;
}

// What the kernel reads around a page of a mapped file that is touched (fault-around).
constexpr std::int64_t kReadAhead = 64 << 10;

// Enough to tokenize with.
constexpr Capacity kSmallest{16, 1};

std::int64_t bytes_in_file(const std::filesystem::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_size : 0;
}

bool is_rearranged(ggml_backend_buffer_type_t type) {
  const auto types = extra_buffer_types();
  return std::find(types.begin(), types.end(), type) != types.end();
}

// A context of the session's model that is not the session's own.
Result<Context> make_context(const LlamaSession& session, const llama_context_params& params) {
  try {
    Context context(llama_init_from_model(session.model(), params));
    if (context) return context;
  } catch (const std::exception&) {
  }
  return fail(ErrorKind::bad_input,
              fmt::format("the engine cannot plan a context of {} tokens", params.n_ctx),
              "try another cache type, or flash attention off or on");
}

std::int64_t host_compute_bytes(const llama_context* context) {
  std::int64_t bytes = 0;
  for (const auto& [type, use] : llama_get_memory_breakdown(context)) {
    if (is_host_memory(type)) bytes += static_cast<std::int64_t>(use.compute);
  }
  return bytes;
}

class Estimation {
 public:
  explicit Estimation(const EstimateRequest& request) : request_(request) {}

  Result<Estimate> run() {
    auto made = make();
    if (made || request_.name.empty()) return made;
    base::Error error = made.error();
    for (const ModelHead& part : request_.parts) replace_name(error, part.path);
    replace_name(error, file_);  // which may be a descriptor of this process
    return tl::unexpected(std::move(error));
  }

 private:
  void replace_name(base::Error& error, const std::filesystem::path& path) const {
    if (!path.empty()) error.message = base::replace_all(error.message, path.string(), request_.name);
  }

  Result<Estimate> make() {
    TRY(find_file());
    TRY(cache_size(file_, request_.engine));
    TRY(size_request());
    TRY_ASSIGN(session_, LlamaSession::open_planned(file_, request_.engine, capacity()));
    describe_model();
    TRY(describe_memory());
    TRY(describe_cache());
    TRY_ASSIGN(estimate_.single, requests_work(1));
    if (request_.streams > 1) {
      TRY_ASSIGN(estimate_.batch, requests_work(request_.streams));
    }
    TRY(split_file());
    return std::move(estimate_);
  }

  // The file itself where it is whole and of the type asked for, else a hollow one.
  Status find_file() {
    if (request_.parts.empty()) return fail(ErrorKind::usage, "an estimate of no file");
    const ModelHead& first = request_.parts.front();
    file_ = first.path;
    const bool whole = request_.parts.size() == 1 && bytes_in_file(first.path) >= first.file_bytes;
    if (!whole) {
      TRY_ASSIGN(HollowFile copy, hollow_copy(request_.parts));
      hollow_.push_back(std::move(copy));
      file_ = hollow_.back().path();
    }
    if (!request_.llama_type.empty()) {
      TRY_ASSIGN(HollowFile quantized, hollow_quantized(file_, request_.llama_type));
      hollow_.push_back(std::move(quantized));
      file_ = hollow_.back().path();
    }
    for (const ModelHead& part : request_.parts) estimate_.file_bytes += part.file_bytes;
    if (!request_.llama_type.empty()) estimate_.file_bytes = bytes_in_file(file_);
    TRY_ASSIGN(estimate_.types, matrix_types(file_));
    return {};
  }

  // As a performance run sizes its requests.
  Status size_request() {
    TRY_ASSIGN(const auto session, LlamaSession::open_planned(file_, request_.engine, kSmallest));
    TRY_ASSIGN(const auto tokens, text_tokens(session->vocabulary(), request_.prompt, false));
    prompt_tokens_ = request_.prompt_tokens.value_or(static_cast<std::int64_t>(tokens.size()));
    if (prompt_tokens_ < 1) return fail(ErrorKind::bad_input, "the prompt has no tokens");
    adds_bos_ = llama_vocab_get_add_bos(session->vocabulary());
    const std::int64_t trained = llama_model_n_ctx_train(session->model());
    const std::int64_t most =
        std::min<std::int64_t>(trained, request_.engine.max_model_len.value_or(static_cast<int>(trained)));
    const std::int64_t room = most - prompt_tokens_ - (adds_bos_ ? 1 : 0);
    if (room < 1) {
      return fail(ErrorKind::bad_input,
                  fmt::format("the prompt has {} tokens, the context {}", prompt_tokens_, most),
                  "give a shorter prompt");
    }
    new_tokens_ = std::min(request_.new_tokens, room);
    return {};
  }

  Capacity capacity() const {
    const std::int64_t needed = prompt_tokens_ + (adds_bos_ ? 1 : 0) + new_tokens_;
    return {static_cast<int>(request_.context.value_or(needed)), std::max(1, request_.streams)};
  }

  void describe_model() {
    const llama_model* model = session_->model();
    estimate_.weight_bytes = static_cast<std::int64_t>(llama_model_size(model));
    estimate_.parameters = static_cast<std::int64_t>(llama_model_n_params(model));
    estimate_.context_train = llama_model_n_ctx_train(model);
    estimate_.context = llama_n_ctx_seq(session_->context());
    std::array<char, 128> name{};
    if (llama_model_meta_val_str(model, "general.architecture", name.data(), name.size()) > 0) {
      estimate_.architecture = name.data();
    }
  }

  Status describe_memory() {
    MemoryParts& memory = estimate_.memory;
    std::int64_t plain_weights = 0;
    for (const auto& [type, use] : llama_get_memory_breakdown(session_->context())) {
      if (!is_host_memory(type)) {
        memory.device += static_cast<std::int64_t>(use.total());
        continue;
      }
      (is_rearranged(type) ? memory.rearranged : plain_weights) += static_cast<std::int64_t>(use.model);
      memory.kv += static_cast<std::int64_t>(use.context);
      estimate_.reserved_compute_bytes += static_cast<std::int64_t>(use.compute);
    }
    estimate_.on_accelerator = memory.device > 0;
    // What went to an accelerator is unmapped again.
    memory.file = estimate_.on_accelerator ? plain_weights : estimate_.file_bytes;
    memory.outputs = static_cast<std::int64_t>(sizeof(float)) * request_.streams *
                     llama_vocab_n_tokens(session_->vocabulary());
    TRY_ASSIGN(memory.compute, touched_compute_bytes());
    if (request_.read_program) {
      const ProgramMemory program = request_.read_program();
      memory.program = program.bytes;
      memory.program_private = program.private_bytes;
    }
    return {};
  }

  // Pages of the mapped file that a token reads must stay in memory. Weights that were copied for faster
  // kernels and tables in which tokens only look up their rows are not among them.
  Status split_file() {
    MemoryParts& memory = estimate_.memory;
    if (estimate_.on_accelerator) return {};
    std::set<std::string, std::less<>> names;
    for (const ggml_tensor* tensor : mapped_weights_) names.insert(ggml_get_name(tensor));
    TRY_ASSIGN(std::int64_t read, bytes_in_pieces(file_, names, request_.file_piece_bytes));
    const std::int64_t rows = estimate_.single.prompt_tokens + estimate_.single.new_tokens;
    for (const auto& [tensor, row_bytes] : looked_up_) {
      if (!mapped_weights_.contains(tensor)) {
        read += std::min(tensor_bytes(tensor), rows * std::max(row_bytes, kReadAhead));
      }
    }
    memory.file = std::min(read, estimate_.file_bytes);
    return {};
  }

  // Notes which weights in the mapped file a graph uses, and how.
  void note_weights(ggml_cgraph* graph) {
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
      const ggml_tensor* node = ggml_graph_node(graph, i);
      for (int source = 0; source < GGML_MAX_SRC; ++source) {
        const ggml_tensor* tensor = node->src[source];
        if (tensor == nullptr) continue;
        if (tensor->view_src != nullptr) tensor = tensor->view_src;
        if (!is_weight(tensor) || is_rearranged(ggml_backend_buffer_get_type(tensor->buffer))) continue;
        if (node->op == GGML_OP_GET_ROWS && source == 0) {
          looked_up_[tensor] = static_cast<std::int64_t>(ggml_row_size(tensor->type, tensor->ne[0]));
        } else {
          mapped_weights_.insert(tensor);
        }
      }
    }
  }

  // The compute buffer is planned for the largest batch, with logits for every token of it; a run touches
  // what its own batches need.
  Result<std::int64_t> touched_compute_bytes() const {
    TRY_ASSIGN(llama_context_params params, session_->context_params(CacheLayout::apart));
    const auto streams = static_cast<std::uint32_t>(std::max(1, request_.streams));
    const auto batch = static_cast<std::uint32_t>(prompt_tokens_) * streams;
    params.n_ubatch = std::min(params.n_ubatch, std::max(batch, streams));
    params.n_batch = std::max(params.n_ubatch, streams);
    params.n_outputs_max = streams;
    TRY_ASSIGN(const Context context, make_context(*session_, params));
    return host_compute_bytes(context.get());
  }

  // A type that the engine does not take for this model is left out.
  Status describe_cache() {
    for (const std::string& type : request_.cache_types) {
      plan::EngineSettings settings = request_.engine;
      settings.cache_type_k = settings.cache_type_v = type;
      const auto size = cache_size(file_, settings);
      if (!size && size.error().kind == ErrorKind::usage) continue;
      if (!size) return tl::unexpected(size.error());
      estimate_.cache.push_back({type, size->bytes(session_->request_tokens(), capacity().streams)});
    }
    return {};
  }

  Result<Work> batch_work(llama_context* context, std::int64_t tokens, std::int64_t streams) {
    ggml_cgraph* graph = nullptr;
    try {
      graph = llama_graph_reserve(context, static_cast<std::uint32_t>(tokens),
                                  static_cast<std::uint32_t>(streams), static_cast<std::uint32_t>(streams));
    } catch (const std::exception& error) {
      return fail(ErrorKind::bad_input, fmt::format("the engine cannot plan a batch: {}", error.what()));
    }
    if (graph == nullptr) {
      return fail(ErrorKind::environment, "the engine cannot plan a batch",
                  "there may be too little memory: close other programs, or raise the limit (ulimit -v)");
    }
    note_weights(graph);
    return read_work(graph, tokens);
  }

  Result<RequestWork> requests_work(std::int64_t streams) {
    TRY_ASSIGN(llama_context_params params, session_->context_params(CacheLayout::apart));
    params.n_ctx = static_cast<std::uint32_t>(estimate_.context * streams);
    params.n_seq_max = static_cast<std::uint32_t>(streams);
    TRY_ASSIGN(const Context context, make_context(*session_, params));
    RequestWork work;
    work.prompt_tokens = prompt_tokens_;
    work.new_tokens = new_tokens_;
    work.streams = streams;
    const std::int64_t most = std::max<std::int64_t>(1, llama_n_ubatch(context.get()) / streams) * streams;
    for (std::int64_t left = prompt_tokens_ * streams; left > 0;) {
      const std::int64_t tokens = std::min(left, most);
      TRY_ASSIGN(Work part, batch_work(context.get(), tokens, streams));
      work.prefill.push_back(std::move(part));
      left -= tokens;
    }
    TRY_ASSIGN(work.decode, batch_work(context.get(), streams, streams));
    return work;
  }

  const EstimateRequest& request_;
  std::vector<HollowFile> hollow_;
  std::filesystem::path file_;
  std::int64_t prompt_tokens_ = 0;
  std::int64_t new_tokens_ = 0;
  bool adds_bos_ = false;
  std::unique_ptr<LlamaSession> session_;
  std::set<const ggml_tensor*> mapped_weights_;
  std::map<const ggml_tensor*, std::int64_t> looked_up_;  // bytes of a row
  Estimate estimate_;
};

Json request_json(const RequestWork& work) {
  Json json{{"prompt_tokens", work.prompt_tokens},
            {"new_tokens", work.new_tokens},
            {"streams", work.streams},
            {"decode", engine::to_json(work.decode)},
            {"prefill", Json::array()}};
  for (const Work& part : work.prefill) json["prefill"].push_back(engine::to_json(part));
  return json;
}

Result<RequestWork> request_work_from(const Json& json) {
  RequestWork work;
  work.prompt_tokens = base::integer_at(json, "prompt_tokens").value_or(0);
  work.new_tokens = base::integer_at(json, "new_tokens").value_or(0);
  work.streams = base::integer_at(json, "streams").value_or(1);
  TRY_ASSIGN(work.decode, work_from(base::child_at(json, "decode")));
  for (const Json& entry : base::child_at(json, "prefill")) {
    TRY_ASSIGN(Work part, work_from(entry));
    work.prefill.push_back(std::move(part));
  }
  return work;
}

}  // namespace

Result<Estimate> estimate(const EstimateRequest& request) {
  return Estimation(request).run();
}

Json to_json(const Estimate& estimate) {
  Json json{{"architecture", estimate.architecture},
            {"file_bytes", estimate.file_bytes},
            {"weight_bytes", estimate.weight_bytes},
            {"parameters", estimate.parameters},
            {"types", estimate.types},
            {"context_train", estimate.context_train},
            {"context", estimate.context},
            {"memory", engine::to_json(estimate.memory)},
            {"reserved_compute_bytes", estimate.reserved_compute_bytes},
            {"on_accelerator", estimate.on_accelerator},
            {"cache", Json::array()},
            {"single", request_json(estimate.single)}};
  for (const CacheBytes& cache : estimate.cache) {
    json["cache"].push_back({{"type", cache.type}, {"bytes", cache.bytes}});
  }
  if (estimate.batch) json["batch"] = request_json(*estimate.batch);
  return json;
}

Result<Estimate> estimate_from(const Json& json) {
  const auto whole = [&json](const char* key) { return base::integer_at(json, key).value_or(0); };
  Estimate estimate;
  estimate.architecture = base::string_at(json, "architecture").value_or("");
  estimate.file_bytes = whole("file_bytes");
  estimate.weight_bytes = whole("weight_bytes");
  estimate.parameters = whole("parameters");
  for (const Json& type : base::child_at(json, "types")) estimate.types.push_back(type.get<std::string>());
  estimate.context_train = whole("context_train");
  estimate.context = whole("context");
  estimate.memory = memory_parts_from(base::child_at(json, "memory"));
  estimate.reserved_compute_bytes = whole("reserved_compute_bytes");
  estimate.on_accelerator = base::bool_at(json, "on_accelerator").value_or(false);
  for (const Json& entry : base::child_at(json, "cache")) {
    estimate.cache.push_back(
        {base::string_at(entry, "type").value_or(""), base::integer_at(entry, "bytes").value_or(0)});
  }
  TRY_ASSIGN(estimate.single, request_work_from(base::child_at(json, "single")));
  if (json.contains("batch")) {
    TRY_ASSIGN(estimate.batch, request_work_from(json["batch"]));
  }
  return estimate;
}

}  // namespace bantam::engine
