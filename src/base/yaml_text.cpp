#include "base/yaml_text.hpp"

#include <yaml.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/yaml_scalars.hpp"

namespace bantam::base {
namespace {

int append(void* target, unsigned char* bytes, std::size_t size) {
  // libyaml hands over bytes, std::string holds chars.
  static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(bytes), size);
  return 1;
}

bool is_plain_word(const std::string& text) {
  const auto is_ordinary = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
  };
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
         std::ranges::all_of(text, is_ordinary) && tag_of_plain(text) == kYamlText;
}

// Of a number, a truth value or null. "1e-05" is a text in YAML 1.1: its numbers with an exponent have a
// point.
std::string plain_text(const Json& value) {
  std::string text = to_text(value);
  const std::size_t exponent = value.is_number_float() ? text.find('e') : std::string::npos;
  if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
  return text;
}

class Writer {
 public:
  Writer() : is_good_(yaml_emitter_initialize(&emitter_) != 0) {
    yaml_emitter_set_output(&emitter_, &append, &text_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_width(&emitter_, -1);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { yaml_emitter_delete(&emitter_); }

  Result<std::string> write(const Json& json) {
    yaml_event_t event;
    emit(event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(event, yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1));
    add(json);
    emit(event, yaml_document_end_event_initialize(&event, 1));
    emit(event, yaml_stream_end_event_initialize(&event));
    if (is_good_ && yaml_emitter_flush(&emitter_) != 0) return text_;
    return fail(ErrorKind::environment, "there is not enough memory to write YAML");
  }

 private:
  // Of an event that was made if `made` is not 0; the emitter takes it.
  void emit(yaml_event_t& event, int made) {
    is_good_ = is_good_ && made != 0 && yaml_emitter_emit(&emitter_, &event) != 0;
  }

  void add_scalar(const std::string& text, yaml_scalar_style_t style) {
    yaml_event_t event;
    const auto* bytes = reinterpret_cast<const yaml_char_t*>(text.data());
    emit(event, yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes, static_cast<int>(text.size()),
                                             1, 1, style));
  }

  void add_text(const std::string& text) {
    std::string whole = text;
    if (!is_utf8(text)) {
      // Broken bytes become U+FFFD when JSON is written.
      const auto mended = parse_json(to_text(Json(text)), "a text");
      whole = mended ? mended->get<std::string>() : std::string();
    }
    add_scalar(whole, is_plain_word(whole) ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
  }

  void add(const Json& json) {
    yaml_event_t event;
    if (json.is_object()) {
      emit(event, yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE));
      for (const auto& [key, value] : json.items()) {
        add_text(key);
        add(value);
      }
      emit(event, yaml_mapping_end_event_initialize(&event));
    } else if (json.is_array()) {
      emit(event,
           yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE));
      for (const Json& value : json) add(value);
      emit(event, yaml_sequence_end_event_initialize(&event));
    } else if (json.is_string()) {
      add_text(json.get_ref<const std::string&>());
    } else {
      add_scalar(plain_text(json), YAML_PLAIN_SCALAR_STYLE);
    }
  }

  std::string text_;
  yaml_emitter_t emitter_{};
  bool is_good_;
};

}  // namespace

Result<std::string> yaml_text(const Json& json) {
  return Writer().write(json);
}

}  // namespace bantam::base
