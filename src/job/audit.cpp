#include "job/audit.hpp"

#include "job/fields.hpp"

namespace bantam::job {
namespace {

using base::Json;

template <typename Visit, Is<ClockFacts> Object>
void members(Visit visit, Object& o) {
  visit("readings", o.readings);
  visit("backward_steps", o.backward_steps);
  visit("smallest_step_ns", o.smallest_step_ns);
  visit("reading_ns", o.reading_ns);
}

template <typename Visit, Is<OwnCostFacts> Object>
void members(Visit visit, Object& o) {
  visit("requests", o.requests);
  visit("tokens", o.tokens);
  visit("timed_token_s", o.timed_token_s);
  visit("with_pauses_token_s", o.with_pauses_token_s);
}

template <typename Visit, Is<OutputFacts> Object>
void members(Visit visit, Object& o) {
  visit("measured", o.measured);
  visit("answered", o.answered);
  visit("answer_ended", o.answer_ended);
  visit("gap", o.gap);
}

template <typename Visit, Is<RepeatPair> Object>
void members(Visit visit, Object& o) {
  visit("same_ttft_s", o.same_ttft_s);
  visit("other_ttft_s", o.other_ttft_s);
  visit("same_e2e_s", o.same_e2e_s);
  visit("other_e2e_s", o.other_e2e_s);
}

template <typename Visit, Is<RepeatFacts> Object>
void members(Visit visit, Object& o) {
  visit("prompt_tokens", o.prompt_tokens);
  visit("cached_tokens", o.cached_tokens);
  visit("pairs", o.pairs);
}

template <typename Visit, Is<RequestFacts> Object>
void members(Visit visit, Object& o) {
  visit("asked_tokens", o.asked_tokens);
  visit("counted_prompt_tokens", o.counted_prompt_tokens);
  visit("prompt_tokens", o.prompt_tokens);
  visit("vocabulary", o.vocabulary);
  visit("cached_tokens", o.cached_tokens);
  visit("tokens", o.tokens);
  visit("prefill_ns", o.prefill_ns);
  visit("token_ns", o.token_ns);
  visit("returned_ns", o.returned_ns);
  visit("text", o.text);
  visit("text_again", o.text_again);
}

template <typename Visit, Is<AuditFacts> Object>
void members(Visit visit, Object& o) {
  visit("clock", o.clock);
  visit("own_cost", o.own_cost);
  visit("outputs", o.outputs);
  visit("repeats", o.repeats);
  visit("requests", o.requests);
}

template <typename T>
struct MemberForm {
  static Json write(const T& value) {
    Json json = Json::object();
    members(FieldWriter(json), value);
    return json;
  }
  static base::Status read(const Json& json, T& value) {
    base::Status status;
    members(FieldReader(json, status), value);
    return status;
  }
};

}  // namespace

template <>
struct FieldForm<ClockFacts> : MemberForm<ClockFacts> {};
template <>
struct FieldForm<OwnCostFacts> : MemberForm<OwnCostFacts> {};
template <>
struct FieldForm<OutputFacts> : MemberForm<OutputFacts> {};
template <>
struct FieldForm<RepeatPair> : MemberForm<RepeatPair> {};
template <>
struct FieldForm<RepeatFacts> : MemberForm<RepeatFacts> {};
template <>
struct FieldForm<RequestFacts> : MemberForm<RequestFacts> {};

Json to_json(const AuditFacts& facts) {
  return MemberForm<AuditFacts>::write(facts);
}

base::Result<AuditFacts> audit_facts_from(const Json& json) {
  AuditFacts facts;
  TRY((MemberForm<AuditFacts>::read(json, facts)));
  return facts;
}

}  // namespace bantam::job
