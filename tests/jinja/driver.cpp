// Renders templates for scripts/jinja_campaign.py. Each line of the input is a JSON object {"template",
// "row", "dialect": "task" or "chat"}; each line of the output {"text"} or {"error"}.

#include <iostream>
#include <string>

#include "base/json.hpp"
#include "jinja/template.hpp"

namespace {

using namespace bantam;

base::Result<std::string> rendered(const std::string& line) {
  TRY_ASSIGN(const base::Json request, base::parse_json(line, "request"));
  const bool chat = base::string_at(request, "dialect").value_or("task") == "chat";
  TRY_ASSIGN(const jinja::Template compiled,
             jinja::Template::compile(base::string_at(request, "template").value_or(""),
                                      chat ? jinja::Dialect::chat : jinja::Dialect::task));
  return compiled.render(base::child_at(request, "row"));
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto text = rendered(line);
    base::Json answer;
    if (text) {
      answer["text"] = *text;
    } else {
      answer["error"] = text.error().message;
    }
    std::cout << base::to_text(answer) << '\n';
  }
}
