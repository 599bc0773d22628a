#pragma once
// What makes a parsed template speak lm-evaluation-harness's dialect (jinja2 with StrictUndefined and
// keep_trailing_newline). Private to prompt/llama/jinja*.

#include <jinja/runtime.h>

#include <string>
#include <string_view>

namespace bantam::prompt {

// The source with every line break and indentation beside a block protected from the engine's trimming.
std::string with_kept_white_space(std::string_view source);

// Rewrites the program in place: printed values as Python's str(), undefined variables as errors, text in
// code points, the methods of prompt/python_methods.hpp.
void speak_python(jinja::program& program);

}  // namespace bantam::prompt
