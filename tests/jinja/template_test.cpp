#include "jinja/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/shared.hpp"

namespace bantam::jinja {
namespace {

using base::Json;
using testing::HasSubstr;

std::string render(std::string_view source, const Json& row = Json::object(), Dialect dialect = Dialect::task,
                   const Limits& limits = {}) {
  const auto compiled = Template::compile(source, dialect, limits);
  if (!compiled) return "compile: " + compiled.error().message;
  const auto text = compiled->render(row);
  return text ? *text : "render: " + text.error().message;
}

// cases.jsonl: templates with what Jinja2 3.1.6 gives, written by scripts/jinja_campaign.py --write-cases.
// `error` stands where Jinja2 raises. `row` is left out where it is empty.
TEST(Template, GivesWhatJinja2Gives) {
  std::ifstream file(BANTAM_SOURCE_DIR "/tests/jinja/cases.jsonl");
  std::string line;
  int cases = 0;
  int refused = 0;
  while (std::getline(file, line)) {
    const auto one = base::parse_json(line, "cases.jsonl");
    ASSERT_TRUE(one) << one.error().message;
    const bool chat = base::string_at(*one, "dialect") == "chat";
    const Json row = one->contains("row") ? (*one)["row"] : Json::object();
    const std::string source = *base::string_at(*one, "template");
    const std::string text = render(source, row, chat ? Dialect::chat : Dialect::task);
    if (const auto expected = base::string_at(*one, "text")) {
      const bool is_refused = text.find("not supported: ") != std::string::npos;
      refused += is_refused ? 1 : 0;
      if (!is_refused) {
        EXPECT_EQ(text, *expected) << source;
      }
    } else {
      EXPECT_TRUE(text.starts_with("compile: ") || text.starts_with("render: "))
          << source << " gives " << text;
    }
    ++cases;
  }
  EXPECT_GE(cases, 150);
  EXPECT_LE(refused * 10, cases);
}

// The shared templates, with what lm-eval makes of them: the same text, or a refusal by name.
TEST(Template, GivesWhatTheSharedTemplatesGive) {
  SKIP_WITHOUT_SHARED("oracle/templates");
  const auto folder = support::shared_folder() / "oracle/templates";
  const Json rows = support::json_file(folder / "rows.json");
  int refused = 0;
  const auto cases = support::json_lines(folder / "expected.jsonl");
  for (const Json& one : cases) {
    const std::string source = one["template"];
    const std::string text = render(source, rows.at(one["row"].get<std::size_t>()));
    const bool is_refused = text.find("not supported: ") != std::string::npos;
    refused += is_refused ? 1 : 0;
    if (is_refused) continue;
    if (one.contains("text")) {
      EXPECT_EQ(text, one["text"].get<std::string>()) << source;
    } else {
      EXPECT_TRUE(text.starts_with("compile: ") || text.starts_with("render: "))
          << source << " gives " << text;
    }
  }
  EXPECT_LE(refused * 10, static_cast<int>(cases.size()));
}

// What Jinja2 3.1.6 gives, found with scripts/jinja_campaign.py --forms.
TEST(Template, AKeyMayBeASlice) {
  EXPECT_EQ(render("{{ {'ab': 1}['abc'[:2]] }}"), "1");
  EXPECT_EQ(render("{{ ['x', 'y'][[1, 0][:1][0]] }}"), "y");
  EXPECT_EQ(render("{{ {'a': 1}[[1, 2][:1]]|default('-') }}"), "-");
  EXPECT_THAT(render("{{ 'abc'['abc'[:2]] }}"), HasSubstr("has no attribute 'ab'"));
}

// As Python's int() and float() read texts (CPython 3.11).
TEST(Template, NumbersInTextsHaveTheBlanksOfC) {
  EXPECT_EQ(render("{{ '\\x1c5'|int(7) }} {{ '5\\x1f'|float(7.5) }}"), "7 7.5");
  EXPECT_EQ(render("{{ '\\x0b5 '|int(7) }} {{ '\\u20285'|int(7) }} {{ '\\x855'|float(7.5) }} {{ "
                   "'\\xa05\\x1c'|int(7) }}"),
            "5 5 5.0 7");
}

TEST(Template, RefusesWhatJinja2Refuses) {
  EXPECT_THAT(render("{{ [1]|sort(reverse=none) }}"), HasSubstr("TypeError"));
  EXPECT_THAT(render("{{ {}|dictsort(reverse='') }}"), HasSubstr("TypeError"));
  EXPECT_EQ(render("{{ [1, 2]|sort(reverse=1) }}"), "[2, 1]");
  EXPECT_THAT(render("{{ '%5%' % 1 }}"), HasSubstr("unsupported format character"));
  EXPECT_THAT(render("{{ '% %' % () }}"), HasSubstr("not enough arguments"));
  EXPECT_EQ(render("{{ '%d%%' % 5 }}"), "5%");
  EXPECT_EQ(render("{{ '%c%c' % (65, true) }}"), "A\x01") << "a truth value is a number";
  EXPECT_THAT(render("{% for a, in [[1]] %}{{ a }}{% endfor %}"), HasSubstr("expected 'in'"));
  EXPECT_EQ(render("{% for a, b in [[1, 2]] %}{{ a }}{{ b }}{% endfor %}"), "12");
}

TEST(Template, NamesWhatItRefuses) {
  EXPECT_THAT(render("{% include 'x' %}"), HasSubstr("not supported: tag 'include'"));
  EXPECT_THAT(render("{{ [1]|random }}"), HasSubstr("not supported: filter 'random'"));
  EXPECT_THAT(render("\n\n{{ ''.__class__ }}"),
              HasSubstr("line 3: not supported: attribute '__class__' of a str"));
  EXPECT_THAT(render("{{ missing }}"), HasSubstr("line 1: 'missing' is undefined"));
  EXPECT_THAT(render("{{ (-8) ** 0.5 }}"), HasSubstr("not supported: complex numbers"));
}

TEST(Template, EndsWithinItsLimits) {
  std::string deep;
  for (int i = 0; i < 50'000; ++i) deep += "not ";
  EXPECT_THAT(render("{{ " + deep + "1 }}"), HasSubstr("not supported: nesting"));
  std::string long_sum = "1";
  for (int i = 0; i < 50'000; ++i) long_sum += "+1";
  EXPECT_THAT(render("{{ " + long_sum + " }}"), HasSubstr("not supported: nesting"));
  EXPECT_THAT(render("{{ " + std::string(50'000, '(') + "1" + std::string(50'000, ')') + " }}"),
              HasSubstr("not supported: nesting"));
  EXPECT_THAT(render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), HasSubstr("nested deeper than"));
  EXPECT_THAT(render("{% for x in [[]] recursive %}{{ loop([x]) }}{% endfor %}"),
              HasSubstr("nested deeper than"));
  EXPECT_THAT(render("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"),
              HasSubstr("not supported: "));
  EXPECT_THAT(render("{{ 'x' * 10 ** 12 }}"), HasSubstr("not supported"));
  EXPECT_THAT(render("{{ '%999999999d' % 1 }}"), HasSubstr("not supported"));
  EXPECT_THAT(render("{{ ''.ljust(10 ** 12) }}"), HasSubstr("not supported"));
  EXPECT_THAT(
      render("{% set ns = namespace(t='x' * 1000) %}{% for i in range(60) %}{% set ns.t = ns.t ~ ns.t %}"
             "{% endfor %}"),
      HasSubstr("not supported"));
  EXPECT_THAT(
      render("{% set ns = namespace(l=[]) %}{% for i in range(300) %}{% set ns.l = [ns.l] %}{% endfor %}"
             "{{ ns.l }}"),
      HasSubstr("values nested deeper"));
  Limits little;
  little.output_bytes = 1000;
  EXPECT_THAT(render("{% for i in range(200) %}0123456789{% endfor %}", {}, Dialect::task, little),
              HasSubstr("output of more than"));
}

// A list may hold one long text many times: what is written of it grows all the same.
TEST(Template, TextsOfSharedValuesStayWithinTheLimits) {
  Limits small;
  small.value_bytes = std::size_t{4} << 20;
  const std::string many = "{% set many = ['x' * 100000] * 10000 %}";
  for (const char* use :
       {"{{ many|join }}", "{{ many|join('-')|length }}", "{{ ''.join(many)|length }}", "{{ many }}",
        "{{ many|string|length }}", "{{ {'k': many} }}", "{{ many|tojson }}", "{{ (many ~ '')|length }}",
        "{{ '%s' % many }}", "{{ '{}'.format(many) }}", "{{ {'k': many}|urlencode|length }}",
        "{{ ('%s' * 10000)|format(*many)|length }}", "{{ ('{0}' * 10000).format(many[0])|length }}"}) {
    EXPECT_THAT(render(many + use, {}, Dialect::task, small), HasSubstr("not supported: ")) << use;
  }
}

TEST(Template, StopsWhenAsked) {
  Limits limits;
  limits.interrupted = [] { return true; };
  const auto compiled = Template::compile("{% for i in range(100000) %}{% endfor %}", Dialect::task, limits);
  ASSERT_TRUE(compiled);
  const auto text = compiled->render(Json::object());
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, base::ErrorKind::interrupted);
}

// The marks follow each character.
TEST(Template, TellsInputFromTemplate) {
  const auto compiled =
      Template::compile("<{{ m.strip()[1:]|upper ~ '!' }}>{{ '%s' % m }}{{ m|tojson }}", Dialect::chat);
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto parts = compiled->render_parts({{"m", " abc"}}, Json::object());
  ASSERT_TRUE(parts) << parts.error().message;
  std::string shown;
  for (const TextPart& part : *parts) shown += part.is_input ? "{" + part.text + "}" : part.text;
  EXPECT_EQ(shown, "<{BC}!>{ abc}\"{ abc}\"");
}

}  // namespace
}  // namespace bantam::jinja
