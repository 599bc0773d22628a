#pragma once
// What `bantam predict` shows. Prints nothing.

#include <string>

#include "predict/predict.hpp"
#include "table/render.hpp"

namespace bantam::report {

std::string predict_page(const predict::Predictions& predictions, table::Format format,
                         const table::TerminalStyle& style);

}  // namespace bantam::report
