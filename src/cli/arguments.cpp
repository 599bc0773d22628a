#include "cli/arguments.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace bantam::cli {
namespace {

// llama.cpp's names of several letters behind one dash.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSingleDash{{
    {"-ngl", "--n-gpu-layers"},
    {"-fa", "--flash-attn"},
    {"-ctk", "--cache-type-k"},
    {"-ctv", "--cache-type-v"},
    {"-hf", "--hf-repo"},
    {"-hfr", "--hf-repo"},
    {"-hft", "--hf-token"},
}};

constexpr std::array<std::string_view, 5> kSecrets{"--api-key", "--hf-token", "--wandb-api-key",
                                                   "--wandb-key", "--openai-api-key"};

std::string normalized(std::string_view argument) {
  for (const auto& [given, full] : kSingleDash) {
    if (argument == given) return std::string(full);
  }
  std::string result(argument);
  if (argument.starts_with("--")) {
    const auto end = std::min(result.find('='), result.size());
    std::replace(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(end), '_', '-');
  }
  return result;
}

}  // namespace

base::Result<std::vector<std::string>> normalized_arguments(int count, const char* const* arguments) {
  std::vector<std::string> result;
  bool only_values = false;  // after "--"
  for (int i = 1; i < count; ++i) {
    only_values = only_values || std::string_view(arguments[i]) == "--";
    result.push_back(only_values ? std::string(arguments[i]) : normalized(arguments[i]));
    const std::string name = result.back().substr(0, result.back().find('='));
    if (!only_values && std::find(kSecrets.begin(), kSecrets.end(), name) != kSecrets.end()) {
      return base::fail(base::ErrorKind::usage,
                        fmt::format("{}: a secret does not belong on the command line", name),
                        "set it in the environment instead, e.g. HF_TOKEN");
    }
  }
  return result;
}

}  // namespace bantam::cli
