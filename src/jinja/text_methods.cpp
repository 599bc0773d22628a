#include "jinja/text_methods.hpp"

#include <algorithm>
#include <limits>

#include "jinja/text_case.hpp"
#include "jinja/text_parts.hpp"

namespace bantam::jinja {
namespace {

constexpr auto kAll = std::numeric_limits<std::int64_t>::max();

Result<TextView> text_of(const Value& value, std::string_view method) {
  if (value.is(Kind::string) && !value.is_markup()) return TextView(value.text());
  if (value.is_markup()) return unsupported("Markup as an argument");
  if (value.is(Kind::undefined)) return type_error(value.as<UndefinedObject>().message);
  return type_error(fmt::format("{}: expected str, not {}", method, type_name(value)));
}

// One call of a method of `self`.
class Method {
 public:
  Method(Machine& machine, const Value& self, const std::string& name, const Arguments& given)
      : machine_(machine), text_(self.text()), name_(name), given_(given) {}

  Result<Value> call() {
    TRY(machine_.tick(1 + text_.size() / 8));
    if (const auto found = character_test(text_, name_)) {
      TRY(expect_count(name_, given_, 0, 0));
      return Value::boolean(*found);
    }
    if (auto found = case_changed(text_, name_)) {
      TRY(expect_count(name_, given_, 0, 0));
      return machine_.text(*std::move(found));
    }
    if (name_ == "strip" || name_ == "lstrip" || name_ == "rstrip") return strip();
    if (name_ == "split" || name_ == "rsplit") return split();
    if (name_ == "find" || name_ == "rfind" || name_ == "index" || name_ == "rindex" || name_ == "count")
      return find();
    if (name_ == "startswith" || name_ == "endswith") return starts();
    if (name_ == "center" || name_ == "ljust" || name_ == "rjust" || name_ == "zfill") return padded();
    if (name_ == "partition" || name_ == "rpartition") return partition();
    if (name_ == "removeprefix" || name_ == "removesuffix") return removed();
    if (name_ == "replace") return replace();
    if (name_ == "join") return join();
    if (name_ == "splitlines") return lines();
    if (name_ == "expandtabs") return expand_tabs();
    if (name_ == "format") return machine_.brace_format(text_, given_);
    return unsupported(fmt::format("method '{}' of a text", name_));
  }

 private:
  bool is_right() const { return name_.starts_with('r'); }

  Result<Value> texts(std::vector<Text> parts) {
    std::vector<Value> items;
    for (Text& part : parts) items.push_back(machine_.text(std::move(part)));
    TRY(machine_.tick(items.size()));
    return machine_.list(std::move(items));
  }

  Result<Value> strip() {
    TRY(expect_count(name_, given_, 0, 1));
    std::optional<TextView> characters;
    if (!given_.values.empty() && !given_.values[0].is(Kind::none)) {
      TRY_ASSIGN(characters, text_of(given_.values[0], name_));
    }
    return machine_.text(stripped(text_, characters, name_ != "rstrip", name_ != "lstrip"));
  }

  Result<Value> split() {
    TRY_ASSIGN(const auto bound, bind(name_, given_, {"sep", "maxsplit"}));
    std::int64_t most = -1;
    if (bound[1]) {
      TRY_ASSIGN(most, machine_.index_of(*bound[1]));
    }
    if (!bound[0] || bound[0]->is(Kind::none)) {
      return texts(is_right() ? rsplit_space(text_, most) : split_space(text_, most));
    }
    TRY_ASSIGN(const TextView separator, text_of(*bound[0], name_));
    if (separator.empty()) return value_error("empty separator");
    return texts(is_right() ? rsplit_at(text_, separator, most) : split_at(text_, separator, most));
  }

  // The part that optional bounds from argument `first` on name: its start, and its end.
  Result<std::pair<std::int64_t, std::int64_t>> window(std::size_t first) {
    const auto size = static_cast<std::int64_t>(text_.size());
    std::int64_t bounds[2] = {0, kAll};
    for (std::size_t i = 0; i < 2; ++i) {
      if (given_.values.size() <= first + i || given_.values[first + i].is(Kind::none)) continue;
      TRY_ASSIGN(bounds[i], machine_.index_of(given_.values[first + i]));
      if (bounds[i] < 0) bounds[i] = std::max<std::int64_t>(0, bounds[i] + size);
    }
    return std::pair(bounds[0], std::min(bounds[1], size));
  }

  Result<Value> find() {
    TRY(expect_count(name_, given_, 1, 3));
    TRY_ASSIGN(const TextView wanted, text_of(given_.values[0], name_));
    TRY_ASSIGN(const auto part, window(1));
    const auto [start, end] = part;
    const bool fits = end - start >= static_cast<std::int64_t>(wanted.size());
    const TextView inside =
        fits ? text_.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start))
             : TextView();
    if (name_ == "count") {
      if (!fits) return Value::integer(0);
      if (wanted.empty()) return Value::integer(end - start + 1);
      std::int64_t count = 0;
      for (std::size_t at = 0; (at = find_text(inside, wanted, at)) != TextView::npos; at += wanted.size())
        ++count;
      return Value::integer(count);
    }
    const std::size_t found = !fits        ? TextView::npos
                              : is_right() ? rfind_text(inside, wanted)
                                           : find_text(inside, wanted);
    if (found != TextView::npos) return Value::integer(static_cast<std::int64_t>(found) + start);
    if (name_.ends_with("index")) return value_error("substring not found");
    return Value::integer(-1);
  }

  Result<Value> starts() {
    TRY(expect_count(name_, given_, 1, 3));
    TRY_ASSIGN(const auto part, window(1));
    const auto [start, end] = part;
    std::vector<Value> choices{given_.values[0]};
    if (given_.values[0].is(Kind::tuple)) choices = given_.values[0].items();
    for (const Value& choice : choices) {
      TRY_ASSIGN(const TextView wanted, text_of(choice, name_));
      const auto size = static_cast<std::int64_t>(wanted.size());
      if (end - start < size || start > static_cast<std::int64_t>(text_.size())) continue;
      const std::int64_t at = name_ == "startswith" ? start : end - size;
      if (same_text(text_.substr(static_cast<std::size_t>(at), wanted.size()), wanted))
        return Value::boolean(true);
    }
    return Value::boolean(false);
  }

  Result<Value> padded() {
    TRY(expect_count(name_, given_, 1, name_ == "zfill" ? 1 : 2));
    TRY_ASSIGN(const std::int64_t width, machine_.index_of(given_.values[0]));
    char32_t fill = name_ == "zfill" ? U'0' : U' ';
    if (given_.values.size() > 1) {
      TRY_ASSIGN(const TextView given_fill, text_of(given_.values[1], name_));
      if (given_fill.size() != 1) return type_error("The fill character must be exactly one character long");
      fill = given_fill.front();
    }
    const auto size = static_cast<std::int64_t>(text_.size());
    if (width <= size) return machine_.text(Text(text_));
    const auto missing = static_cast<std::size_t>(width - size);
    TRY(machine_.reserve(missing, sizeof(char32_t)));
    std::size_t left = name_ == "ljust" ? 0 : missing;
    if (name_ == "center") left = missing / 2 + (missing & static_cast<std::size_t>(width) & 1);
    Text out = Text(left, fill) + Text(text_) + Text(missing - left, fill);
    const bool sign = !text_.empty() && (plain(text_[0]) == '+' || plain(text_[0]) == '-');
    if (name_ == "zfill" && sign) std::swap(out[0], out[missing]);
    return machine_.text(std::move(out));
  }

  Result<Value> partition() {
    TRY(expect_count(name_, given_, 1, 1));
    TRY_ASSIGN(const TextView separator, text_of(given_.values[0], name_));
    if (separator.empty()) return value_error("empty separator");
    const std::size_t found = is_right() ? rfind_text(text_, separator) : find_text(text_, separator);
    const Value nothing = machine_.text("");
    const Value all = machine_.text(Text(text_));
    if (found == TextView::npos) {
      return is_right() ? machine_.tuple({nothing, nothing, all}) : machine_.tuple({all, nothing, nothing});
    }
    return machine_.tuple({machine_.text(Text(text_.substr(0, found))), given_.values[0],
                           machine_.text(Text(text_.substr(found + separator.size())))});
  }

  Result<Value> removed() {
    TRY(expect_count(name_, given_, 1, 1));
    TRY_ASSIGN(const TextView part, text_of(given_.values[0], name_));
    TextView out = text_;
    if (part.size() <= text_.size()) {
      if (name_ == "removeprefix" && same_text(text_.substr(0, part.size()), part))
        out.remove_prefix(part.size());
      if (name_ == "removesuffix" && same_text(text_.substr(text_.size() - part.size()), part)) {
        out.remove_suffix(part.size());
      }
    }
    return machine_.text(Text(out));
  }

  Result<Value> replace() {
    TRY(expect_count(name_, given_, 2, 3));
    TRY_ASSIGN(const TextView from, text_of(given_.values[0], name_));
    TRY_ASSIGN(const TextView to, text_of(given_.values[1], name_));
    std::int64_t count = -1;
    if (given_.values.size() > 2) {
      TRY_ASSIGN(count, machine_.index_of(given_.values[2]));
    }
    TRY_ASSIGN(Text out, replaced(machine_, text_, from, to, count));
    return machine_.text(std::move(out));
  }

  Result<Value> join() {
    TRY(expect_count(name_, given_, 1, 1));
    TRY_ASSIGN(const std::vector<Value> parts, machine_.elements(given_.values[0]));
    TRY(machine_.reserve(parts.size() * (text_.size() + 1), sizeof(char32_t)));
    Text out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) out += text_;
      if (!parts[i].is(Kind::string)) {
        return type_error(
            fmt::format("sequence item {}: expected str instance, {} found", i, type_name(parts[i])));
      }
      out += parts[i].text();
      TRY(machine_.room_for(out.size()));
    }
    return machine_.text(std::move(out));
  }

  Result<Value> lines() {
    TRY_ASSIGN(const auto bound, bind(name_, given_, {"keepends"}));
    bool keep = false;
    if (bound[0]) {
      if (!is_integer(*bound[0])) return type_error("splitlines() wants an int");
      keep = bound[0]->as_integer() != 0;
    }
    return texts(split_lines(text_, keep));
  }

  Result<Value> expand_tabs() {
    TRY_ASSIGN(const auto bound, bind(name_, given_, {"tabsize"}));
    std::int64_t size = 8;
    if (bound[0]) {
      TRY_ASSIGN(size, machine_.index_of(*bound[0]));
    }
    if (size > 1'000'000) return unsupported("tabs that wide");
    Text out;
    std::int64_t column = 0;
    for (const char32_t c : text_) {
      if (plain(c) != '\t') {
        out += c;
        column = plain(c) == '\n' || plain(c) == '\r' ? 0 : column + 1;
      } else if (size > 0) {
        const std::int64_t more = size - column % size;
        TRY(machine_.reserve(out.size() + static_cast<std::size_t>(more), sizeof(char32_t)));
        out += Text(static_cast<std::size_t>(more), U' ');
        column += more;
      }
    }
    return machine_.text(std::move(out));
  }

  Machine& machine_;
  TextView text_;
  const std::string& name_;
  const Arguments& given_;
};

}  // namespace

Result<Value> text_method(Machine& machine, const Value& self, const std::string& name,
                          const Arguments& arguments) {
  if (!self.is_markup()) return Method(machine, self, name, arguments).call();
  const bool simple = arguments.values.empty() && arguments.keywords.empty() &&
                      (case_changed(U"", name) || name.ends_with("strip") || name.starts_with("is"));
  if (!simple) return unsupported(fmt::format("method '{}' of Markup", name));
  TRY_ASSIGN(const Value made, Method(machine, self, name, arguments).call());
  return made.is(Kind::string) ? machine.heap().string(made.text(), true) : made;
}

}  // namespace bantam::jinja
