// `bantam serve`: the page of `bantam report`, for a browser that goes on asking.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "chart/drawings.hpp"
#include "chart/page.hpp"
#include "cli/command.hpp"
#include "cli/datasets.hpp"
#include "cli/stores.hpp"
#include "cli/terminal.hpp"
#include "job/interrupts.hpp"
#include "serve/answer.hpp"
#include "serve/board.hpp"
#include "serve/server.hpp"
#include "serve/watch.hpp"
#include "store/glance.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

constexpr auto kPatienceAtEnd = std::chrono::seconds(1);
constexpr int kNiceness = 10;  // more than that of whatever starts it, as with `nice`

struct ServeArguments {
  std::vector<std::string> stores{"bantam.db"};
  std::string host = "127.0.0.1";
  int port = 8666;
  std::string token_variable;
  std::string title;
  std::string base_precision;
};

struct Token {
  std::string text;  // empty: none is asked for
  bool is_new = false;
};

// One that the user has, or a new one where others than this machine's programs can ask.
Result<Token> token_for(const ServeArguments& arguments, const serve::Place& place) {
  if (arguments.token_variable.empty()) {
    if (place.is_loopback) return Token{};
    TRY_ASSIGN(std::string fresh, serve::new_token());
    base::keep_secret(fresh);
    return Token{std::move(fresh), true};
  }
  // The name is not shown: it may be a token by mistake.
  const auto given = base::secret_variable(arguments.token_variable);
  if (!given)
    return base::fail(base::ErrorKind::usage,
                      "--token-env: there is no variable of this name, or it is empty",
                      "set a variable to the token, and give its name, never the token itself");
  std::string token(base::trim(*given));
  if (token.size() < serve::kShortestToken)
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("--token-env: the token has less than {} characters", serve::kShortestToken),
        "take one that nobody guesses, such as that of `openssl rand -hex 24`");
  base::keep_secret(token);
  return Token{std::move(token), false};
}

// Of the stores that hold a finished cell; those that are missing or empty may come yet.
Result<serve::Made> make_results(const ServeArguments& arguments) {
  std::vector<std::string> filled;
  for (const std::string& path : arguments.stores) {
    TRY_ASSIGN(const store::Glance glance, store::glance(path));
    if (glance.finished > 0) filled.push_back(path);
  }
  if (filled.empty()) return serve::Made{};
  TRY_ASSIGN(Stores stores, open_stores(filled));
  serve::Made made;
  for (const record::Record& record : stores.records)
    made.newest_s = std::max(made.newest_s, base::utc_seconds(record.finished_at));
  TRY_ASSIGN(made.datasets, make_datasets(stores, arguments.title, arguments.base_precision));
  return made;
}

Result<std::string> draw(const serve::Results& results, const serve::Picture& picture) {
  TRY_ASSIGN(chart::Drawings drawings, chart::Drawings::open(results.datasets[picture.dataset]));
  TRY_ASSIGN(chart::Drawing drawing, drawings.draw(picture.name, picture.theme));
  if (!drawing.absent.empty())
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("no chart {} of these results: {}", picture.name, drawing.absent));
  return std::move(drawing.svg);
}

serve::Site site_of(serve::Board& board, serve::Access access) {
  serve::Site site;
  site.access = std::move(access);
  site.state = [&board](serve::Need need) { return board.state(need); };
  site.page = [](const serve::Results& results, bool is_live) {
    return is_live ? chart::make_live_page(results.datasets, results.tag)
                   : chart::make_page(results.datasets);
  };
  // One at a time: each takes some 45 MiB.
  site.chart = [drawing = std::make_shared<std::mutex>()](const serve::Results& results,
                                                          const serve::Picture& picture) {
    const std::lock_guard lock(*drawing);
    return draw(results, picture);
  };
  return site;
}

// The one text that has to show a secret: the address with its new token. It is printed once, to stderr.
void show_address_with_token(const std::string& address, const std::string& token) {
  const std::string line = fmt::format("bantam: open {}?token={}\n", address, token);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Status announce(const ServeArguments& arguments, const serve::Place& place, const Token& token) {
  std::vector<std::string> addresses{place.address};
  if (place.is_any) addresses = serve::reachable_addresses();
  if (place.address == "0.0.0.0")  // IPv4 alone
    std::erase_if(addresses, [](const std::string& one) { return one.find(':') != std::string::npos; });
  if (addresses.empty()) addresses = {"127.0.0.1"};
  std::string list;
  for (const std::string& address : addresses) list += serve::url(address, place.port) + "\n";
  TRY(print(list));
  if (token.is_new) show_address_with_token(serve::url(addresses.front(), place.port), token.text);
  if (!place.is_loopback)
    note(
        "bantam: what is read goes over the network as plain text, with the token; where others may listen, "
        "leave "
        "--host out and use ssh -L");
  note(fmt::format("bantam: the page of {}; Ctrl-C ends it", base::join(arguments.stores, ", ")));
  return {};
}

// Names what is not there yet, which is no error: a run may be about to make it.
void note_missing(const std::vector<std::string>& stores) {
  for (const std::string& path : stores) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
      note(fmt::format("bantam: there is no store {} yet; the page shows it when there is", path));
  }
}

// Until a signal comes. The code of the signal.
Result<int> wait_for_signal(job::Interrupts& interrupts, const serve::Server& server) {
  constexpr int kBetweenLooks_ms = 1000;
  while (!interrupts.stopped()) {
    if (!server.is_running())
      return base::fail(base::ErrorKind::environment, "the system gives no further connections",
                        "start it again; see `ulimit -n` and the memory that is free");
    pollfd one{interrupts.descriptor(), POLLIN, 0};
    ::poll(&one, 1, kBetweenLooks_ms);
  }
  return interrupted_code(interrupts.signal_number());
}

Result<int> serve_results(const ServeArguments& arguments) {
  // What is measured beside it goes first. Threads that are started from here have it, too.
  [[maybe_unused]] const int niceness = ::nice(kNiceness);
  for (const std::string& path : arguments.stores) TRY(store::glance(path));
  TRY_ASSIGN(serve::Server server, serve::Server::open(arguments.host, arguments.port));
  const serve::Place& place = server.place();
  TRY_ASSIGN(const Token token, token_for(arguments, place));

  serve::Watch watch(std::vector<std::filesystem::path>(arguments.stores.begin(), arguments.stores.end()));
  serve::Board board([&watch] { return watch.look(); }, [&arguments] { return make_results(arguments); });
  TRY(board.begin());
  const serve::Site site = site_of(
      board, {token.text, {place.address, base::ascii_lower(arguments.host)}, place.is_any, place.port});
  // Signals end the process at once until there are threads; from here on they are waited for.
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  note_missing(arguments.stores);
  TRY(announce(arguments, place, token));
  board.start();
  server.start([&site](const serve::Request& request) { return serve::answer(request, site); });

  const Result<int> code = wait_for_signal(interrupts, server);
  const bool has_ended = board.stop(kPatienceAtEnd);
  server.stop();
  if (has_ended) return code;
  // Adding up cannot be broken off, and nothing is written that could be lost.
  const int exit_code = finish(code);
  std::fflush(nullptr);
  std::_Exit(exit_code);
}

void add_options(CLI::App& command, ServeArguments& arguments) {
  command.add_option("store,--store", arguments.stores, "the stores to show")
      ->capture_default_str()
      ->type_name("FILE");
  command.add_option("--port", arguments.port, "where to listen; 0 picks a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--host", arguments.host,
                  "the address to listen at; others than this machine's own need a token")
      ->capture_default_str()
      ->type_name("ADDRESS");
  command
      .add_option("--token-env", arguments.token_variable,
                  "the variable that holds the token [a new one, where one is needed]")
      ->type_name("NAME");
  command.add_option("--title", arguments.title, "of the page [the device]")->type_name("TEXT");
  add_base_precision(command, arguments.base_precision);
}

}  // namespace

Command setup_serve(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("serve", "the page of report, live in a browser while a run goes on");
  add_examples(*command, {{"bantam serve", "the page of bantam.db at http://127.0.0.1:8666/"},
                          {"bantam serve board.db --port 0", "at a port that is free"},
                          {"bantam serve --host 0.0.0.0", "also for other machines, which need its token"}});
  auto arguments = std::make_shared<ServeArguments>();
  add_options(*command, *arguments);
  return {command, [arguments] { return finish(serve_results(*arguments)); }};
}

}  // namespace bantam::cli
