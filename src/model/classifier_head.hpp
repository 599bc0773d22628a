#pragma once
// What a GGUF file has between the output of an encoder and the labels of its classification head.

#include <string_view>

#include "model/gguf_reader.hpp"

namespace bantam::model {

// "linear": nothing, the labels read the encoder's output; else the activation of one layer: "tanh" (BERT's
// pooler, RoBERTa), "relu" (DistilBERT, known by having no token types) or "gelu" (ModernBERT). Of a file
// with labels.
std::string_view classifier_head(const GgufContent& content, std::string_view architecture);

// Whether the labels may not be those of the model that the file was made from: llama.cpp's converter leaves
// out the layer that BERT has there.
bool lacks_pooler(const GgufContent& content, std::string_view architecture);

}  // namespace bantam::model
