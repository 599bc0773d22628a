# llama.cpp from pinned source, static, only the targets we link.
set(cache_home "$ENV{XDG_CACHE_HOME}")
if(NOT cache_home)
  set(cache_home "$ENV{HOME}/.cache")
endif()
set(llama_source "${BANTAM_LLAMA_SOURCE}")
if(NOT llama_source)
  set(llama_source "${cache_home}/bantam/src/${BANTAM_LLAMA_ARCHIVE}/vendor/llama.cpp")
  set(llama_pin "${BANTAM_LLAMA_ARCHIVE}.tar.gz sha256:${BANTAM_LLAMA_ARCHIVE_SHA256}")
else()
  set(llama_pin "local source tree")
endif()
if(NOT EXISTS "${llama_source}/include/llama.h")
  message(FATAL_ERROR "llama.cpp source not found in ${llama_source}. Run scripts/setup.sh, or give -DBANTAM_LLAMA_SOURCE=DIR.")
endif()

set(BUILD_SHARED_LIBS OFF)
set(LLAMA_BUILD_COMMON ${BANTAM_PEERS} CACHE BOOL "" FORCE)
set(LLAMA_BUILD_TOOLS ${BANTAM_PEERS} CACHE BOOL "" FORCE)
set(LLAMA_BUILD_SERVER ${BANTAM_PEERS} CACHE BOOL "" FORCE)
foreach(part TESTS EXAMPLES APP UI)
  set(LLAMA_BUILD_${part} OFF CACHE BOOL "" FORCE)
endforeach()
set(LLAMA_USE_PREBUILT_UI OFF CACHE BOOL "" FORCE)
set(LLAMA_OPENSSL OFF CACHE BOOL "" FORCE)
set(GGML_RPC ON CACHE BOOL "" FORCE)  # layers on other machines (docs/rpc.md)
set(GGML_RPC_RDMA OFF CACHE BOOL "" FORCE)
set(GGML_CCACHE OFF CACHE BOOL "" FORCE)  # the launcher above already does it
# What scripts/setup.sh --vulkan has fetched where the installed headers are too old.
set(vulkan_headers "${cache_home}/bantam/src/vulkan-headers")
if(GGML_VULKAN AND NOT Vulkan_INCLUDE_DIR AND EXISTS "${vulkan_headers}/.complete")
  set(Vulkan_INCLUDE_DIR "${vulkan_headers}/include" CACHE PATH "Vulkan's headers")
endif()
add_subdirectory("${llama_source}" "${CMAKE_BINARY_DIR}/llama.cpp" EXCLUDE_FROM_ALL SYSTEM)
unset(BUILD_SHARED_LIBS)

if(BANTAM_PEERS)
  add_custom_target(peers ALL DEPENDS llama-bench llama-perplexity llama-server)
endif()

foreach(target llama ggml ggml-base ggml-cpu ggml-rpc ggml-vulkan ggml-metal)
  if(TARGET ${target})
    target_compile_options(${target} PRIVATE -w)  # warnings are for our own code
  endif()
endforeach()
if(NOT BANTAM_AMX AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # After ggml's own -march=native, which would switch AMX on again.
  target_compile_options(ggml-cpu PRIVATE -mno-amx-tile -mno-amx-int8 -mno-amx-bf16)
endif()

# ggml's graph calls our kernels (src/engine/llama/product.cpp, attention.cpp), which hand on to ggml's own what they
# do not compute themselves. They are compiled for the same processor as those.
set(ggml_cpu_folder "${llama_source}/ggml/src/ggml-cpu")
set_source_files_properties("${ggml_cpu_folder}/ggml-cpu.c" TARGET_DIRECTORY ggml-cpu PROPERTIES COMPILE_DEFINITIONS
  "llamafile_sgemm=bantam_sgemm;ggml_compute_forward_flash_attn_ext=bantam_flash_attn_ext")
list(TRANSFORM BANTAM_KERNEL_FILES PREPEND "${CMAKE_SOURCE_DIR}/src/engine/llama/" OUTPUT_VARIABLE kernel_files)
add_library(bantam_kernels STATIC EXCLUDE_FROM_ALL ${kernel_files})
target_link_libraries(bantam_kernels PRIVATE bantam_options Eigen3::Eigen)
target_include_directories(bantam_kernels SYSTEM PRIVATE
  "${llama_source}/ggml/include" "${llama_source}/ggml/src" "${ggml_cpu_folder}")
target_compile_options(bantam_kernels PRIVATE
  $<FILTER:$<TARGET_PROPERTY:ggml-cpu,COMPILE_OPTIONS>,EXCLUDE,^-w$>
  -Wno-missing-declarations -Wno-maybe-uninitialized -Wno-uninitialized)  # ggml calls them; GCC's AVX-512 headers
target_compile_definitions(bantam_kernels PRIVATE EIGEN_DONT_PARALLELIZE)
if(BANTAM_SANITIZE MATCHES "thread")
  # They run on ggml's threads, whose barriers are not instrumented: every value handed over would be reported.
  target_compile_options(bantam_kernels PRIVATE -fno-sanitize=thread)
endif()
if(BANTAM_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The frames that find uses after return are aligned to 32 bytes, and stores of 64 into them die (GCC bug 110027).
  target_compile_options(bantam_kernels PRIVATE --param=asan-use-after-return=0)
endif()
target_link_libraries(ggml-cpu PRIVATE bantam_kernels)
target_link_libraries(bantam_kernels PRIVATE ggml-cpu)

# The internal headers we use besides the installed ones: the memory breakdown (src/llama-ext.h), the list of
# architectures (src/llama-arch.h), and what a model keeps between tokens (src/llama-model.h, llama-model-loader.h,
# llama-memory.h). This is the one list of them.
add_library(bantam_llama INTERFACE)
target_link_libraries(bantam_llama INTERFACE llama ggml)
target_include_directories(bantam_llama SYSTEM INTERFACE "${llama_source}/include" "${llama_source}/src" "${llama_source}/ggml/include")
target_compile_definitions(bantam_llama INTERFACE BANTAM_LLAMA_PIN="${llama_pin}")
