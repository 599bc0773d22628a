#pragma once
// What a session says about itself: the model's fixed facts, how it was opened, and the memory it takes.

#include "engine/engine.hpp"
#include "engine/llama/session.hpp"

namespace bantam::engine {

Properties session_properties(const LlamaSession& session);

// Sets what conversations need: bos, eos, pad, their texts, and the chat templates.
void add_conversation_facts(const llama_model* model, Properties& properties);

// The memory of the context that is there now.
MemoryUse session_memory(const LlamaSession& session);

}  // namespace bantam::engine
