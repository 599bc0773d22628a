#include "report/inspection_page.hpp"

#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "base/units.hpp"
#include "gguf/model_info.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Facts;
using table::Table;

std::string bytes(std::int64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

std::string shape_text(const gguf::Tensor& tensor) {
  return fmt::format("{}", fmt::join(tensor.shape, " x "));
}

void add_count(Facts& facts, std::string name, const std::optional<std::int64_t>& count,
               std::string_view unit = "") {
  if (count) facts.add(std::move(name), fmt::format("{}{}", *count, unit));
}

std::string kv_heads_text(const gguf::ModelInfo& info) {
  const std::vector<std::int64_t>& all = info.attention.kv_heads;
  for (const std::int64_t heads : all) {
    if (heads != all.front()) return fmt::format("{} by layer", fmt::join(all, " "));
  }
  return all.empty() ? std::string() : fmt::format("{}", all.front());
}

void add_attention(Facts& facts, const gguf::ModelInfo& info) {
  add_count(facts, "heads", info.heads);
  if (const std::string heads = kv_heads_text(info); !heads.empty()) facts.add("KV heads", heads);
  add_count(facts, "head size", info.attention.head_size_k, " elements");
  add_count(facts, "sliding window", info.attention.sliding_window, " tokens");
  facts.add("RoPE scaling", info.attention.rope_scaling);
}

// What requests of the model's whole context take; without one, what a token takes.
void add_cache(Facts& facts, const gguf::ModelInfo& info, const predict::CacheFacts& cache) {
  const std::int64_t context = info.context_train.value_or(0);
  std::optional<std::int64_t> state;
  for (const predict::CacheOfType& one : cache.of_types) {
    const std::string name = fmt::format("KV cache, {}", one.type);
    facts.add(name, one.why_not);
    if (!one.size) continue;
    state = one.size->request_bytes;
    if (one.size->token_bytes == 0) continue;
    const std::string of_one = bytes(one.size->token_bytes);
    const engine::CacheSize cells{one.size->token_bytes, 0};
    facts.add(name, context > 0 ? fmt::format("{} for {} tokens, {} for one", bytes(cells.bytes(context, 1)),
                                              context, of_one)
                                : fmt::format("{} for a token", of_one));
  }
  if (state.value_or(0) > 0) facts.add("recurrent state", fmt::format("{} for a request", bytes(*state)));
  if (cache.why_not) facts.add("KV cache", fmt::format("not known: {}", *cache.why_not));
}

Json cache_json(const predict::CacheFacts& cache) {
  Json json = Json::object();
  std::int64_t state = 0;
  for (const predict::CacheOfType& one : cache.of_types) {
    const std::string name = fmt::format("kv_cache_{}", one.type);
    base::set_if(json, name + "_absent", one.why_not);
    if (!one.size) continue;
    state = one.size->request_bytes;
    if (one.size->token_bytes > 0) json[name + "_bytes_per_token"] = one.size->token_bytes;
  }
  if (state > 0) json["recurrent_state_bytes_per_request"] = state;
  base::set_if(json, "kv_cache_absent", cache.why_not);
  return json;
}

std::string chat_text(const std::string& chat_template) {
  const auto roles = gguf::roles_in(chat_template);
  const std::string length = fmt::format("{} characters", base::code_points(chat_template));
  return roles.empty() ? length : fmt::format("{}; roles {}", length, base::join(roles, ", "));
}

Facts model_facts(const model::Inspection& inspection, const predict::CacheFacts& cache) {
  const gguf::ModelInfo& info = *inspection.model;
  Facts facts{info.name.value_or(inspection.reference), {}};
  facts.add("where", inspection.where);
  if (inspection.fetched_bytes) {
    facts.add("read of it", bytes(static_cast<std::int64_t>(*inspection.fetched_bytes)));
  }
  facts.add("architecture",
            info.architecture + (info.is_encoder ? " (an encoder: no text, embeddings)" : ""));
  facts.add("type", fmt::format("{}, {} bits per weight", info.file_type,
                                base::format_significant(info.bits_per_weight)));
  if (info.synthetic) facts.add("weights", std::string("random"));
  facts.add("parameters", base::format_count(static_cast<double>(info.parameters)));
  facts.add("file size", bytes(info.file_bytes) +
                             (info.parts > 1 ? fmt::format(" in {} parts", info.parts) : std::string()));
  add_count(facts, "context", info.context_train, " tokens");
  add_count(facts, "layers", info.layers);
  add_count(facts, "hidden size", info.embedding);
  add_count(facts, "feed-forward size", info.feed_forward);
  add_attention(facts, info);
  add_cache(facts, info, cache);
  if (info.experts.value_or(0) > 0) {
    facts.add("experts", fmt::format("{}, {} for a token", *info.experts, info.experts_used.value_or(0)));
  }
  facts.add("pooling", info.pooling);
  if (info.vocabulary) {
    facts.add("vocabulary", fmt::format("{} tokens, {}", *info.vocabulary, info.tokenizer.value_or("?")));
  }
  for (const gguf::SpecialToken& token : gguf::special_tokens(inspection.content)) {
    facts.add(token.duty + " token", fmt::format("{}  {}", token.id, token.text.value_or("")));
  }
  const auto chat = gguf::text_at(inspection.content, "tokenizer.chat_template");
  facts.add("chat template", chat ? chat_text(*chat) : std::string("none"));
  return facts;
}

Facts adapter_facts(const model::AdapterInfo& adapter) {
  Facts facts{"LoRA adapter", {}};
  facts.add("name", adapter.name);
  facts.add("architecture", adapter.architecture);
  facts.add("rank", fmt::format("{}", adapter.rank));
  facts.add("alpha", base::format_significant(adapter.alpha));
  facts.add("weights it changes", fmt::format("{}", adapter.pairs.size()));
  facts.add("parameters", base::format_count(static_cast<double>(adapter.parameters)));
  facts.add("file size", bytes(adapter.file_bytes));
  return facts;
}

Table types_table(const gguf::ModelInfo& info) {
  Table table("Storage types", 1, {"type", "tensors", "elements", "bytes", "share"});
  for (const gguf::TensorShare& share : info.tensor_types) {
    table.add_row({share.type, fmt::format("{}", share.tensors),
                   base::format_count(static_cast<double>(share.elements)), bytes(share.bytes),
                   fmt::format("{:.1f} %", 100.0 * static_cast<double>(share.bytes) /
                                               static_cast<double>(info.weight_bytes))});
  }
  return table;
}

Table tensors_table(const gguf::GgufContent& content) {
  Table table("Tensors", 1, {"name", "type", "shape", "bytes"});
  for (const gguf::Tensor& tensor : content.tensors) {
    table.add_row({tensor.name, std::string(tensor.type.name), shape_text(tensor),
                   bytes(static_cast<std::int64_t>(tensor.bytes))});
  }
  return table;
}

}  // namespace

std::string inspection_page(const model::Inspection& inspection, const predict::CacheFacts& cache,
                            bool tensors, table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) {
    Json json = to_json(inspection, tensors);
    json.update(cache_json(cache));
    return base::to_text(json, 2) + "\n";
  }
  table::Page page;
  if (inspection.model) {
    page.emplace_back(model_facts(inspection, cache));
    page.emplace_back(types_table(*inspection.model));
  }
  if (inspection.adapter) page.emplace_back(adapter_facts(*inspection.adapter));
  if (tensors) page.emplace_back(tensors_table(inspection.content));
  return page_text(page, format, style);
}

}  // namespace bantam::report
