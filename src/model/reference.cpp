#include "model/reference.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text.hpp"

namespace bantam::model {
namespace {

constexpr std::size_t kLongestReference = 4096;
constexpr std::size_t kLongestName = 96;  // the hub's own limit for users and repositories
constexpr std::size_t kLongestFileName = 255;
constexpr std::string_view kAdapterMark = "+lora:";

tl::unexpected<base::Error> malformed(std::string_view text, std::string_view why) {
  return base::fail(
      base::ErrorKind::usage,
      fmt::format("'{}' is no model reference: {}", base::ellipsize(base::printable(text), 80), why),
      "give the path of a .gguf file, hf:user/repo[:quant], embedded:nano or synthetic:SHAPE");
}

// One part of user/repo, or a revision's or file's path segment: no tricks with paths, hosts or encodings.
bool is_plain_segment(std::string_view text, std::size_t longest = kLongestName) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= longest && text.front() != '.' && text.front() != '-' &&
         text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), plain);
}

bool is_plain_path(std::string_view text, std::size_t longest = kLongestName) {
  const auto segments = base::split(text, '/');
  return std::all_of(segments.begin(), segments.end(),
                     [longest](const std::string& segment) { return is_plain_segment(segment, longest); });
}

base::Result<Reference> parse_hub(Reference reference, std::string_view rest) {
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    reference.revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_plain_path(*reference.revision))
      return malformed(reference.text, "the revision after '@' is malformed");
  }
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    reference.variant = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_plain_path(*reference.variant, kLongestFileName))
      return malformed(reference.text, "the part after ':' is malformed");
  }
  reference.target = rest;
  if (base::split(rest, '/').size() != 2 || !is_plain_path(rest)) {
    return malformed(reference.text, "a repository is written user/repo");
  }
  return reference;
}

std::filesystem::path with_home(std::string_view text) {
  const char* home = std::getenv("HOME");
  if (text.starts_with("~/") && home && *home) return std::filesystem::path(home) / text.substr(2);
  return std::filesystem::path(text);
}

// "ADAPTER.gguf[@scale]". An '@' that does not follow ".gguf" belongs to the path.
base::Result<AdapterReference> parse_adapter(std::string_view whole, std::string_view text) {
  AdapterReference adapter;
  const auto at = text.rfind('@');
  if (at != std::string_view::npos && base::ascii_lower(text.substr(0, at)).ends_with(".gguf")) {
    const std::string_view number = text.substr(at + 1);
    const auto [end, error] = std::from_chars(number.begin(), number.end(), adapter.scale);
    if (error != std::errc() || end != number.end() || !std::isfinite(adapter.scale)) {
      return malformed(whole, "the scale of the adapter, after '@', is no number");
    }
    text = text.substr(0, at);
  }
  if (text.empty() || text.front() == '@') return malformed(whole, "no file follows '+lora:'");
  adapter.path = with_home(text);
  return adapter;
}

base::Result<Reference> parse_without_adapter(std::string_view text) {
  Reference reference;
  const auto after = [&](std::string_view scheme) { return text.substr(scheme.size()); };
  reference.text = text;
  if (text.starts_with("hf:")) {
    reference.kind = ReferenceKind::hub;
    return parse_hub(std::move(reference), after("hf:"));
  }
  if (text.starts_with("embedded:")) {
    reference.kind = ReferenceKind::embedded;
    reference.target = after("embedded:");
  } else if (text.starts_with("openai:")) {
    reference.kind = ReferenceKind::served;
    reference.target = after("openai:");
    if (reference.target.empty()) return malformed(text, "no name follows 'openai:'");
    return reference;
  } else if (text.starts_with("process:")) {
    reference.kind = ReferenceKind::program;
    if (after("process:").empty()) return malformed(text, "no path follows 'process:'");
    reference.path = with_home(after("process:"));
    return reference;
  } else if (text.starts_with("synthetic:")) {
    reference.kind = ReferenceKind::synthetic;
    reference.target = after("synthetic:");
  } else {
    reference.path = with_home(text);
    return reference;
  }
  if (!is_plain_segment(reference.target)) return malformed(text, "the name after ':' is malformed");
  return reference;
}

}  // namespace

base::Result<Reference> parse_reference(std::string_view text) {
  if (text.empty()) return malformed(text, "it is empty");
  if (text.find('\0') != std::string_view::npos) return malformed(text, "it holds a NUL byte");
  if (text.size() > kLongestReference) return malformed(text, "it is longer than 4096 bytes");
  const auto mark = text.rfind(kAdapterMark);
  if (mark == std::string_view::npos || text.starts_with("openai:")) return parse_without_adapter(text);
  if (mark == 0) return malformed(text, "no model stands before '+lora:'");
  TRY_ASSIGN(Reference reference, parse_without_adapter(text.substr(0, mark)));
  TRY_ASSIGN(reference.adapter, parse_adapter(text, text.substr(mark + kAdapterMark.size())));
  reference.text = text;
  return reference;
}

}  // namespace bantam::model
