#include "tune/knobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace bantam::tune {
namespace {

using base::Json;

Choice choice(std::string label, std::vector<std::string> flags, Json engine) {
  return {std::move(label), std::move(flags), std::move(engine)};
}

Knob threads(const KnobFacts& facts) {
  Knob knob{.name = "threads"};
  std::set<int> counts{facts.physical_cores, facts.allowed_cpus};
  for (int count = 1; count < facts.allowed_cpus; count *= 2) counts.insert(count);
  for (int count = facts.physical_cores - 1; count > 0 && count >= facts.physical_cores - 2; --count)
    counts.insert(count);
  for (const int count : counts) {
    const std::string text = std::to_string(count);
    knob.choices.push_back(choice("threads=" + text, {"--threads", text}, {{"threads", count}}));
  }
  if (counts.size() == 1) knob.skipped = "there is one CPU";
  return knob;
}

Knob flash_attention() {
  Knob knob{.name = "flash_attn"};
  for (const char* value : {"on", "off"})
    knob.choices.push_back(
        choice(fmt::format("flash-attn={}", value), {"--flash-attn", value}, {{"flash_attn", value}}));
  return knob;
}

Knob repacking() {
  Knob knob{.name = "repack"};
  knob.choices.push_back(choice("repack=on", {"--repack"}, {{"repack", true}}));
  knob.choices.push_back(choice("repack=off", {"--no-repack"}, {{"repack", false}}));
  return knob;
}

// Tokens that are computed at once, and with more of them those that are handed over at once.
Knob batches(const KnobFacts& facts) {
  Knob knob{.name = "n_ubatch"};
  constexpr int kUsualBatch = 2048;
  for (const int count : {64, 128, 256, 512, 1024, 2048}) {
    if (count / 2 >= facts.prompt_tokens) continue;  // the prompt fits into half of it already
    const std::string text = std::to_string(count);
    Choice one = choice("n-ubatch=" + text, {"--n-ubatch", text}, {{"n_ubatch", count}});
    if (count > kUsualBatch) one.engine["n_batch"] = count;
    knob.choices.push_back(std::move(one));
  }
  if (knob.choices.size() < 2) {
    knob.skipped =
        fmt::format("a prompt of {} tokens is computed at once with any of them", facts.prompt_tokens);
    knob.choices.clear();
  }
  return knob;
}

Knob cache_types() {
  Knob knob{.name = "kv_cache", .is_lossy = true};
  for (const char* type : {"f16", "q8_0", "q4_0"}) {
    knob.choices.push_back(choice(fmt::format("kv-cache={}", type),
                                  {"--cache-type-k", type, "--cache-type-v", type},
                                  {{"cache_type_k", type}, {"cache_type_v", type}}));
  }
  return knob;
}

Knob drafts(const KnobFacts& facts) {
  Knob knob{.name = "draft"};
  const auto add = [&knob](const std::string& draft) {
    knob.choices.push_back(choice("draft=" + draft, {"--draft", draft}, {{"draft", draft}}));
  };
  knob.choices.push_back(choice("draft=off", {}, {{"draft", Json()}}));
  add(std::string(plan::kPromptLookup));
  if (facts.draft_model) add(*facts.draft_model);
  if (facts.is_batched) {
    knob.skipped = "it serves one request at a time";
    knob.choices.clear();
  }
  return knob;
}

bool is_given(const Knob& knob, const KnobFacts& facts) {
  return std::ranges::any_of(knob.choices, [&](const Choice& one) {
    return std::ranges::any_of(one.engine.items(), [&](const auto& member) {
      return std::ranges::find(facts.given, member.key()) != facts.given.end();
    });
  });
}

}  // namespace

const std::vector<std::string_view>& knob_names() {
  static const std::vector<std::string_view> kNames{"threads",  "repack",   "flash_attn",
                                                    "n_ubatch", "kv_cache", "draft"};
  return kNames;
}

std::vector<Knob> knobs_for(const KnobFacts& facts) {
  std::vector<Knob> knobs{threads(facts), repacking(),   flash_attention(),
                          batches(facts), cache_types(), drafts(facts)};
  for (Knob& knob : knobs) {
    if (!knob.skipped && is_given(knob, facts)) knob.skipped = "it is given";
    if (knob.skipped) knob.choices.clear();
  }
  return knobs;
}

plan::EngineSettings with(const plan::EngineSettings& settings, const Choice& choice) {
  Json json = plan::to_json(settings);
  json.merge_patch(choice.engine);
  return plan::engine_settings_from(json);
}

Choice current(const plan::EngineSettings& settings, const Knob& knob) {
  const Json json = plan::to_json(settings);
  Choice now{.label = "as it is", .flags = {}, .engine = Json::object()};
  std::string values;
  for (const Choice& one : knob.choices) {
    for (const auto& [key, value] : one.engine.items())
      now.engine[key] = json.contains(key) ? json[key] : Json();
  }
  for (const auto& [key, value] : now.engine.items()) {
    const std::string text = value.is_string() ? value.get<std::string>()
                             : value.is_null() ? "off"
                                               : value.dump();
    if (!values.empty() && values != text) values += "/";
    if (values != text) values += text;
  }
  for (const Choice& one : knob.choices) {
    if (with(settings, one).threads == settings.threads && plan::to_json(with(settings, one)) == json)
      return one;
  }
  now.label = values.empty() ? "default" : fmt::format("{}={}", knob.name, values);
  return now;
}

}  // namespace bantam::tune
