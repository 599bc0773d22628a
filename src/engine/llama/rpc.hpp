#pragma once
// Devices of other machines, through llama.cpp's RPC back-end: what it computes with in their place, and the
// server that offers this machine's CPU. The connection is neither encrypted nor authenticated.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::engine {

// Whether every server (plan/rpc.hpp) takes a connection within a few seconds. environment, naming the first
// one that does not; usage for a text that names none.
base::Status check_rpc(std::string_view servers);

// Makes the servers' devices known to the engine, in this process, before a model is loaded: it puts the
// layers there that --n-gpu-layers allows. Names that are known already are left as they are. Errors as
// above; environment also where a server has no device. The back-end ends the process when a server speaks
// another version or goes away later.
base::Status add_rpc_devices(std::string_view servers);

// Serves this machine's CPU on 127.0.0.1 with so many threads, one client after the other, until the process
// ends. environment when the port cannot be had.
base::Status serve_rpc(int port, int threads);

}  // namespace bantam::engine
