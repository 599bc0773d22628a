#include "report/shape_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "shape/tensors.hpp"
#include "table/render.hpp"

namespace bantam::report {
namespace {

using shape::Shape;

constexpr std::string_view kOpening = R"(# Shapes

`synthetic:SHAPE` stands for a model file with the tensors of a published model and random weights. It is made in
seconds at any precision, without a download, and costs in time, memory and energy what the real model costs on the
same engine. What it answers means nothing, so accuracy tasks refuse it.

    bantam run --models synthetic:llama-3.2-1b --precisions fp16,int4 --tasks performance

## What is exact and what is not

- **Tensors.** Names, sizes and number are those that llama.cpp's converter gives the real model; the number of
  parameters equals the published one (a test compares them).
- **Types.** Which tensor gets which type in a mix such as Q4_K_M is decided by llama.cpp's own quantizer. Where an
  importance matrix changes that choice (a few layers of Q4_0, Q5_0, IQ4_NL and IQ4_XS), the mix is the one without a
  matrix; IQ3_XXS, where it changes most, has no synthetic form.
- **Weights.** Normally distributed with a standard deviation of 0.02, norms 1. Some hundred thousand values are made and
  quantized by llama.cpp for each type; the file repeats stretches of them from ever other starting points. Speed and
  memory do not depend on the values; a file system that compresses or deduplicates would store such a file in less.
- **Vocabulary.** Made up, with the real number of tokens and the real kind of tokenizer. **Prompts are counted in its
  tokens.** Plain English takes about one token for four characters, as in real vocabularies, names and other
  languages more. To compare with a real model, compare at equal numbers of tokens.
- **Chat template.** None: prompts are given to the model as they are.
- **Long contexts.** Phi-3.5's factors for rotary positions are ones in place of the trained ones.

The metadata key `bantam.synthetic` marks every such file.

)";

constexpr std::string_view kClosing = R"(
Shapes are data files in `shapes/`, embedded in the binary. A new one needs no code as long as its architecture is one
of those above. `shapes/not-offered.yaml` lists models whose architecture the engine does not run exactly.

The page is rendered by `bantam docs shapes`; a test keeps it equal to the data.
)";

std::string aliases(const Shape& shape) {
  return shape.aliases.empty() ? "" : fmt::format("`{}`", base::join(shape.aliases, "`, `"));
}

std::string rows(const std::vector<Shape>& shapes) {
  table::Table table("", 8,
                     {"shape", "also", "architecture", "parameters in the file", "layers", "vocabulary",
                      "context", "source"});
  for (const Shape& shape : shapes) {
    table.add_row({fmt::format("`{}`", shape.name), aliases(shape), shape.architecture,
                   fmt::format("{}", count_parameters(shape)), fmt::format("{}", shape.layers),
                   fmt::format("{}", shape.vocabulary), fmt::format("{}", shape.context), shape.source});
  }
  return markdown_rows(table);
}

}  // namespace

std::string shape_page(const std::vector<Shape>& shapes) {
  std::string page(kOpening);
  page += "## The shapes\n\n" + rows(shapes) + "\n";
  for (const Shape& shape : shapes) {
    if (shape.note) page += fmt::format("- `{}`: {}.\n", shape.name, *shape.note);
    if (shape.not_stored_parameters > 0) {
      page += fmt::format("- `{}`: {} parameters are published; converted files leave out {} of them.\n",
                          shape.name, shape.published_parameters, shape.not_stored_parameters);
    }
  }
  return page + std::string(kClosing);
}

}  // namespace bantam::report
