#include "engine/llama/cache.hpp"

#include <fmt/format.h>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "engine/llama/ggml.hpp"
#include "engine/llama/log.hpp"
#include "engine/llama/session.hpp"
#include "gguf.h"
#include "llama-memory.h"
#include "llama-model-loader.h"
#include "llama-model.h"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Status;

using Content = std::unique_ptr<gguf_context, Freed<gguf_free>>;
using Model = std::unique_ptr<llama_model>;

constexpr std::int64_t kCellsAtOnce = 256;  // what llama.cpp rounds a context up to
// Two sizes of a cache give what a token takes; large enough for caches that keep a cell for many tokens.
constexpr std::uint32_t kFewCells = 8192;
constexpr std::uint32_t kManyCells = 2 * kFewCells;

struct CacheTypes {
  ggml_type k = GGML_TYPE_F16;
  ggml_type v = GGML_TYPE_F16;
  bool flash = true;  // attention
};

// Of the model only what its keys say; it has no weights and no vocabulary.
Result<Model> read_keys(gguf_context* content, const LlamaLog& log) {
  std::string why;
  try {
    llama_model_params params = llama_model_default_params();
    params.no_alloc = true;
    std::vector<std::string> no_parts;
    llama_model_loader loader(content, nullptr, nullptr, "", no_parts, nullptr, LLAMA_LOAD_MODE_NONE, false,
                              true, false, nullptr, nullptr);
    Model model(llama_model_create(loader, params));
    model->hparams.no_alloc = true;
    if (auto* keys = dynamic_cast<llama_model_base*>(model.get())) {
      keys->load_hparams(loader);
      return model;
    }
    why = "it is of no known kind";
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (why.empty()) why = log.reason();
  return fail(ErrorKind::bad_input, fmt::format("the engine cannot read it: {}", base::printable(why)));
}

tl::unexpected<base::Error> unfit_types(const std::string& why) {
  return fail(ErrorKind::usage, why, "use f16 for both: --cache-type-k f16 --cache-type-v f16");
}

// Where a type packs several elements into a block, whole blocks must make up a row.
Status check_blocks(const llama_hparams& hparams, ggml_type type, bool flash, bool of_keys) {
  const auto block = static_cast<std::uint32_t>(ggml_blck_size(type));
  for (std::uint32_t layer = 0; layer < hparams.n_layer(); ++layer) {
    const std::uint32_t head = of_keys ? hparams.n_embd_head_k(layer) : hparams.n_embd_head_v(layer);
    const std::uint32_t row = flash ? head : head * hparams.n_head_kv(layer);
    if (row % block == 0) continue;
    return unfit_types(fmt::format(
        "the {} cache cannot be {}: it packs {} elements into a block, and {} has {}", of_keys ? "K" : "V",
        ggml_type_name(type), block, flash ? "a head of this model" : "a row of this model", row));
  }
  return {};
}

// What llama.cpp refuses when it makes a context (llama_init_from_model()), or ends the program on.
Status check_types(const llama_model& model, const CacheTypes& types) {
  const bool one_cache = model.hparams.is_mla() || model.arch == LLM_ARCH_DEEPSEEK4;
  if (one_cache && types.k != types.v) {
    return unfit_types(fmt::format("this model's K and V are one cache: it cannot be {} for K and {} for V",
                                   ggml_type_name(types.k), ggml_type_name(types.v)));
  }
  if (ggml_is_quantized(types.v) && !types.flash) {
    return unfit_types(fmt::format("a V cache of {} needs flash attention", ggml_type_name(types.v)));
  }
  TRY(check_blocks(model.hparams, types.k, types.flash, true));
  return check_blocks(model.hparams, types.v, types.flash, false);
}

std::int64_t cache_bytes(const llama_model& model, const CacheTypes& types, std::uint32_t cells) {
  llama_cparams context{};
  context.n_ctx = context.n_ctx_seq = cells;
  context.n_batch = context.n_ubatch = static_cast<std::uint32_t>(kCellsAtOnce);
  context.n_seq_max = 1;
  context.flash_attn = types.flash;
  context.causal_attn = true;
  llama_memory_params memory{};
  memory.type_k = types.k;
  memory.type_v = types.v;
  memory.swa_full = llama_context_default_params().swa_full;
  const std::unique_ptr<llama_memory_i> made(model.create_memory(memory, context));
  std::int64_t bytes = 0;
  if (!made) return bytes;
  for (const auto& [type, size] : made->memory_breakdown()) bytes += static_cast<std::int64_t>(size);
  return bytes;
}

}  // namespace

std::int64_t CacheSize::bytes(std::int64_t tokens, std::int64_t requests) const {
  const std::int64_t cells = (tokens + kCellsAtOnce - 1) / kCellsAtOnce * kCellsAtOnce;
  std::int64_t all = 0;
  if (__builtin_mul_overflow(token_bytes, cells, &all) || __builtin_add_overflow(all, request_bytes, &all) ||
      __builtin_mul_overflow(all, requests, &all)) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return all;
}

Result<CacheSize> cache_size(const std::filesystem::path& head, const plan::EngineSettings& settings) {
  const LlamaLog log;
  CacheTypes types;
  TRY_ASSIGN(types.k, cache_type(settings.cache_type_k));
  TRY_ASSIGN(types.v, cache_type(settings.cache_type_v));
  TRY_ASSIGN(const llama_flash_attn_type flash, flash_attention(settings.flash_attn));
  const Content content(gguf_init_from_file(head.c_str(), {true, nullptr}));
  if (!content) return fail(ErrorKind::bad_input, "its head cannot be read");
  TRY_ASSIGN(const Model model, read_keys(content.get(), log));
  // Without flash attention, and with it where the engine finds it possible, the layout is the same but for
  // values of differing sizes.
  types.flash = flash != LLAMA_FLASH_ATTN_TYPE_DISABLED && model->arch != LLM_ARCH_GROK;
  TRY(check_types(*model, types));
  try {
    const std::int64_t few = cache_bytes(*model, types, kFewCells);
    const std::int64_t many = cache_bytes(*model, types, kManyCells);
    const std::int64_t token = (many - few) / kFewCells;
    return CacheSize{token, few - token * kFewCells};
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, fmt::format("the engine cannot plan a cache: {}", error.what()));
  }
}

}  // namespace bantam::engine
