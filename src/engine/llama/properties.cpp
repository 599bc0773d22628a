#include "engine/llama/properties.hpp"

#include <array>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/cores.hpp"
#include "engine/llama/devices.hpp"
#include "engine/llama/facts.hpp"
#include "llama-ext.h"

namespace bantam::engine {
namespace {

std::string metadata(const llama_model* model, const char* key) {
  std::array<char, 256> value{};
  const auto length = llama_model_meta_val_str(model, key, value.data(), value.size());
  return length < 0 ? std::string{} : std::string(value.data());
}

// Metadata keys "tokenizer.chat_template.NAME".
std::map<std::string, std::string> named_templates(const llama_model* model) {
  constexpr std::string_view kPrefix = "tokenizer.chat_template.";
  std::map<std::string, std::string> templates;
  for (std::int32_t i = 0; i < llama_model_meta_count(model); ++i) {
    std::array<char, 256> key{};
    llama_model_meta_key_by_index(model, i, key.data(), key.size());
    const std::string_view text(key.data());
    if (!text.starts_with(kPrefix)) continue;
    const std::string name(text.substr(kPrefix.size()));
    const char* source = llama_model_chat_template(model, name.c_str());
    if (source != nullptr) templates[name] = source;
  }
  return templates;
}

std::optional<Token> present(llama_token token) {
  return token == LLAMA_TOKEN_NULL ? std::nullopt : std::optional<Token>(token);
}

base::Json session_buffers(const LlamaSession& session) {
  base::Json list = base::Json::array();
  for (const auto& [type, bytes] : llama_get_memory_breakdown(session.context())) {
    if (bytes.total() == 0) continue;
    list.push_back({{"buffer", ggml_backend_buft_name(type)},
                    {"host", is_host_memory(type)},
                    {"weights_bytes", bytes.model},
                    {"kv_bytes", bytes.context},
                    {"compute_bytes", bytes.compute}});
  }
  return list;
}

base::Json gpu_layers(const plan::EngineSettings& settings) {
  if (!has_gpu()) return "no effect: no GPU backend in this build";
  if (!settings.n_gpu_layers) return "all";
  return *settings.n_gpu_layers;
}

base::Json session_details(const LlamaSession& session) {
  const plan::EngineSettings& settings = session.settings();
  base::Json details = engine_facts();
  details["identity"] = engine_identity();
  details["threads"] = session.threads();
  if (settings.threads && *settings.threads != session.threads())
    details["threads_asked"] = *settings.threads;
  details["cpus_allowed"] = allowed_cpus();
  details["cache_type_k"] = settings.cache_type_k;
  details["cache_type_v"] = settings.cache_type_v;
  details["flash_attn"] = settings.flash_attn;
  details["n_batch"] = llama_n_batch(session.context());
  details["n_ubatch"] = llama_n_ubatch(session.context());
  details["n_ctx"] = llama_n_ctx(session.context());
  details["streams"] = session.streams();
  details["load_mode"] = llama_load_mode_name(LLAMA_LOAD_MODE_MMAP);
  details["repack"] = settings.repack;
  if (const auto& adapter = session.file().adapter) details["adapter_scale"] = adapter->scale;
  details["gpu_layers"] = gpu_layers(settings);
  if (settings.rpc) details["rpc"] = *settings.rpc;
  details["score_sharing"] =
      session.can_share() ? "common prefixes of neighbours are computed once"
                          : "none: sequences of this architecture cannot begin with cells of another one";
  details["buffers"] = session_buffers(session);
  return details;
}

}  // namespace

void add_conversation_facts(const llama_model* model, Properties& properties) {
  const llama_vocab* vocabulary = llama_model_get_vocab(model);
  properties.bos = present(llama_vocab_bos(vocabulary));
  properties.eos = present(llama_vocab_eos(vocabulary));
  properties.pad = present(llama_vocab_pad(vocabulary));
  if (properties.bos) properties.bos_text = llama_vocab_get_text(vocabulary, *properties.bos);
  if (properties.eos) properties.eos_text = llama_vocab_get_text(vocabulary, *properties.eos);
  if (properties.pad) properties.pad_text = llama_vocab_get_text(vocabulary, *properties.pad);
  properties.adds_bos = llama_vocab_get_add_bos(vocabulary);
  const char* chat_template = llama_model_chat_template(model, nullptr);
  if (chat_template != nullptr) properties.chat_template = chat_template;
  properties.named_templates = named_templates(model);
}

Properties session_properties(const LlamaSession& session) {
  const llama_model* model = session.model();
  const llama_vocab* vocabulary = session.vocabulary();
  Properties properties;
  properties.engine = "llama";
  properties.architecture = metadata(model, "general.architecture");
  properties.parameters = static_cast<std::int64_t>(llama_model_n_params(model));
  properties.weight_bytes = static_cast<std::int64_t>(llama_model_size(model));
  properties.vocabulary = llama_vocab_n_tokens(vocabulary);
  if (const int trained = llama_model_n_ctx_train(model); trained > 0) properties.context_train = trained;
  properties.context = static_cast<int>(llama_n_ctx(session.context()));
  properties.request_tokens = session.request_tokens();
  add_conversation_facts(model, properties);
  properties.details = session_details(session);
  return properties;
}

MemoryUse session_memory(const LlamaSession& session) {
  MemoryUse use;
  const auto add = [](std::optional<std::int64_t>& sum, std::size_t bytes) {
    if (bytes > 0) sum = sum.value_or(0) + static_cast<std::int64_t>(bytes);
  };
  for (const auto& [type, bytes] : llama_get_memory_breakdown(session.context())) {
    if (!is_host_memory(type)) {
      add(use.device_bytes, bytes.total());
      continue;
    }
    add(use.weights_bytes, bytes.model);
    add(use.kv_bytes, bytes.context);
    add(use.compute_bytes, bytes.compute);
  }
  return use;
}

}  // namespace bantam::engine
