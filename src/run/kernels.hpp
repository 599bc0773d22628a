#pragma once
// Which of the engine's kernels work on this CPU: found out once by a self-test in a worker, which may die in
// it, and kept in the cache folder for this binary's engine and this CPU.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "job/process.hpp"

namespace bantam::run {

struct KernelVerdict {
  bool fast = true;    // the kernels on rearranged weights work
  bool plain = true;   // those on weights as they lie in the file work
  std::string reason;  // what was wrong: "SIGILL", "error 0.3 above 0.01"; empty when nothing was
};

class KernelVerdicts {
 public:
  KernelVerdicts() = default;
  explicit KernelVerdicts(std::map<std::string, KernelVerdict> by_type) : by_type_(std::move(by_type)) {}

  // Names of the types whose fast kernels do not work, for keys; "" when all do.
  std::string fingerprint() const;
  const std::map<std::string, KernelVerdict>& by_type() const { return by_type_; }
  // Whether a model of these types may use rearranged weights, and why not.
  struct Choice {
    bool repack = true;
    bool usable = true;
    std::vector<std::string> reasons;
  };
  Choice choose(const std::vector<gguf::TensorShare>& types) const;

 private:
  std::map<std::string, KernelVerdict> by_type_;  // ggml type name -> verdict
};

// Runs a self-test and passes its messages on; job::run_worker, but for tests.
using SelfTest = std::function<base::Result<job::Nothing>(const job::SelfTestJob&, const job::MessageSink&)>;
base::Result<job::Nothing> self_test_in_worker(const job::SelfTestJob& job,
                                               const job::MessageSink& on_message);

// Reads the verdicts from the cache or makes them (about a second, once). `identity` names engine and CPU. A
// kernel is broken when its results are wrong, or a signal ends the worker in it. One in which the worker
// hangs is not used either, but then nothing is kept. A self-test that ends otherwise is an error.
base::Result<KernelVerdicts> probe_kernels(const std::string& identity,
                                           const SelfTest& self_test = self_test_in_worker);

}  // namespace bantam::run
