#include "chart/page.hpp"

#include "base/text.hpp"
#include "chart/embedded_file.hpp"

namespace bantam::chart {
namespace {

constexpr std::string_view kPlace = "@@DATA@@";
constexpr std::string_view kNothingElse = "default-src 'none';";  // of the page's Content-Security-Policy

// JSON within a script element: "</script" and "<!--" must not stand there, and U+2028 ends lines in scripts
// of old. All three become escapes, which read the same.
std::string escaped(const std::string& json) {
  std::string text = base::replace_all(json, "<", "\\u003c");
  text = base::replace_all(std::move(text), ">", "\\u003e");
  text = base::replace_all(std::move(text), "&", "\\u0026");
  text = base::replace_all(std::move(text), "\u2028", "\\u2028");
  return base::replace_all(std::move(text), "\u2029", "\\u2029");
}

// The page that shows `all`.
base::Result<std::string> filled(std::string_view page, const base::Json& all) {
  const std::size_t place = page.find(kPlace);
  if (place == std::string_view::npos)
    return base::fail(base::ErrorKind::environment, "this build's page has no place for data",
                      "build it again with scripts/build.sh");
  return std::string(page.substr(0, place)) + escaped(base::to_text(all)) +
         std::string(page.substr(place + kPlace.size()));
}

}  // namespace

base::Result<std::string> make_page(const std::vector<base::Json>& datasets) {
  TRY_ASSIGN(const std::string_view page, embedded_file("page.html"));
  return filled(page, base::Json{{"datasets", datasets}});
}

base::Result<std::string> make_live_page(const std::vector<base::Json>& datasets, const std::string& tag) {
  TRY_ASSIGN(const std::string_view page, embedded_file("page.html"));
  const std::size_t policy = page.find(kNothingElse);
  if (policy == std::string_view::npos)
    return base::fail(base::ErrorKind::environment, "this build's page has no policy to add to",
                      "build it again with scripts/build.sh");
  std::string live(page);
  live.insert(policy + kNothingElse.size(), " connect-src 'self';");
  return filled(live, base::Json{{"datasets", datasets}, {"live", {{"tag", tag}}}});
}

}  // namespace bantam::chart
