# bantam_room(<name> DEPENDS <rooms and libraries>): one static library per folder of src/.
# tools/check_layers.py holds which room may include which; this holds what is linked.
add_library(bantam_options INTERFACE)
target_include_directories(bantam_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(bantam_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast)
target_compile_definitions(bantam_options INTERFACE BANTAM_VERSION="${PROJECT_VERSION}")
if(BANTAM_SANITIZE)
  target_compile_options(bantam_options INTERFACE
    -fsanitize=${BANTAM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(bantam_options INTERFACE -fsanitize=${BANTAM_SANITIZE})
endif()

# The only files that may include llama.cpp's headers.
set(BANTAM_LLAMA_FILES "engine/llama_|model/merge|model/quantize|model/shapes|prompt/jinja")

# Files of the engine room that are compiled like ggml's kernels (bantam_llama.cmake).
set(BANTAM_KERNEL_FILES llama_kernels.cpp llama_product.cpp llama_attention.cpp)

function(bantam_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/cli/main\\.cpp$")
  foreach(kernel_file ${BANTAM_KERNEL_FILES})
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/engine/${kernel_file}")
  endforeach()
  if(NOT BANTAM_LLAMA)
    list(FILTER sources EXCLUDE REGEX "/(${BANTAM_LLAMA_FILES})")
  endif()
  if(sources)
    add_library(bantam_${name} STATIC ${sources})
    target_link_libraries(bantam_${name} PUBLIC bantam_options ${ROOM_DEPENDS})
  else()
    add_library(bantam_${name} INTERFACE)
    target_link_libraries(bantam_${name} INTERFACE bantam_options ${ROOM_DEPENDS})
  endif()
endfunction()
