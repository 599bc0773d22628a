#pragma once
// Requests to an OpenAI-compatible server (llama-server, vLLM, Ollama, TGI) over HTTP, each sent once: a
// request that fails is a result, and nothing is tried again. Knows nothing of what is measured with them.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/transport.hpp"
#include "http/url.hpp"
#include "served/answer.hpp"
#include "served/request.hpp"

namespace bantam::served {

// How long may be waited for, in seconds.
struct Patience {
  double connect_s = 10;
  double first_byte_s = 600;  // of the body, from the beginning: a long prompt on a slow device
  double stall_s = 120;       // between two pieces of the body
  double whole_s = 3600;
};

struct Caps {
  std::size_t bytes = std::size_t{256} << 20;  // of a body
  std::size_t events = 1'000'000;
};

// Where a server is, and what it wants to be shown.
struct Server {
  std::string address;  // "http://127.0.0.1:8080", also with "/v1" at its end
  // The key of the interface. It goes out in the header Authorization and nowhere else: not in
  // warnings and errors, even where the server sends it back.
  std::optional<std::string> api_key = {};
  Patience patience = {};
  Caps caps = {};
};

// A plain page of the server, as far as it matters.
struct Page {
  int status = 0;
  std::string type;  // of the content, as the server writes it
  std::string body;
};

class Client {
 public:
  using Stopped = std::function<bool()>;

  // usage unless the address is http or https without user name or query, and where a key holds a character
  // that no header has. environment where a key would go over a network without encryption.
  static base::Result<Client> make(const Server& server);

  // Blocks until the answer has ended, failed, or `stopped` (asked several times a second; may be empty) says
  // so. Never fails itself: Answer::error says what went wrong, with what came until then: interrupted when
  // it was stopped, environment for what the network or the server says (a status but 200 with the first 200
  // characters of the body), bad_input for what is no such stream, integrity beyond a cap. Redirects are not
  // followed. One thread at a time.
  Answer ask(const Request& request, const Stopped& stopped = {});

  // GET of a page of at most 1 MiB; any status is a success.
  base::Result<Page> get(std::string_view path, const Stopped& stopped = {});

  // What a reader has to know of every answer: "... goes over the network without encryption".
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Client(Server server, http::Url url, std::unique_ptr<http::Transport> transport);
  http::Exchange exchange_for(std::string_view path) const;
  base::Error shown(base::Error error) const;
  std::string without_key(std::string text) const;

  Server server_;
  http::Url url_;
  std::unique_ptr<http::Transport> transport_;
  std::vector<std::string> warnings_;
};

}  // namespace bantam::served
