#pragma once
// Predictions as text: for a terminal, as Markdown, CSV or JSON. Prints nothing.

#include <string>

#include "predict/predict.hpp"
#include "report/render.hpp"

namespace bantam::cli {

std::string predict_page(const predict::Predictions& predictions, report::Format format,
                         const report::TerminalStyle& style);

}  // namespace bantam::cli
