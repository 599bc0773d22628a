#include "prompt/python_methods.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "prompt/python_literal.hpp"

namespace bantam::prompt {
namespace {

using base::Json;
using base::Result;
using Arguments = std::vector<Json>;

tl::unexpected<base::Error> value_error(std::string message) {
  return base::fail(base::ErrorKind::bad_input, std::move(message));
}

// The code points of valid UTF-8, each as its own piece; a stray byte is a piece too.
std::vector<std::string_view> white_space_pieces(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    pieces.push_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

Json split_on_white_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  Json words = Json::array();
  for (std::size_t start = text.find_first_not_of(kSpace); start != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpace, start), text.size());
    words.push_back(std::string(text.substr(start, end - start)));
    start = text.find_first_not_of(kSpace, end);
  }
  return words;
}

// The code-point position of `part` in `text`, or -1.
std::int64_t find(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  return at == std::string::npos ? -1 : python_length(std::string_view(text).substr(0, at));
}

std::int64_t count(std::string_view text, std::string_view part) {
  if (part.empty()) return python_length(text) + 1;
  std::int64_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
    ++found;
  return found;
}

Result<Json> join(const std::string& separator, const Json& parts) {
  std::vector<std::string> texts;
  for (const Json& part : parts) {
    if (!part.is_string()) return value_error("join() of a value that is not text: " + python_repr(part));
    texts.push_back(part.get<std::string>());
  }
  return Json(base::join(texts, separator));
}

std::optional<Result<Json>> text_method(const std::string& self, std::string_view name,
                                        const Arguments& arguments) {
  if (name == "split" && (arguments.empty() || arguments.front().is_null()))
    return split_on_white_space(self);
  if (name == "isdigit" && arguments.empty()) {
    return Json(!self.empty() &&
                std::all_of(self.begin(), self.end(), [](char c) { return c >= '0' && c <= '9'; }));
  }
  if (arguments.size() != 1) return std::nullopt;
  if (name == "join" && arguments.front().is_array()) return join(self, arguments.front());
  if (!arguments.front().is_string()) return std::nullopt;
  const auto part = arguments.front().get<std::string>();
  if (name == "find") return Json(find(self, part));
  if (name == "count") return Json(count(self, part));
  if (name == "removeprefix") return Json(self.starts_with(part) ? self.substr(part.size()) : self);
  if (name == "removesuffix")
    return Json(self.ends_with(part) ? self.substr(0, self.size() - part.size()) : self);
  if (name != "index") return std::nullopt;
  const std::int64_t at = find(self, part);
  if (at < 0) return value_error(fmt::format("{} has no {}", python_repr(self), python_repr(part)));
  return Json(at);
}

std::optional<Result<Json>> list_method(const Json& self, std::string_view name, const Arguments& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const Json& wanted = arguments.front();
  if (name == "count") return Json(std::count(self.begin(), self.end(), wanted));
  if (name != "index") return std::nullopt;
  const auto found = std::find(self.begin(), self.end(), wanted);
  if (found == self.end())
    return value_error(fmt::format("{} is not in {}", python_repr(wanted), python_repr(self)));
  return Json(found - self.begin());
}

}  // namespace

std::optional<Result<Json>> python_method(const Json& self, std::string_view name,
                                          const Arguments& arguments) {
  if (self.is_string()) return text_method(self.get<std::string>(), name, arguments);
  if (self.is_array()) return list_method(self, name, arguments);
  return std::nullopt;
}

std::optional<Json> python_item(const Json& self, std::int64_t index) {
  const auto pieces = self.is_string() ? white_space_pieces(self.get_ref<const std::string&>())
                                       : std::vector<std::string_view>{};
  const auto length = static_cast<std::int64_t>(self.is_string() ? pieces.size() : self.size());
  const std::int64_t at = index < 0 ? index + length : index;
  if (at < 0 || at >= length) return std::nullopt;
  const auto position = static_cast<std::size_t>(at);
  return self.is_string() ? Json(std::string(pieces[position])) : self[position];
}

Result<std::string> python_slice(std::string_view text, std::optional<std::int64_t> start,
                                 std::optional<std::int64_t> stop, std::int64_t step) {
  if (step == 0) return value_error("slice step cannot be zero");
  const auto pieces = white_space_pieces(text);
  const auto length = static_cast<std::int64_t>(pieces.size());
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const std::int64_t highest = step > 0 ? length : length - 1;
  const auto bound = [&](std::optional<std::int64_t> given, std::int64_t natural) {
    if (!given) return natural;
    return std::clamp(*given < 0 ? *given + length : *given, lowest, highest);
  };
  const std::int64_t first = bound(start, step > 0 ? 0 : length - 1);
  const std::int64_t last = bound(stop, step > 0 ? length : -1);
  std::string out;
  for (std::int64_t i = first; step > 0 ? i < last : i > last; i += step)
    out += pieces[static_cast<std::size_t>(i)];
  return out;
}

std::int64_t python_length(std::string_view text) {
  return static_cast<std::int64_t>(white_space_pieces(text).size());
}

}  // namespace bantam::prompt
