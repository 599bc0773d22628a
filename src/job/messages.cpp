#include "job/messages.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "job/fields.hpp"
#include "record/sections.hpp"

namespace bantam::job {

using base::Json;
using base::Result;

template <>
struct FieldForm<record::Trial> : ReadBy<record::trial_from> {};
template <>
struct FieldForm<record::Item> : ReadBy<record::item_from> {};
template <>
struct FieldForm<engine::Peaks> : ReadBy<engine::peaks_from> {};

namespace {

// "type" of each message, in the order of the variant.
constexpr auto kTypes =
    std::to_array<std::string_view>({"trying", "kernel", "engine", "phase", "task", "trial", "scenario",
                                     "items", "additions", "warning", "program", "rate"});
static_assert(kTypes.size() == std::variant_size_v<Message>);

// The members of each message, in both directions.

template <typename Visit, Is<Trying> Object>
void members(Visit visit, Object& o) {
  visit("name", o.name);
}

template <typename Visit, Is<KernelTried> Object>
void members(Visit visit, Object& o) {
  visit("name", o.type);
  visit("ok", o.ok);
  visit("reason", o.reason);
}

template <typename Visit, Is<EngineOpened> Object>
void members(Visit visit, Object& o) {
  visit("facts", o.facts);
}

template <typename Visit, Is<PhaseBegun> Object>
void members(Visit visit, Object& o) {
  visit("name", o.name);
  visit("done", o.done);
  visit("total", o.total);
  visit("unit", o.unit);
  visit("timed", o.timed);
}

template <typename Visit, Is<TaskBegun> Object>
void members(Visit visit, Object& o) {
  visit("name", o.name);
  visit("items", o.items);
}

template <typename Visit, Is<TrialDone> Object>
void members(Visit visit, Object& o) {
  visit("trial", o.trial);
}

template <typename Visit, Is<ScenarioEnded> Object>
void members(Visit visit, Object& o) {
  visit("text", o.text);
}

template <typename Visit, Is<ItemsDone> Object>
void members(Visit visit, Object& o) {
  visit("fresh", o.fresh);
  visit("items", o.items);
}

template <typename Visit, Is<ItemsExtended> Object>
void members(Visit visit, Object& o) {
  visit("items", o.items);
}

template <typename Visit, Is<Warning> Object>
void members(Visit visit, Object& o) {
  visit("text", o.text);
}

template <typename Visit, Is<ProgramStarted> Object>
void members(Visit visit, Object& o) {
  visit("pid", o.pid);
}

template <typename Visit, Is<RateMeasured> Object>
void members(Visit visit, Object& o) {
  visit("peaks", o.rates);
}

template <std::size_t Index = 0>
Result<Message> read_as(std::string_view type, const Json& json) {
  if constexpr (Index < kTypes.size()) {
    if (type != kTypes[Index]) return read_as<Index + 1>(type, json);
    std::variant_alternative_t<Index, Message> message;
    base::Status status;
    members(FieldReader(json, status), message);
    TRY(status);
    return message;
  } else {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("the worker sent a message of type '{}'", type));
  }
}

std::optional<record::SpecialToken> special_token(const std::optional<engine::Token>& id,
                                                  const std::string& text) {
  if (!id) return std::nullopt;
  return record::SpecialToken{*id, text};
}

}  // namespace

Json to_json(const Message& message) {
  Json json{{"type", kTypes[message.index()]}};
  std::visit([&json](const auto& one) { members(FieldWriter(json), one); }, message);
  return json;
}

Result<Message> message_from(const Json& json) {
  return read_as(base::string_at(json, "type").value_or(""), json);
}

EngineOpened engine_opened(const engine::Properties& properties) {
  Json facts = Json::object();
  facts["engine"] = properties.engine;
  facts["context"] = properties.context;
  facts["adds_bos"] = properties.adds_bos;
  record::set_special_tokens(facts, {special_token(properties.bos, properties.bos_text),
                                     special_token(properties.eos, properties.eos_text),
                                     special_token(properties.pad, properties.pad_text)});
  if (properties.details.is_object()) facts.update(properties.details);
  return {std::move(facts)};
}

}  // namespace bantam::job
