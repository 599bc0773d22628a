// What our own check of a model file lets through must not kill llama.cpp while it loads. Without the check
// some randomly damaged files do (it aborts on equal tokens).
#include "gguf/model_info.hpp"

#include <gtest/gtest.h>
#include <llama.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <random>

#include "base/files.hpp"
#include "support/gguf_builder.hpp"
#include "support/shared.hpp"

namespace bantam::model {
namespace {

// The signal that ended a process which loaded the file; 0 when it ended by itself.
int signal_of_loading(const std::filesystem::path& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setenv("GGML_NO_BACKTRACE", "1", 1);
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    ::_exit(llama_model_load_from_file(path.c_str(), llama_model_default_params()) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(GgufHazards, WhatIsLetThroughDoesNotKillTheEngine) {
  SKIP_WITHOUT_SHARED("models/stories260K/stories260K-f32.gguf");
  const std::string whole =
      base::read_file(support::shared_folder() / "models/stories260K/stories260K-f32.gguf").value();
  constexpr std::size_t kDescription = 18000;  // bytes before the weights, roughly
  support::MemoryFile file;
  std::mt19937 random(7);
  int let_through = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto path = file.holding(support::mutated(whole, kDescription, random));
    if (!gguf::inspect(path)) continue;
    ++let_through;
    EXPECT_EQ(signal_of_loading(path), 0) << "case " << i;
  }
  EXPECT_GT(let_through, 50) << "the damage is too strong for the test to mean much";
}

}  // namespace
}  // namespace bantam::model
