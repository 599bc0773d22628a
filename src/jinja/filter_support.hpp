#pragma once
// What filters share: their type, the tables of each group, and attributes that are named as "a.b.0".

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "jinja/machine.hpp"

namespace bantam::jinja {

using Filter = Result<Value> (*)(Machine&, const Value&, const Arguments&);

struct NamedFilter {
  std::string_view name;
  Filter filter;
};

std::span<const NamedFilter> sequence_filters();
std::span<const NamedFilter> text_filters();

using Next = std::optional<Value>;
using Bound = std::vector<std::optional<Value>>;

// Texts as they are, other values as str() has them.
Result<Value> soft(Machine& machine, const Value& value);
Result<bool> flag(Machine& machine, const std::optional<Value>& value, bool otherwise = false);
// Neither absent nor none.
bool is_given(const std::optional<Value>& value);

// The parts of an attribute's name; empty for none.
using Path = std::vector<Value>;
Path path_of(Machine& machine, const Value& attribute);
// What the path leads to; `otherwise` stands for what is not there.
Result<Value> follow(Machine& machine, Value value, const Path& path,
                     const std::optional<Value>& otherwise = {});

}  // namespace bantam::jinja
