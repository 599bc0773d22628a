# Builds web/ into ${CMAKE_BINARY_DIR}/web when CMake runs: bantam_embed fixes names and hashes then. CMake runs again when
# one of its files changes.
find_program(NODE_PROGRAM NAMES node nodejs REQUIRED)
file(SHA256 "${CMAKE_SOURCE_DIR}/web/package-lock.json" lock_hash)
string(SUBSTRING "${lock_hash}" 0 16 lock_hash)
set(web_modules "${BANTAM_WEB_MODULES}")
if(NOT web_modules)
  set(cache_folder "$ENV{XDG_CACHE_HOME}")
  if(NOT cache_folder)
    set(cache_folder "$ENV{HOME}/.cache")
  endif()
  set(web_modules "${cache_folder}/bantam/src/web-${lock_hash}/node_modules")
endif()
if(NOT EXISTS "${web_modules}/esbuild/package.json")
  message(FATAL_ERROR "The packages of web/ are not in ${web_modules}. Run scripts/setup.sh, which fetches them, or give "
    "-DBANTAM_WEB_MODULES=FOLDER.")
endif()
execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env "BANTAM_WEB_MODULES=${web_modules}" "${NODE_PROGRAM}" "${CMAKE_SOURCE_DIR}/web/build.mjs"
    "${CMAKE_BINARY_DIR}/web"
  RESULT_VARIABLE web_result)
if(NOT web_result EQUAL 0)
  message(FATAL_ERROR "web/ could not be built: see above.")
endif()
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/web/*.ts" "${CMAKE_SOURCE_DIR}/web/*.css"
  "${CMAKE_SOURCE_DIR}/web/*.html" "${CMAKE_SOURCE_DIR}/web/*.mjs" "${CMAKE_SOURCE_DIR}/web/package-lock.json")
list(FILTER web_files EXCLUDE REGEX "/node_modules/")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${web_files})

# For the compiler that checks types: where the packages are. charts/ must run in an interpreter of ES5.
foreach(part "" "/charts")
  string(REPLACE "/" "_" name "tsconfig${part}")
  string(CONCAT config "{\"extends\": \"${CMAKE_SOURCE_DIR}/web${part}/tsconfig.json\", "
    "\"compilerOptions\": {\"paths\": {\"*\": [\"${web_modules}/*\"]}}, "
    "\"include\": [\"${CMAKE_SOURCE_DIR}/web${part}/**/*.ts\", \"${CMAKE_SOURCE_DIR}/web/data/*.ts\"]}")
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/web/${name}.json" CONTENT "${config}" @ONLY)
endforeach()
