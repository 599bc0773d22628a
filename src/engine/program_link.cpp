#include "engine/program_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr std::int64_t kProtocol = 1;
constexpr std::size_t kMostLine = std::size_t{64} << 20;
constexpr std::size_t kMostNames = 100;
constexpr double kWithoutLimit = 1e8;  // seconds
constexpr std::string_view kLoad = "load";

std::string shown(std::string_view text) {
  return base::ellipsize(base::printable(text), 300);
}

std::vector<std::string> names_at(const Json& object, std::string_view key) {
  std::vector<std::string> names;
  for (const Json& name : base::child_at(object, key)) {
    if (name.is_string() && names.size() < kMostNames) names.push_back(name.get<std::string>());
  }
  return names;
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// CPU time of the whole program; absent when it is gone.
std::optional<double> cpu_s(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return std::nullopt;
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace

bool ProgramFacts::can(std::string_view ability) const {
  return has(abilities, ability);
}

bool ProgramFacts::can_load(std::string_view precision) const {
  return has(precisions, precision);
}

// While a model is loaded nothing is told, and using the CPU is all that shows that it goes on.
struct ProgramLink::Watch {
  Heartbeat* heartbeat = nullptr;
  std::function<bool()> stopped;
  pid_t pid = -1;
  bool is_loading = false;
  double cpu_before_s = 0.0;

  void beat() const {
    if (heartbeat != nullptr) heartbeat->fetch_add(1, std::memory_order_relaxed);
  }
  bool look() {
    if (is_loading) {
      const auto now_s = cpu_s(pid);
      if (now_s && *now_s > cpu_before_s) beat();
      cpu_before_s = now_s.value_or(cpu_before_s);
    }
    return stopped && stopped();
  }
};

ProgramLink::ProgramLink(base::LineProgram program, std::shared_ptr<Watch> watch, LinkOptions options)
    : program_(std::move(program)), watch_(std::move(watch)), options_(std::move(options)) {}

Result<ProgramLink> ProgramLink::start(const std::vector<std::string>& command, const LinkOptions& options) {
  auto watch = std::make_shared<Watch>();
  watch->heartbeat = options.heartbeat;
  watch->stopped = options.stopped;
  TRY_ASSIGN(base::LineProgram program, base::LineProgram::start(command, [watch] { return watch->look(); }));
  watch->pid = program.pid();
  ProgramLink link(std::move(program), std::move(watch), options);
  TRY(link.greet());
  return link;
}

Status ProgramLink::greet() {
  // Starting an interpreter with its packages takes its time, too.
  watch_->is_loading = true;
  auto told = ask("hello", {{"protocol", kProtocol}});
  watch_->is_loading = false;
  if (!told) {
    if (told.error().hint.empty())
      told.error().hint = "`bantam engines check` tells where it leaves the protocol (docs/engines.md)";
    return tl::unexpected(told.error());
  }
  const auto protocol = base::integer_at(*told, "protocol");
  if (protocol != kProtocol)
    return broken("hello",
                  protocol ? fmt::format("it speaks version {} of the protocol, not {}", *protocol, kProtocol)
                           : "it tells no version of the protocol");
  facts_.name = base::string_at(*told, "name").value_or("");
  facts_.version = base::string_at(*told, "version").value_or("");
  facts_.abilities = names_at(*told, "abilities");
  facts_.precisions = names_at(*told, "precisions");
  if (const Json& packages = base::child_at(*told, "packages"); packages.is_object())
    facts_.packages = packages;
  if (facts_.name.empty()) return broken("hello", "it tells no name");
  return {};
}

tl::unexpected<base::Error> ProgramLink::broken(std::string_view what, std::string_view reason) const {
  return base::fail(ErrorKind::environment,
                    fmt::format("the engine program{}, {}: {}",
                                facts_.name.empty() ? "" : " " + shown(facts_.name), what, reason));
}

std::string ProgramLink::request(std::string_view what, Json members) {
  Json request{{"id", ++last_id_}, {"do", what}};
  request.update(members);
  return base::to_text(request);
}

Result<Json> ProgramLink::ask(std::string_view what, Json members, const OnEvent& on_event) {
  return send(what, request(what, std::move(members)), on_event);
}

Result<Json> ProgramLink::send(std::string_view what, const std::string& request, const OnEvent& on_event) {
  const bool is_loading = what == kLoad || watch_->is_loading;
  const bool was_loading = std::exchange(watch_->is_loading, is_loading);
  const double patience_s = is_loading ? kWithoutLimit : options_.patience_s;
  const base::MonotonicClock clock;
  const auto receive = [&]() -> Result<Json> {
    TRY(program_.send(request, patience_s));
    while (true) {
      auto text = program_.line(patience_s, kMostLine);
      const std::int64_t now_ns = clock.now_ns();
      if (!text && text.error().kind == ErrorKind::interrupted) return tl::unexpected(text.error());
      if (!text) return broken(what, text.error().message);
      watch_->beat();
      auto line = base::parse_json(*text, "its line");
      if (!line) return broken(what, fmt::format("it wrote no JSON: {}", shown(base::ellipsize(*text, 100))));
      if (base::integer_at(*line, "id") != last_id_)
        return broken(what,
                      fmt::format("it answered another request: {}", shown(base::ellipsize(*text, 100))));
      if (line->contains("event")) {
        if (on_event) TRY(on_event(*line, now_ns));
        continue;
      }
      if (const Json& error = base::child_at(*line, "error"); line->contains("error")) {
        const bool is_ours = base::string_at(error, "kind") == "bad_input";
        auto told = broken(what, shown(base::string_at(error, "message").value_or("it failed")));
        if (is_ours) told.value().kind = ErrorKind::bad_input;
        return told;
      }
      const Json& answer = base::child_at(*line, "ok");
      if (!answer.is_object() || !line->contains("ok"))
        return broken(what, "its answer has neither ok nor error");
      return answer;
    }
  };
  auto answer = receive();
  watch_->is_loading = was_loading;
  return answer;
}

}  // namespace bantam::engine
