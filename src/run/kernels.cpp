#include "run/kernels.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "base/files.hpp"
#include "base/hash.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;

// The types that weights of common models come in.
const std::vector<std::string>& tested_types() {
  static const std::vector<std::string> kTypes{"f32",  "f16",  "bf16", "q8_0",   "q4_0",
                                               "q4_1", "q5_0", "q5_1", "q2_K",   "q3_K",
                                               "q4_K", "q5_K", "q6_K", "iq4_nl", "iq4_xs"};
  return kTypes;
}

struct Failures {
  std::map<std::string, std::string> reasons;  // by type
  bool are_certain = true;                     // false: a worker hung, which a slow machine could do, too
};

// Tries the types one after the other; a type in which the worker dies or hangs is noted, and the rest goes
// to a new worker. Any other end says nothing of kernels and is an error.
Result<Failures> failures(bool extra_buffers, const SelfTest& self_test) {
  Failures failed;
  std::vector<std::string> left = tested_types();
  while (!left.empty()) {
    std::string current;  // empty between types
    const auto on_message = [&](const job::Message& message) -> base::Status {
      if (const auto* trying = std::get_if<job::Trying>(&message)) current = trying->name;
      if (const auto* tried = std::get_if<job::KernelTried>(&message)) {
        if (!tried->ok) failed.reasons[tried->type] = tried->reason;
        current.clear();
      }
      return {};
    };
    const auto answer = self_test(job::SelfTestJob{left, extra_buffers}, on_message);
    if (answer) break;
    const base::Error& end = answer.error();
    const auto ended_in = std::find(left.begin(), left.end(), current);
    if (end.kind != base::ErrorKind::worker || ended_in == left.end()) return tl::unexpected(end);
    failed.reasons[current] = end.signal.value_or(end.message);
    failed.are_certain = failed.are_certain && end.signal;
    left.erase(left.begin(), ended_in + 1);
  }
  return failed;
}

Json to_json(const std::map<std::string, KernelVerdict>& verdicts) {
  Json json = Json::object();
  for (const auto& [type, verdict] : verdicts) {
    json[type] = {{"fast", verdict.fast}, {"plain", verdict.plain}, {"reason", verdict.reason}};
  }
  return json;
}

std::map<std::string, KernelVerdict> verdicts_from(const Json& json) {
  std::map<std::string, KernelVerdict> verdicts;
  for (const auto& [type, entry] : json.items()) {
    verdicts[type] = {base::bool_at(entry, "fast").value_or(false),
                      base::bool_at(entry, "plain").value_or(false),
                      base::string_at(entry, "reason").value_or("")};
  }
  return verdicts;
}

struct Tested {
  std::map<std::string, KernelVerdict> verdicts;
  bool are_certain = true;
};

Result<Tested> test_all(const SelfTest& self_test) {
  Tested tested;
  for (const std::string& type : tested_types()) tested.verdicts[type] = {};
  TRY_ASSIGN(const Failures fast, failures(true, self_test));
  for (const auto& [type, reason] : fast.reasons) tested.verdicts[type] = {false, true, reason};
  if (fast.reasons.empty()) return tested;
  TRY_ASSIGN(const Failures plain, failures(false, self_test));
  for (const auto& [type, reason] : plain.reasons) tested.verdicts[type] = {false, false, reason};
  tested.are_certain = fast.are_certain && plain.are_certain;
  return tested;
}

}  // namespace

std::string KernelVerdicts::fingerprint() const {
  std::string text;
  for (const auto& [type, verdict] : by_type_) {
    if (!verdict.fast) text += type + (verdict.plain ? "-fast " : "-none ");
  }
  return text;
}

KernelVerdicts::Choice KernelVerdicts::choose(const std::vector<gguf::TensorShare>& types) const {
  Choice choice;
  for (const gguf::TensorShare& share : types) {
    for (const auto& [type, verdict] : by_type_) {
      const bool same = std::equal(type.begin(), type.end(), share.type.begin(), share.type.end(),
                                   [](char a, char b) { return std::tolower(a) == std::tolower(b); });
      if (!same || verdict.fast) continue;
      choice.repack = false;
      choice.usable = choice.usable && verdict.plain;
      choice.reasons.push_back(fmt::format("{}: {}", type, verdict.reason));
    }
  }
  return choice;
}

Result<job::Nothing> self_test_in_worker(const job::SelfTestJob& job, const job::MessageSink& on_message) {
  job::WorkerOptions options;
  options.hang_timeout_s = 20.0;
  return job::run_worker(job, options, nullptr, on_message);
}

Result<KernelVerdicts> probe_kernels(const std::string& identity, const SelfTest& self_test) {
  TRY_ASSIGN(const auto cache, base::cache_folder());
  const auto path = cache / "kernels" / (base::sha256(identity).substr(0, 32) + ".json");
  if (const auto text = base::read_file(path)) {
    if (const auto json = base::parse_json(*text, path.string()); json && json->is_object()) {
      return KernelVerdicts(verdicts_from(*json));
    }
  }
  TRY_ASSIGN(Tested tested, test_all(self_test));
  if (tested.are_certain) TRY(base::write_file_atomically(path, base::to_text(to_json(tested.verdicts), 1)));
  return KernelVerdicts(std::move(tested.verdicts));
}

}  // namespace bantam::run
