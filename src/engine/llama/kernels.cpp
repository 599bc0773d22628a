#include "engine/llama/kernels.hpp"

#include <Eigen/src/Core/util/Macros.h>
#include <atomic>

namespace bantam::engine {
namespace {

std::atomic<bool> kernels_on{false};
std::atomic<bool> single_rows{false};

}  // namespace

KernelGuard::KernelGuard(bool wanted) : before_(kernels_on.exchange(wanted)) {}

KernelGuard::~KernelGuard() {
  kernels_on.store(before_);
}

bool own_kernels() {
  return kernels_on.load(std::memory_order_relaxed);
}

SingleRowGuard::SingleRowGuard() {
  single_rows.store(true);
}

SingleRowGuard::~SingleRowGuard() {
  single_rows.store(false);
}

bool rows_as_alone() {
  return single_rows.load(std::memory_order_relaxed);
}

std::string_view kernel_library() {
#define BANTAM_TEXT(x) #x
#define BANTAM_DOTTED(a, b, c) BANTAM_TEXT(a) "." BANTAM_TEXT(b) "." BANTAM_TEXT(c)
  return "Eigen " BANTAM_DOTTED(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION);
}

}  // namespace bantam::engine
