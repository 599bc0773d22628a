#pragma once
// A program that has a model in place of this one, spoken to in JSON lines (docs/engines.md): it is started,
// greeted and asked; what it answers keeps to the protocol, or is an error. Knows nothing of what is asked.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/line_program.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"

namespace bantam::engine {

// What a program tells of itself.
struct ProgramFacts {
  std::string name;
  std::string version;
  std::vector<std::string> abilities;
  std::vector<std::string> precisions;         // that it can load
  base::Json packages = base::Json::object();  // name -> version

  bool can(std::string_view ability) const;
  bool can_load(std::string_view precision) const;
};

struct LinkOptions {
  double patience_s = 300.0;       // for an answer or event; a load takes as long as it takes
  Heartbeat* heartbeat = nullptr;  // counts as the program gets on; may be null
  std::function<bool()> stopped;   // may be empty; once it says true, waiting ends with `interrupted`
};

class ProgramLink {
 public:
  // environment, with the program's last words, when it cannot be started, ends, is silent, or speaks another
  // version of the protocol; so for all calls.
  static base::Result<ProgramLink> start(const std::vector<std::string>& command, const LinkOptions& options);

  const ProgramFacts& facts() const { return facts_; }
  pid_t pid() const { return program_.pid(); }

  // An event, and when its line was there: absolute CLOCK_MONOTONIC_RAW nanoseconds.
  using OnEvent = std::function<base::Status(const base::Json& event, std::int64_t now_ns)>;

  // `members` and the name of the request make one. Gives what stands under `ok`. bad_input where the program
  // says that the request is at fault; environment for its other errors and for what is no answer.
  base::Result<base::Json> ask(std::string_view what, base::Json members, const OnEvent& on_event = {});

  // The two halves of ask(), so that making the request is not in the time that is measured.
  std::string request(std::string_view what, base::Json members);
  base::Result<base::Json> send(std::string_view what, const std::string& request, const OnEvent& on_event);

  // What is wrong with an answer: "NAME, generate: ...".
  tl::unexpected<base::Error> broken(std::string_view what, std::string_view reason) const;

 private:
  struct Watch;  // looked at while it waits
  ProgramLink(base::LineProgram program, std::shared_ptr<Watch> watch, LinkOptions options);
  base::Status greet();

  base::LineProgram program_;
  std::shared_ptr<Watch> watch_;
  LinkOptions options_;
  ProgramFacts facts_;
  std::int64_t last_id_ = 0;
};

}  // namespace bantam::engine
