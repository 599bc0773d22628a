#include "job/messages.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace bantam::job {
namespace {

using base::Json;
using base::Result;

// "type" of each message, in the order of the variant.
constexpr auto kTypes =
    std::to_array<std::string_view>({"trying", "kernel", "engine", "phase", "task", "trial", "scenario",
                                     "items", "additions", "warning", "rate"});
static_assert(kTypes.size() == std::variant_size_v<Message>);

std::string text_at(const Json& json, const char* key) {
  return base::string_at(json, key).value_or("");
}

Json items_json(const std::vector<record::Item>& items) {
  Json list = Json::array();
  for (const record::Item& item : items) list.push_back(record::to_json(item));
  return list;
}

Result<std::vector<record::Item>> items_from(const Json& list) {
  std::vector<record::Item> items;
  for (const Json& json : list) {
    TRY_ASSIGN(record::Item item, record::item_from(json));
    items.push_back(std::move(item));
  }
  return items;
}

Json members(const Trying& m) {
  return {{"name", m.name}};
}
Json members(const KernelTried& m) {
  return {{"name", m.type}, {"ok", m.ok}, {"reason", m.reason}};
}
Json members(const EngineOpened& m) {
  return {{"facts", m.facts}};
}
Json members(const PhaseBegun& m) {
  Json json{{"name", m.name}, {"done", m.done}, {"unit", m.unit}};
  base::set_if(json, "total", m.total);
  return json;
}
Json members(const TaskBegun& m) {
  return {{"name", m.name}, {"items", m.items}};
}
Json members(const TrialDone& m) {
  return {{"trial", record::to_json(m.trial)}};
}
Json members(const ScenarioEnded& m) {
  return {{"text", m.text}};
}
Json members(const ItemsDone& m) {
  return {{"fresh", m.fresh}, {"items", items_json(m.items)}};
}
Json members(const ItemsExtended& m) {
  return {{"items", items_json(m.items)}};
}
Json members(const Warning& m) {
  return {{"text", m.text}};
}
Json members(const RateMeasured& m) {
  return {{"peaks", engine::to_json(m.rates)}};
}

template <typename T>
Result<Message> read(const Json& json);

template <>
Result<Message> read<Trying>(const Json& json) {
  return Trying{text_at(json, "name")};
}
template <>
Result<Message> read<KernelTried>(const Json& json) {
  return KernelTried{text_at(json, "name"), base::bool_at(json, "ok").value_or(false),
                     text_at(json, "reason")};
}
template <>
Result<Message> read<EngineOpened>(const Json& json) {
  return EngineOpened{base::child_at(json, "facts")};
}
template <>
Result<Message> read<PhaseBegun>(const Json& json) {
  return PhaseBegun{text_at(json, "name"), base::integer_at(json, "done").value_or(0),
                    base::integer_at(json, "total"), text_at(json, "unit")};
}
template <>
Result<Message> read<TaskBegun>(const Json& json) {
  return TaskBegun{text_at(json, "name"), base::integer_at(json, "items").value_or(0)};
}
template <>
Result<Message> read<TrialDone>(const Json& json) {
  TRY_ASSIGN(record::Trial trial, record::trial_from(base::child_at(json, "trial")));
  return TrialDone{std::move(trial)};
}
template <>
Result<Message> read<ScenarioEnded>(const Json& json) {
  return ScenarioEnded{text_at(json, "text")};
}
template <>
Result<Message> read<ItemsDone>(const Json& json) {
  TRY_ASSIGN(auto items, items_from(base::child_at(json, "items")));
  const auto all = static_cast<std::int64_t>(items.size());
  return ItemsDone{std::move(items), base::integer_at(json, "fresh").value_or(all)};
}
template <>
Result<Message> read<ItemsExtended>(const Json& json) {
  TRY_ASSIGN(auto items, items_from(base::child_at(json, "items")));
  return ItemsExtended{std::move(items)};
}
template <>
Result<Message> read<Warning>(const Json& json) {
  return Warning{text_at(json, "text")};
}
template <>
Result<Message> read<RateMeasured>(const Json& json) {
  TRY_ASSIGN(engine::Peaks rates, engine::peaks_from(base::child_at(json, "peaks")));
  return RateMeasured{std::move(rates)};
}

template <std::size_t Index = 0>
Result<Message> read_as(std::string_view type, const Json& json) {
  if constexpr (Index < kTypes.size()) {
    if (type == kTypes[Index]) return read<std::variant_alternative_t<Index, Message>>(json);
    return read_as<Index + 1>(type, json);
  } else {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("the worker sent a message of type '{}'", type));
  }
}

}  // namespace

Json to_json(const Message& message) {
  Json json{{"type", kTypes[message.index()]}};
  json.update(std::visit([](const auto& m) { return members(m); }, message));
  return json;
}

Result<Message> message_from(const Json& json) {
  return read_as(text_at(json, "type"), json);
}

EngineOpened engine_opened(const engine::Properties& properties) {
  Json facts = Json::object();
  facts["engine"] = properties.engine;
  facts["context"] = properties.context;
  facts["adds_bos"] = properties.adds_bos;
  Json& tokens = facts["special_tokens"] = Json::object();
  if (properties.bos) tokens["bos"] = {{"id", *properties.bos}, {"text", properties.bos_text}};
  if (properties.eos) tokens["eos"] = {{"id", *properties.eos}, {"text", properties.eos_text}};
  if (properties.pad) tokens["pad"] = {{"id", *properties.pad}, {"text", properties.pad_text}};
  if (properties.details.is_object()) facts.update(properties.details);
  return {std::move(facts)};
}

}  // namespace bantam::job
