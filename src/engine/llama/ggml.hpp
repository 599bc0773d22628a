#pragma once
// Owners of ggml's objects, and its types by name, as far as several files of this room need them.

#include <memory>
#include <optional>
#include <string>

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace bantam::engine {

template <auto free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using GgmlContext = std::unique_ptr<ggml_context, Freed<ggml_free>>;
using GgmlBuffer = std::unique_ptr<ggml_backend_buffer, Freed<ggml_backend_buffer_free>>;
using GgmlBackend = std::unique_ptr<ggml_backend, Freed<ggml_backend_free>>;
using GgmlThreads = std::unique_ptr<ggml_threadpool, Freed<ggml_threadpool_free>>;

// By ggml's own name ("q4_K"); absent when it knows no such type that holds numbers.
inline std::optional<ggml_type> ggml_type_named(const std::string& name) {
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    const char* known = ggml_type_name(type);
    if (known != nullptr && name == known && ggml_blck_size(type) > 0) return type;
  }
  return std::nullopt;
}

}  // namespace bantam::engine
