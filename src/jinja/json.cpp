#include "jinja/json.hpp"

#include <algorithm>
#include <cmath>

namespace bantam::jinja {
namespace {

constexpr int kMaxDepth = 100;

class Writer {
 public:
  Writer(Machine& machine, const JsonStyle& style) : machine_(machine), style_(style) {}

  Status write(const Value& value, int depth) {
    if (depth > kMaxDepth) return unsupported(fmt::format("values nested deeper than {} levels", kMaxDepth));
    TRY(machine_.tick());
    TRY(machine_.room_for(out_.size()));
    switch (value.kind()) {
      case Kind::none:
        out_ += U"null";
        return {};
      case Kind::boolean:
        out_ += value.as_bool() ? U"true" : U"false";
        return {};
      case Kind::integer:
      case Kind::big: {
        TRY_ASSIGN(const Text digits, machine_.repr(value));
        out_ += digits;
        return {};
      }
      case Kind::real:
        out_ += ascii(number(value.as_real()));
        return {};
      case Kind::string:
        text(value.text());
        return {};
      case Kind::list:
      case Kind::tuple:
        return list(value.items(), depth);
      case Kind::dict:
        return dict(value.as<DictObject>(), depth);
      default:
        return type_error(fmt::format("Object of type {} is not JSON serializable", type_name(value)));
    }
  }

  Text take() { return std::move(out_); }

 private:
  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return float_text(value);
  }

  void escape(const std::string& escaped, char32_t source) {
    for (const char32_t c : ascii(escaped)) out_ += c | (source & kInputMark);
  }

  void text(TextView text) {
    out_ += '"';
    for (const char32_t marked : text) {
      const char32_t c = plain(marked);
      const auto code = static_cast<unsigned>(c);
      if (c == '"' || c == '\\') {
        escape(fmt::format("\\{}", static_cast<char>(c)), marked);
      } else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
        escape(fmt::format("\\{}", c == '\n'   ? 'n'
                                   : c == '\r' ? 'r'
                                   : c == '\t' ? 't'
                                   : c == '\b' ? 'b'
                                               : 'f'),
               marked);
      } else if (c < 0x20 || (style_.ascii_only && c >= 0x7F && c < 0x10000)) {
        escape(fmt::format("\\u{:04x}", code), marked);
      } else if (style_.ascii_only && c >= 0x10000) {
        escape(fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10),
                           0xDC00 + ((code - 0x10000) & 0x3FF)),
               marked);
      } else if (style_.for_html && (c == '<' || c == '>' || c == '&' || c == '\'')) {
        escape(fmt::format("\\u{:04x}", code), marked);
      } else {
        out_ += marked;
      }
    }
    out_ += '"';
  }

  void line(int depth) {
    if (!style_.indent) return;
    out_ += '\n';
    for (int i = 0; i < depth; ++i) out_ += *style_.indent;
  }

  Status list(const std::vector<Value>& items, int depth) {
    if (items.empty()) {
      out_ += U"[]";
      return {};
    }
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += style_.between;
      line(depth + 1);
      TRY(write(items[i], depth + 1));
    }
    line(depth);
    out_ += ']';
    return {};
  }

  Status key(const Value& key) {
    if (key.is(Kind::string)) {
      text(key.text());
      return {};
    }
    if (!key.is(Kind::none) && !is_number(key)) {
      return type_error(fmt::format("keys must be str, int, float, bool or None, not {}", type_name(key)));
    }
    out_ += '"';
    TRY(write(key, 0));
    out_ += '"';
    return {};
  }

  Status dict(const DictObject& dict, int depth) {
    if (dict.items.empty()) {
      out_ += U"{}";
      return {};
    }
    std::vector<std::pair<Value, Value>> items = dict.items;
    if (style_.sort_keys) {
      Status status;
      std::stable_sort(items.begin(), items.end(), [&](const auto& a, const auto& b) {
        if (!status) return false;
        const auto less = machine_.less(a.first, b.first);
        if (!less) status = tl::unexpected<base::Error>(less.error());
        return less && *less;
      });
      TRY(status);
    }
    out_ += '{';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += style_.between;
      line(depth + 1);
      TRY(key(items[i].first));
      out_ += style_.behind_key;
      TRY(write(items[i].second, depth + 1));
    }
    line(depth);
    out_ += '}';
    return {};
  }

  Machine& machine_;
  const JsonStyle& style_;
  Text out_;
};

}  // namespace

Result<Text> json_text(Machine& machine, const Value& value, const JsonStyle& style) {
  Writer writer(machine, style);
  TRY(writer.write(value, 0));
  return writer.take();
}

}  // namespace bantam::jinja
