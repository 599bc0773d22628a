#include "serve/answer.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"

namespace bantam::serve {

namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kJson = "application/json; charset=utf-8";
constexpr const char* kPolicy = "Content-Security-Policy";
// What is no page needs nothing. The page says itself what it needs; two policies hold both.
constexpr const char* kNothing =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr const char* kNoFrames = "frame-ancestors 'none'";
constexpr const char* kStylesOnly = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

Answer text(int status, std::string_view what) {
  return {status, kText, std::string(what) + "\n", {{kPolicy, kNothing}}};
}

Answer json(const base::Json& content) {
  return {200, kJson, base::to_text(content) + "\n", {{kPolicy, kNothing}}};
}

// An error of making what was asked for.
Answer failure(const base::Error& error) {
  const bool is_absent = error.kind == base::ErrorKind::usage || error.kind == base::ErrorKind::bad_input;
  const std::string what = error.hint.empty() ? error.message : error.message + ": " + error.hint;
  return text(is_absent ? 404 : 500, base::printable(what));
}

// Whether the header's list has the tag, or is "*".
bool has_tag(std::string_view header, const std::string& tag) {
  for (const std::string& part : base::split(header, ',')) {
    std::string_view one = base::trim(part);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
  }
  return false;
}

Answer data(const Request& request, const State& state) {
  const Results& results = *state.results;
  const bool is_known = has_tag(request.if_none_match, results.tag);
  Answer given{is_known ? 304 : 200, kJson, is_known ? "" : results.data, {{kPolicy, kNothing}}};
  given.headers.emplace_back("ETag", results.tag);
  return given;
}

Answer progress(const State& state) {
  base::Json open = base::Json::array();
  for (const store::OpenAttempt& one : state.seen.open) {
    base::Json cell{{"model", one.model}, {"precision", one.precision}, {"task", one.task}};
    if (!one.point.empty()) cell["point"] = one.point;
    cell["blocks"] = one.blocks;
    cell["items"] = one.items;
    open.push_back(std::move(cell));
  }
  base::Json all{{"data", state.results->tag},
                 {"is_there", state.seen.is_there},
                 {"is_running", state.seen.is_running},
                 {"finished", state.seen.finished},
                 {"open", std::move(open)},
                 {"is_waiting", state.is_waiting}};
  base::set_if(all, "age_s", state.age_s);
  if (!state.problem.empty()) all["problem"] = base::printable(state.problem);
  return json(all);
}

Answer page(const Site& site, const State& state, bool is_live) {
  if (!is_live && state.results->datasets.empty()) return text(404, "nothing is measured yet");
  auto made = site.page(*state.results, is_live);
  if (!made) return failure(made.error());
  Answer given{200, kHtml, *std::move(made), {{kPolicy, kNoFrames}}};
  if (!is_live) given.headers.emplace_back("Content-Disposition", "attachment; filename=\"report.html\"");
  return given;
}

// The place of the dataset that ?device=N names; absent where there is none.
std::optional<std::size_t> dataset_in(const Request& request, std::size_t count) {
  const auto given = request.query.find("device");
  const auto number =
      given == request.query.end() ? std::optional<std::int64_t>(1) : base::parse_integer(given->second);
  if (!number || *number < 1 || static_cast<std::size_t>(*number) > count) return std::nullopt;
  return static_cast<std::size_t>(*number - 1);
}

Answer chart(const Request& request, const Site& site, const State& state, std::string name) {
  const std::size_t count = state.results->datasets.size();
  if (count == 0) return text(404, "nothing is measured yet");
  const auto dataset = dataset_in(request, count);
  if (!dataset)
    return text(404, fmt::format("there is no such device: device is a number from 1 to {}", count));
  const auto theme = request.query.find("theme");
  auto svg = site.chart(*state.results,
                        {*dataset, std::move(name), theme == request.query.end() ? "light" : theme->second});
  if (!svg) return failure(svg.error());
  return {200, "image/svg+xml; charset=utf-8", *std::move(svg), {{kPolicy, kStylesOnly}}};
}

Answer route(const Request& request, const Site& site) {
  const std::string& path = request.path;
  if (path == "/") return page(site, site.state(Need::progress), true);
  if (path == "/progress.json") return progress(site.state(Need::progress));
  if (path == "/data.json") return data(request, site.state(Need::results));
  if (path == "/report.html") return page(site, site.state(Need::results), false);
  constexpr std::string_view kCharts = "/charts/", kSvg = ".svg";
  if (path.starts_with(kCharts) && path.ends_with(kSvg) && path.size() > kCharts.size() + kSvg.size()) {
    return chart(request, site, site.state(Need::results),
                 path.substr(kCharts.size(), path.size() - kCharts.size() - kSvg.size()));
  }
  return text(404, "there is /, /data.json, /progress.json, /report.html and /charts/NAME.svg");
}

// The cookie is not sent with a redirection of a request that another site began, so a page of ours leads on.
Answer hop() {
  return {
      200,
      kHtml,
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
      "<meta http-equiv=\"refresh\" content=\"0; url=/\"><link rel=\"icon\" href=\"data:,\">"
      "<title>bantam</title><a href=\"/\">Go on</a></html>\n",
      {{kPolicy,
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}}};
}

}  // namespace

Answer answer(const Request& request, const Site& site) {
  const Access& access = site.access;
  if (!names_us(access, request.hosts, request.local_address))
    return text(403,
                "this server does not go by the name that was asked for; use the address that it printed");
  if (request.method != "GET" && request.method != "HEAD") {
    Answer given = text(405, "this server can be read only");
    given.headers.emplace_back("Allow", "GET, HEAD");
    return given;
  }
  if (request.has_body) return text(413, "this server takes no content");
  const auto token = request.query.find("token");
  const bool has_token = token != request.query.end();
  if (!may_read(access, {request.authorization, request.cookie, has_token ? token->second : ""})) {
    Answer given = text(401,
                        "this server asks for its token: open the address that it printed, or send "
                        "Authorization: Bearer TOKEN");
    given.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"bantam\"");
    return given;
  }
  const bool leaves_cookie =
      has_token && !access.token.empty() && is_same_secret(token->second, access.token);
  Answer given = leaves_cookie && request.path == "/" ? hop() : route(request, site);
  if (leaves_cookie)
    given.headers.emplace_back("Set-Cookie", cookie(access) + "; Path=/; HttpOnly; SameSite=Strict");
  return given;
}

}  // namespace bantam::serve
