#include "plan/similarity_base.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "plan/precision.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"

namespace bantam::plan {

base::Result<SimilarityBase> parse_similarity_base(std::string_view text) {
  const auto refused = [text](std::string_view why) {
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("--similarity-base '{}': {}", base::ellipsize(base::printable(text), 80), why),
        "write ENGINE:PRECISION:MODEL, as in transformers:fp16:./my-model or llama:fp32:my.gguf");
  };
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return refused("it has no three parts");
  SimilarityBase base{std::string(text.substr(0, first)),
                      std::string(text.substr(first + 1, second - first - 1)),
                      std::string(text.substr(second + 1))};
  if (base.model.empty()) return refused("it names no model");
  if (base.engine == kOwnEngine) {
    TRY_ASSIGN(const Precision precision, parse_precision(base.precision));
    base.precision = precision.name;
    return base;
  }
  if (!is_known_program(base.engine))
    return refused(
        fmt::format("its engine is none of {}, {} and {}", kOwnEngine, kTransformersEngine, kOnnxEngine));
  if (base.precision.empty()) return refused("it names no precision");
  return base;
}

}  // namespace bantam::plan
