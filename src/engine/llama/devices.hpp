#pragma once
// ggml's devices and buffer types, as far as several files of this room ask for them.

#include <cstddef>
#include <string>
#include <vector>

#include "ggml-backend.h"

namespace bantam::engine {

// The processor, GPUs that this build can use, machines that were added (rpc.hpp).
std::size_t device_count();
// True when a device other than the CPU is built in.
bool has_gpu();

// Instruction sets and libraries that the CPU kernels were compiled with and that this CPU has: "AVX2",
// "REPACK", ...
std::vector<std::string> cpu_features();

// Buffer types that rearrange weights for faster CPU kernels, in the order in which models try them.
std::vector<ggml_backend_buffer_type_t> extra_buffer_types();

// Memory of the host, be it a plain, mapped or rearranged buffer.
bool is_host_memory(ggml_backend_buffer_type_t type);

}  // namespace bantam::engine
