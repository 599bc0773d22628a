// The page of `bantam models inspect` for people.

#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/inspection.hpp"
#include "cli/text_table.hpp"
#include "gguf/model_info.hpp"

namespace bantam::cli {
namespace {

using report::Table;

std::string bytes(std::int64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

std::string shape_text(const gguf::Tensor& tensor) {
  return fmt::format("{}", fmt::join(tensor.shape, " x "));
}

// Facts with their names, one a line.
class Facts {
 public:
  Facts(std::string_view title, bool markdown) : markdown_(markdown) {
    text_ = markdown ? fmt::format("## {}\n\n| | |\n|---|---|\n", base::printable(title))
                     : fmt::format("{}\n", base::printable(title));
  }

  Facts& add(std::string_view name, std::string_view value) {
    const std::string shown = base::printable(value);
    text_ += markdown_ ? fmt::format("| {} | {} |\n", name, base::replace_all(shown, "|", "\\|"))
                       : fmt::format("  {:<18}  {}\n", name, shown);
    return *this;
  }
  Facts& add(std::string_view name, const std::optional<std::int64_t>& value, std::string_view unit = "") {
    return value ? add(name, fmt::format("{}{}", *value, unit)) : *this;
  }
  const std::string& text() const { return text_; }

 private:
  bool markdown_;
  std::string text_;
};

std::string kv_heads_text(const gguf::ModelInfo& info) {
  const std::vector<std::int64_t>& all = info.attention.kv_heads;
  for (const std::int64_t heads : all) {
    if (heads != all.front()) return fmt::format("{} by layer", fmt::join(all, " "));
  }
  return all.empty() ? std::string() : fmt::format("{}", all.front());
}

void add_attention(Facts& facts, const gguf::ModelInfo& info) {
  facts.add("heads", info.heads);
  if (const std::string heads = kv_heads_text(info); !heads.empty()) facts.add("KV heads", heads);
  facts.add("head size", info.attention.head_size_k, " elements");
  facts.add("sliding window", info.attention.sliding_window, " tokens");
  if (info.attention.rope_scaling) facts.add("RoPE scaling", *info.attention.rope_scaling);
  for (const char* type : {"f16", "q8_0"}) {
    const auto cache = gguf::kv_bytes(info, info.context_train.value_or(0), type, type);
    if (!cache || *cache == 0) continue;
    facts.add(fmt::format("KV cache, {}", type),
              fmt::format("{} for {} tokens, {} for one", bytes(*cache), *info.context_train,
                          bytes(*cache / *info.context_train)));
  }
}

std::string chat_text(const std::string& chat_template) {
  const auto roles = gguf::roles_in(chat_template);
  const std::string length = fmt::format("{} characters", base::code_points(chat_template));
  return roles.empty() ? length : fmt::format("{}; roles {}", length, base::join(roles, ", "));
}

std::string model_facts(const Inspection& inspection, bool markdown) {
  const gguf::ModelInfo& info = *inspection.model;
  Facts facts(info.name.value_or(inspection.reference), markdown);
  facts.add("where", inspection.where);
  if (inspection.fetched_bytes) {
    facts.add("read of it", bytes(static_cast<std::int64_t>(*inspection.fetched_bytes)));
  }
  facts.add("architecture",
            info.architecture + (info.is_encoder ? " (an encoder: no text, embeddings)" : ""));
  facts.add("type", fmt::format("{}, {} bits per weight", info.file_type,
                                base::format_significant(info.bits_per_weight)));
  if (info.synthetic) facts.add("weights", "random");
  facts.add("parameters", base::format_count(static_cast<double>(info.parameters)));
  facts.add("file size", bytes(info.file_bytes) +
                             (info.parts > 1 ? fmt::format(" in {} parts", info.parts) : std::string()));
  facts.add("context", info.context_train, " tokens");
  facts.add("layers", info.layers);
  facts.add("hidden size", info.embedding);
  facts.add("feed-forward size", info.feed_forward);
  add_attention(facts, info);
  if (info.experts.value_or(0) > 0) {
    facts.add("experts", fmt::format("{}, {} for a token", *info.experts, info.experts_used.value_or(0)));
  }
  if (info.pooling) facts.add("pooling", *info.pooling);
  if (info.vocabulary) {
    facts.add("vocabulary", fmt::format("{} tokens, {}", *info.vocabulary, info.tokenizer.value_or("?")));
  }
  for (const gguf::SpecialToken& token : gguf::special_tokens(inspection.content)) {
    facts.add(token.duty + " token", fmt::format("{}  {}", token.id, token.text.value_or("")));
  }
  const auto chat = gguf::text_at(inspection.content, "tokenizer.chat_template");
  facts.add("chat template", chat ? chat_text(*chat) : std::string("none"));
  return facts.text();
}

std::string adapter_facts(const model::AdapterInfo& adapter, bool markdown) {
  Facts facts("LoRA adapter", markdown);
  if (adapter.name) facts.add("name", *adapter.name);
  facts.add("architecture", adapter.architecture);
  facts.add("rank", adapter.rank);
  facts.add("alpha", base::format_significant(adapter.alpha));
  facts.add("weights it changes", static_cast<std::int64_t>(adapter.pairs.size()));
  facts.add("parameters", base::format_count(static_cast<double>(adapter.parameters)));
  facts.add("file size", bytes(adapter.file_bytes));
  return facts.text();
}

Table types_table(const gguf::ModelInfo& info) {
  Table table = text_table("Storage types", {"type", "tensors", "elements", "bytes", "share"});
  for (const gguf::TensorShare& share : info.tensor_types) {
    add_row(table, {share.type, fmt::format("{}", share.tensors),
                    base::format_count(static_cast<double>(share.elements)), bytes(share.bytes),
                    fmt::format("{:.1f} %", 100.0 * static_cast<double>(share.bytes) /
                                                static_cast<double>(info.weight_bytes))});
  }
  return table;
}

Table tensors_table(const gguf::GgufContent& content) {
  Table table = text_table("Tensors", {"name", "type", "shape", "bytes"});
  for (const gguf::Tensor& tensor : content.tensors) {
    add_row(table, {tensor.name, std::string(tensor.type.name), shape_text(tensor),
                    bytes(static_cast<std::int64_t>(tensor.bytes))});
  }
  return table;
}

}  // namespace

std::string inspection_page(const Inspection& inspection, bool tensors, report::Format format,
                            const report::TerminalStyle& style) {
  if (format == report::Format::json) return base::to_text(to_json(inspection, tensors), 2) + "\n";
  const bool markdown = format == report::Format::md;
  std::string page;
  const auto add = [&page](const std::string& text) { page += (page.empty() ? "" : "\n") + text; };
  if (inspection.model) {
    add(model_facts(inspection, markdown));
    add(with_title(types_table(*inspection.model), format, style));
  }
  if (inspection.adapter) add(adapter_facts(*inspection.adapter, markdown));
  if (tensors) add(with_title(tensors_table(inspection.content), format, style));
  return page;
}

}  // namespace bantam::cli
