#include "base/yaml_nodes.hpp"

#include <fmt/format.h>
#include <yaml.h>
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/json.hpp"
#include "base/text.hpp"

namespace bantam::base {
namespace {

const char* text_of(const yaml_char_t* text) {
  return reinterpret_cast<const char*>(text);
}

int line_of(const yaml_mark_t& mark) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max() - 1;
  return static_cast<int>(std::min(mark.line, kMost)) + 1;
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event_); }

  yaml_event_t* fresh() {
    yaml_event_delete(&event_);
    return &event_;
  }
  const yaml_event_t& operator*() const { return event_; }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  yaml_event_t event_{};
};

// Reads events into nodes, with a stack of its own for the nodes that are open.
class Composer {
 public:
  Composer(std::string_view text, std::string_view what) : text_(text), what_(what) {}
  Composer(const Composer&) = delete;
  Composer& operator=(const Composer&) = delete;
  ~Composer() { yaml_parser_delete(&parser_); }

  Result<YamlDocument> compose() {
    if (yaml_parser_initialize(&parser_) == 0)
      return fail(ErrorKind::environment, fmt::format("{}: not enough memory to read it", what_));
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text_.data()),
                                 text_.size());
    Event event;
    do {
      if (yaml_parser_parse(&parser_, event.fresh()) == 0) return tl::unexpected(parser_error());
      TRY(take(*event));
    } while (event->type != YAML_STREAM_END_EVENT);
    return std::move(document_);
  }

 private:
  struct Open {
    YamlNodeId node;
    std::optional<YamlNodeId> key = std::nullopt;  // of a map: read, its value not yet
  };

  Status take(const yaml_event_t& event) {
    const int line = line_of(event.start_mark);
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        if (document_.root) return refuse(line, "a second document; one file holds one");
        return {};
      case YAML_ALIAS_EVENT:
        return take_alias(text_of(event.data.alias.anchor), line);
      case YAML_SCALAR_EVENT:
        return take_scalar(event.data.scalar, line);
      case YAML_SEQUENCE_START_EVENT:
        return open(YamlNodeKind::sequence, event.data.sequence_start.anchor, event.data.sequence_start.tag,
                    line);
      case YAML_MAPPING_START_EVENT:
        return open(YamlNodeKind::map, event.data.mapping_start.anchor, event.data.mapping_start.tag, line);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        open_.pop_back();
        return {};
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return {};
  }

  Status take_alias(const std::string& anchor, int line) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      return refuse(line,
                    fmt::format("*{} stands for nothing: no &{} before it", shown(anchor), shown(anchor)));
    const YamlNodeId node = found->second;
    const bool is_open =
        std::any_of(open_.begin(), open_.end(), [&](const Open& o) { return o.node == node; });
    if (is_open)
      return refuse(line, fmt::format("*{} stands within &{} itself", shown(anchor), shown(anchor)));
    attach(node);
    return {};
  }

  Status take_scalar(const decltype(yaml_event_t::data.scalar)& scalar, int line) {
    YamlNode node;
    node.text.assign(text_of(scalar.value), scalar.length);
    node.line = line;
    node.plain = scalar.plain_implicit != 0;
    // "!" makes a quoted text count as one without quotes. PyYAML's patterns then overlook a line break at
    // its end; that is left to be refused.
    const std::string_view tag = scalar.tag == nullptr ? "!" : text_of(scalar.tag);
    if (tag != "!" || (node.plain && node.text.ends_with('\n'))) node.tag = tag;
    return add(std::move(node), scalar.anchor).map([](YamlNodeId) {});
  }

  Status open(YamlNodeKind kind, const yaml_char_t* anchor, const yaml_char_t* tag, int line) {
    if (open_.size() > kMaxYamlDepth)
      return refuse(line, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
    YamlNode node;
    node.kind = kind;
    node.line = line;
    if (tag != nullptr && std::string_view(text_of(tag)) != "!") node.tag = text_of(tag);
    TRY_ASSIGN(const YamlNodeId id, add(std::move(node), anchor));
    open_.push_back({id});
    return {};
  }

  Result<YamlNodeId> add(YamlNode node, const yaml_char_t* anchor) {
    const YamlNodeId id = document_.nodes.size();
    if (id >= kMaxYamlNodes) return refuse(node.line, fmt::format("more than {} nodes", kMaxYamlNodes));
    if (anchor != nullptr && !anchors_.try_emplace(text_of(anchor), id).second)
      return refuse(node.line, fmt::format("&{} stands twice", shown(text_of(anchor))));
    document_.nodes.push_back(std::move(node));
    attach(id);
    return id;
  }

  void attach(YamlNodeId id) {
    if (open_.empty()) {
      document_.root = id;
      return;
    }
    Open& top = open_.back();
    YamlNode& parent = document_.nodes[top.node];
    if (parent.kind == YamlNodeKind::sequence) {
      parent.items.push_back(id);
    } else if (top.key) {
      parent.pairs.push_back({*top.key, id});
      top.key.reset();
    } else {
      top.key = id;
    }
  }

  static std::string shown(std::string_view name) { return ellipsize(printable(name), 40); }

  tl::unexpected<Error> refuse(int line, std::string_view reason) const {
    return refuse_yaml(what_, line, reason);
  }

  Error parser_error() const {
    const std::string problem = parser_.problem == nullptr ? "cannot be read" : parser_.problem;
    if (parser_.error == YAML_MEMORY_ERROR)
      return {ErrorKind::environment, fmt::format("{}: not enough memory to read it", what_), ""};
    if (parser_.error == YAML_READER_ERROR) {
      const bool character = parser_.problem_value >= 0 && problem.starts_with("control");
      return refuse(line_at(parser_.problem_offset),
                    character ? fmt::format("{}: \\x{:02x}", problem, parser_.problem_value) : problem)
          .value();
    }
    const std::string context = parser_.context == nullptr ? "" : fmt::format(" {}", parser_.context);
    return refuse(line_of(parser_.problem_mark), problem + context).value();
  }

  // The line of a byte.
  int line_at(std::size_t offset) const {
    const std::string_view before = text_.substr(0, offset);
    if (!is_utf16(text_)) return static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t low = text_.front() == '\xFF' ? 0 : 1;  // where a unit has its low byte
    int line = 1;
    for (std::size_t at = 0; at + 1 < before.size(); at += 2)
      line += before[at + low] == '\n' && before[at + 1 - low] == '\0' ? 1 : 0;
    return line;
  }

  std::string_view text_;
  std::string_view what_;
  yaml_parser_t parser_{};
  YamlDocument document_;
  std::vector<Open> open_;
  std::unordered_map<std::string, YamlNodeId> anchors_;
};

}  // namespace

tl::unexpected<Error> refuse_yaml(std::string_view what, int line, std::string_view reason,
                                  std::string hint) {
  return fail(ErrorKind::bad_input, fmt::format("{}: line {}: {}", what, line, reason), std::move(hint));
}

Result<YamlDocument> read_yaml_document(std::string_view text, std::string_view what) {
  if (!is_utf16(text) && !is_utf8(text)) {
    return fail(ErrorKind::bad_input, fmt::format("{}: is not UTF-8 text", what),
                "save it with the encoding UTF-8");
  }
  return Composer(text, what).compose();
}

}  // namespace bantam::base
