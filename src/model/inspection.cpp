#include "model/inspection.hpp"

#include <fmt/format.h>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "gguf/model_info.hpp"
#include "gguf/split.hpp"
#include "hub/hub.hpp"
#include "model/hub_model.hpp"
#include "model/locate.hpp"
#include "model/reference.hpp"
#include "shape/llama/shape_file.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::Json;
using base::Result;

constexpr const char* kSyntheticType = "F16";  // shapes have every type; one has to be shown

Result<Inspection> inspect_file(Inspection inspection, const fs::path& path) {
  const std::string name = base::printable(path.string());
  inspection.where = path.string();
  inspection.path = path;
  TRY_ASSIGN(inspection.content, gguf::read_model(path));
  if (gguf::text_at(inspection.content, "general.type") == "adapter") {
    TRY_ASSIGN(inspection.adapter, inspect_adapter(path));
    return inspection;
  }
  TRY_ASSIGN(inspection.model, gguf::inspect(inspection.content, name));
  return inspection;
}

// The files of the snapshot, when all of them are in the cache.
Result<std::optional<fs::path>> first_in_cache(const hub::Hub& hub, const HubFiles& files) {
  std::optional<fs::path> first;
  for (const hub::RemoteFile& file : files.files) {
    TRY_ASSIGN(const bool there, hub.cache.has_blob(file.repository, file.hash));
    if (!there) return std::optional<fs::path>();
    TRY_ASSIGN(fs::path path, hub.cache.link(file));
    if (!first) first = std::move(path);
  }
  return first;
}

Result<Inspection> inspect_on_hub(Inspection inspection, const Reference& reference, bool offline) {
  TRY_ASSIGN(hub::Hub hub, hub::open_hub({offline, {}}));
  TRY_ASSIGN(const HubFiles files, find_on_hub(hub, reference));
  TRY(check_is_gguf(files, reference));
  TRY_ASSIGN(const std::optional<fs::path> local, first_in_cache(hub, files));
  if (local || !hub.client) return inspect_file(std::move(inspection), local.value_or(fs::path()));
  TRY_ASSIGN(HubHead head, read_hub_head(*hub.client, files));
  inspection.where =
      fmt::format("hf:{}:{}@{}", files.repository, files.files.front().name, files.commit.substr(0, 12));
  inspection.fetched_bytes = head.fetched_bytes;
  inspection.head = std::move(head.heads.front());
  inspection.content = std::move(head.content);
  inspection.model = std::move(head.info);
  return inspection;
}

Result<Inspection> inspect_shape(Inspection inspection, const Reference& reference) {
  TRY_ASSIGN(const shape::Shape shape, shape::find_shape(reference.target));
  TRY_ASSIGN(inspection.content, shape::synthetic_content(shape, kSyntheticType));
  inspection.shape = shape.name;
  inspection.where = fmt::format("synthetic:{}, as {}", shape.name, kSyntheticType);
  TRY_ASSIGN(inspection.model, gguf::inspect(inspection.content, inspection.where));
  return inspection;
}

Json to_json(const gguf::AttentionFacts& facts) {
  Json json = Json::object();
  base::set_if(json, "head_size_k", facts.head_size_k);
  base::set_if(json, "head_size_v", facts.head_size_v);
  if (!facts.kv_heads.empty()) json["kv_heads_per_layer"] = facts.kv_heads;
  base::set_if(json, "sliding_window", facts.sliding_window);
  if (!facts.sliding.empty()) json["sliding_layers"] = facts.sliding;
  base::set_if(json, "rope_base", facts.rope_base);
  base::set_if(json, "rope_size", facts.rope_size);
  base::set_if(json, "rope_scaling", facts.rope_scaling);
  base::set_if(json, "rope_factor", facts.rope_factor);
  base::set_if(json, "rope_context", facts.rope_context);
  return json;
}

Json to_json(const gguf::Tensor& tensor, std::int64_t parts) {
  Json json{{"name", tensor.name},         {"type", tensor.type.name}, {"shape", tensor.shape},
            {"elements", tensor.elements}, {"bytes", tensor.bytes},    {"offset", tensor.offset}};
  if (parts > 1) json["part"] = tensor.part + 1;
  return json;
}

Json to_json(const AdapterInfo& adapter) {
  Json json{
      {"architecture", adapter.architecture}, {"alpha", adapter.alpha},           {"rank", adapter.rank},
      {"parameters", adapter.parameters},     {"file_bytes", adapter.file_bytes}, {"targets", Json::array()}};
  base::set_if(json, "name", adapter.name);
  for (const AdapterPair& pair : adapter.pairs) json["targets"].push_back(pair.target);
  return json;
}

Json chat_json(const std::string& chat_template) {
  return {{"roles", gguf::roles_in(chat_template)}, {"template", chat_template}};
}

Json special_tokens_json(const gguf::GgufContent& content) {
  Json json = Json::object();
  for (const gguf::SpecialToken& token : gguf::special_tokens(content)) {
    json[token.duty] = {{"id", token.id}};
    base::set_if(json[token.duty], "text", token.text);
  }
  return json;
}

void add_model(Json& json, const gguf::ModelInfo& info, const gguf::GgufContent& content) {
  json["model"] = gguf::to_json(info);
  json["attention"] = to_json(info.attention);
  json["special_tokens"] = special_tokens_json(content);
  if (const auto chat = gguf::text_at(content, "tokenizer.chat_template")) json["chat"] = chat_json(*chat);
}

Result<Inspection> inspect_base(Inspection inspection, const Reference& reference, bool offline) {
  switch (reference.kind) {
    case ReferenceKind::hub:
      return inspect_on_hub(std::move(inspection), reference, offline);
    case ReferenceKind::synthetic:
      return inspect_shape(std::move(inspection), reference);
    case ReferenceKind::file: {
      std::error_code ignored;
      if (!fs::is_directory(reference.path, ignored)) {
        return inspect_file(std::move(inspection), reference.path);
      }
      break;
    }
    case ReferenceKind::served:
    case ReferenceKind::program:
    case ReferenceKind::embedded:
      break;
  }
  Reference base = reference;
  base.adapter.reset();
  TRY_ASSIGN(const Source source, locate(base));
  return inspect_file(std::move(inspection), source.path);
}

}  // namespace

Result<Inspection> inspect_reference(const std::string& text, bool offline) {
  TRY_ASSIGN(const Reference reference, parse_reference(text));
  Inspection inspection;
  inspection.reference = text;
  TRY_ASSIGN(inspection, inspect_base(std::move(inspection), reference, offline));
  if (reference.adapter) {
    TRY_ASSIGN(inspection.adapter, inspect_adapter(reference.adapter->path));
  }
  return inspection;
}

Json to_json(const Inspection& inspection, bool tensors) {
  Json json{{"reference", inspection.reference}, {"where", inspection.where}};
  base::set_if(json, "fetched_bytes", inspection.fetched_bytes);
  const gguf::GgufContent& content = inspection.content;
  if (inspection.model) add_model(json, *inspection.model, content);
  if (inspection.adapter) json["adapter"] = to_json(*inspection.adapter);
  if (!tensors) return json;
  json["tensors"] = Json::array();
  for (const gguf::Tensor& tensor : content.tensors) {
    json["tensors"].push_back(to_json(tensor, inspection.model ? inspection.model->parts : 1));
  }
  return json;
}

}  // namespace bantam::model
