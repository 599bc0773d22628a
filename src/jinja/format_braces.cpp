// str.format().

#include <algorithm>

#include "jinja/machine.hpp"

namespace bantam::jinja {
namespace {

class BraceFormatter {
 public:
  BraceFormatter(Machine& machine, TextView format, const Arguments& arguments, int& automatic)
      : machine_(machine), format_(format), arguments_(arguments), automatic_(automatic) {}

  Result<Text> whole(int depth) {
    if (depth > 2) return value_error("Max string recursion exceeded");
    while (at_ < format_.size()) {
      const char32_t c = plain(format_[at_]);
      const bool twice = at_ + 1 < format_.size() && plain(format_[at_ + 1]) == c;
      if ((c == '{' || c == '}') && twice) {
        out_ += format_[at_];
        at_ += 2;
      } else if (c == '}') {
        return value_error("Single '}' encountered in format string");
      } else if (c == '{') {
        ++at_;
        TRY(field(depth));
      } else {
        out_ += format_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  Status field(int depth) {
    const std::size_t start = at_;
    int open = 1;
    std::size_t end = at_;
    for (; end < format_.size(); ++end) {
      if (plain(format_[end]) == '{') ++open;
      if (plain(format_[end]) == '}' && --open == 0) break;
    }
    if (open != 0) return value_error("expected '}' before end of string");
    TextView inside = format_.substr(start, end - start);
    at_ = end + 1;
    std::size_t name_end = 0;
    while (name_end < inside.size() && plain(inside[name_end]) != ':' && plain(inside[name_end]) != '!') {
      if (plain(inside[name_end]) == '{') return value_error("unexpected '{' in field name");
      if (plain(inside[name_end]) == '[') {
        while (name_end < inside.size() && plain(inside[name_end]) != ']') ++name_end;
      }
      if (name_end < inside.size()) ++name_end;
    }
    TRY_ASSIGN(Value value, named(inside.substr(0, name_end)));
    TextView rest = inside.substr(std::min(name_end, inside.size()));
    if (!rest.empty() && plain(rest.front()) == '!') {
      if (rest.size() < 2) return value_error("end of string while looking for conversion specifier");
      const char32_t kind = plain(rest[1]);
      if (kind == 'a') return unsupported("!a in a format");
      if (kind != 'r' && kind != 's') return value_error("Unknown conversion specifier");
      TRY_ASSIGN(Text text, kind == 'r' ? machine_.repr(value) : machine_.str(value));
      value = machine_.text(std::move(text));
      rest = rest.substr(2);
      if (!rest.empty() && plain(rest.front()) != ':')
        return value_error("expected ':' after conversion specifier");
    }
    Text spec;
    if (!rest.empty()) {
      BraceFormatter inner(machine_, rest.substr(1), arguments_, automatic_);
      TRY_ASSIGN(spec, inner.whole(depth + 1));
    }
    TRY_ASSIGN(const Text text, machine_.format_value(value, spec));
    out_ += text;
    return machine_.room_for(out_.size());
  }

  Result<Value> named(TextView name) {
    std::size_t end = 0;
    while (end < name.size() && plain(name[end]) != '.' && plain(name[end]) != '[') ++end;
    TRY_ASSIGN(Value value, first(name.substr(0, end)));
    while (end < name.size()) {
      if (plain(name[end]) == '.') return unsupported("an attribute in a format field");
      const std::size_t close = find_text(name, U"]", end);
      if (close == TextView::npos) return value_error("Missing ']' in format string");
      const TextView key = name.substr(end + 1, close - end - 1);
      if (key.empty()) return value_error("Empty attribute in format string");
      end = close + 1;
      if (end < name.size() && plain(name[end]) != '.' && plain(name[end]) != '[') {
        return value_error("Only '.' or '[' may follow ']' in format field specifier");
      }
      const auto index = Integer::parse(utf8(key));
      if (machine_.is_chat() || value.is(Kind::string)) return unsupported("an index in a format field");
      const Value index_value = index ? machine_.integer(*index) : machine_.text(Text(key));
      TRY_ASSIGN(value, element(value, index_value));
    }
    return value;
  }

  Result<Value> element(const Value& object, const Value& key) {
    if (object.is(Kind::dict)) {
      TRY_ASSIGN(const auto found, machine_.find(object.as<DictObject>(), key));
      if (!found) return raised("KeyError in a format field");
      return *found;
    }
    if ((!object.is(Kind::list) && !object.is(Kind::tuple)) || !key.is(Kind::integer)) {
      return type_error("an index in a format field of a value without elements");
    }
    if (key.as_integer() >= static_cast<std::int64_t>(object.items().size()))
      return raised("IndexError in a format field");
    return object.items()[static_cast<std::size_t>(key.as_integer())];
  }

  Result<Value> first(TextView name) {
    const std::string plain_name = utf8(name);
    const auto index = Integer::parse(plain_name);
    if (name.empty() || index) {
      if (name.empty() ? automatic_ < 0 : automatic_ > 0) {
        return value_error("cannot switch between automatic and manual field numbering");
      }
      std::optional<std::int64_t> at = automatic_;
      if (name.empty()) {
        ++automatic_;
      } else {
        automatic_ = -1;
        at = index->small();
      }
      if (!at || *at >= static_cast<std::int64_t>(arguments_.values.size())) {
        return raised("IndexError: Replacement index out of range for positional args tuple");
      }
      return arguments_.values[static_cast<std::size_t>(*at)];
    }
    for (const auto& [known, value] : arguments_.keywords) {
      if (known == plain_name) return value;
    }
    return raised("KeyError: " + plain_name);
  }

  Machine& machine_;
  TextView format_;
  const Arguments& arguments_;
  int& automatic_;  // how many fields were numbered by place; -1 when they have numbers
  std::size_t at_ = 0;
  Text out_;
};

}  // namespace

Result<Value> Machine::brace_format(TextView format, const Arguments& arguments, int depth) {
  int automatic = 0;
  TRY_ASSIGN(Text out, BraceFormatter(*this, format, arguments, automatic).whole(depth));
  return text(std::move(out));
}

}  // namespace bantam::jinja
