#pragma once
// What the operator % of texts, str.format() and format specifications share.

#include <cstdint>
#include <string>

#include "jinja/value.hpp"

namespace bantam::jinja {

constexpr std::int64_t kMaxWidth = 1'000'000;

std::string upper_ascii(std::string text);

// Sign and digits, filled to a width.
struct Layout {
  char32_t fill = ' ';
  char align = 0;  // '<', '>', '^', '='; 0: the type's own
  std::int64_t width = 0;
};

Text laid_out(const Layout& layout, const Text& sign, const Text& body, char own_align);

}  // namespace bantam::jinja
