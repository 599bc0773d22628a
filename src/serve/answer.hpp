#pragma once
// Requests and what is answered: who may read, which paths there are, what has not changed. Knows nothing of
// sockets.

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "serve/access.hpp"
#include "serve/board.hpp"

namespace bantam::serve {

struct Request {
  std::string method;
  std::string path;                          // without the query, %XX decoded
  std::map<std::string, std::string> query;  // decoded; of a name that stands twice the first value
  std::vector<std::string> hosts;            // the values of all Host headers
  std::string authorization;                 // headers; empty where there is none
  std::string cookie;
  std::string if_none_match;
  bool has_body = false;
  std::string local_address;  // where the connection arrived, numeric
};

struct Answer {
  int status = 200;
  std::string type;  // of the body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // besides kCommonHeaders
};

// Of every answer, also of those to what is no request.
inline constexpr auto kCommonHeaders = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Accept-Ranges", "none"},
});

// A chart of one of the datasets.
struct Picture {
  std::size_t dataset = 0;  // less than there are
  std::string name;
  std::string theme;
};

struct Site {
  Access access;
  std::function<State(Need)> state;
  // The page: as it is shown, or a copy to keep.
  std::function<base::Result<std::string>(const Results&, bool is_live)> page;
  // SVG. usage for a name or theme that there is none of, bad_input where these data have no such chart.
  std::function<base::Result<std::string>(const Results&, const Picture&)> chart;
};

// GET and HEAD of
//   /               the page, which goes on asking
//   /data.json      its data
//   /progress.json  what is measured now, and the tag of the data
//   /report.html    a copy of the page to keep
//   /charts/NAME.svg[?theme=dark][&device=N]   N from 1
// A right `?token=` leaves its cookie; with "/" the answer leads there once more, without the token in the
// address.
Answer answer(const Request& request, const Site& site);

}  // namespace bantam::serve
