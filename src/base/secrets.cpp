#include "base/secrets.hpp"

#include <sys/resource.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "base/text.hpp"

extern char** environ;

namespace bantam::base {
namespace {

constexpr std::size_t kShortestKnown = 8;
constexpr std::string_view kMask = "***";
constexpr std::string_view kHubPrefix = "hf_";

// Last words of a name whose value is a secret.
constexpr std::array<std::string_view, 13> kSecretEnds{
    "api-key",    "apikey", "access-key", "secret-key", "private-key", "wandb-key", "api-token",
    "auth-token", "secret", "password",   "passwd",     "passphrase",  "bearer"};

struct Known {
  std::mutex mutex;
  std::set<std::string, std::less<>> texts;
  std::map<std::string, std::string> variables;
};

// Never destroyed: messages are shown until the very end.
Known& known() {
  static Known& kept = *new Known;
  return kept;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || is_upper(c) || is_lower(c);
}
bool is_token_character(char c) {
  return is_alphanumeric(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos;
}
bool is_key_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

char lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

template <typename Takes>
std::size_t run_length(std::string_view text, Takes takes) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), takes) - text.begin());
}

// Long, or of kinds of letters that no word has together.
bool looks_random(std::string_view text, std::size_t least, std::size_t least_of_letters) {
  if (text.size() < least) return false;
  const bool mixed =
      std::any_of(text.begin(), text.end(), is_digit) ||
      (std::any_of(text.begin(), text.end(), is_upper) && std::any_of(text.begin(), text.end(), is_lower));
  return mixed || text.size() >= least_of_letters;
}

// A place in a text, from which some characters are to be masked.
struct Found {
  std::size_t keep = 0;  // characters that stay before the mask
  std::size_t hide = 0;  // 0: no secret begins here
};

struct Form {
  std::string_view prefix;
  bool (*takes)(char);
  std::size_t least;             // characters behind the prefix
  std::size_t least_of_letters;  // where they are letters of one case only
};
constexpr std::array<Form, 13> kForms{{
    {kHubPrefix, is_alphanumeric, 8, 16},
    {"sk-", is_key_character, 16, 20},
    {"ghp_", is_alphanumeric, 16, 20},
    {"gho_", is_alphanumeric, 16, 20},
    {"ghu_", is_alphanumeric, 16, 20},
    {"ghs_", is_alphanumeric, 16, 20},
    {"github_pat_", is_key_character, 16, 20},
    {"glpat-", is_key_character, 16, 20},
    {"xoxb-", is_key_character, 16, 20},
    {"xoxp-", is_key_character, 16, 20},
    {"AKIA", is_alphanumeric, 16, 16},
    {"nvapi-", is_key_character, 16, 20},
    {"eyJ", is_token_character, 32, 32},
}};

Found key_at(std::string_view text) {
  for (const Form& form : kForms) {
    if (!text.starts_with(form.prefix)) continue;
    const std::size_t length = run_length(text.substr(form.prefix.size()), form.takes);
    if (!looks_random(text.substr(form.prefix.size(), length), form.least, form.least_of_letters)) continue;
    const std::size_t kept = form.prefix == kHubPrefix ? kHubPrefix.size() : 0;
    return {kept, form.prefix.size() + length - kept};
  }
  return {};
}

// "Bearer TOKEN", and any scheme behind "Authorization:".
Found credentials_at(std::string_view text) {
  static constexpr std::string_view kHeader = "authorization:";
  static constexpr std::string_view kBearer = "bearer ";
  if (equal_but_for_case(text.substr(0, kHeader.size()), kHeader)) {
    std::size_t at = kHeader.size();
    at += run_length(text.substr(at), [](char c) { return c == ' '; });
    const std::size_t scheme = run_length(text.substr(at), is_alphanumeric);
    if (at + scheme < text.size() && text[at + scheme] == ' ') at += scheme + 1;
    return {at, run_length(text.substr(at), is_token_character)};
  }
  if (!equal_but_for_case(text.substr(0, kBearer.size()), kBearer)) return {};
  const std::size_t length = run_length(text.substr(kBearer.size()), is_token_character);
  if (!looks_random(text.substr(kBearer.size(), length), 8, 20)) return {};
  return {kBearer.size(), length};
}

// "://USER:PASSWORD@"
Found user_at(std::string_view text) {
  static constexpr std::string_view kMark = "://";
  if (!text.starts_with(kMark)) return {};
  const std::string_view rest = text.substr(kMark.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?# \t\r\n\"'<>"));
  const auto end = authority.rfind('@');
  return end == std::string_view::npos ? Found{} : Found{kMark.size(), end};
}

// "?token=VALUE", "&X-Amz-Signature=VALUE"
Found parameter_at(std::string_view text) {
  if (text.empty() || (text.front() != '?' && text.front() != '&')) return {};
  const std::size_t name = run_length(text.substr(1), is_key_character);
  if (1 + name >= text.size() || text[1 + name] != '=') return {};
  const std::string_view spelled = text.substr(1, name);
  const std::string plain = ascii_lower(spelled);
  if (!names_a_secret(plain) && !plain.ends_with("token") && !plain.ends_with("signature") &&
      !plain.ends_with("credential")) {
    return {};
  }
  const std::size_t start = name + 2;
  const std::string_view value = text.substr(start);
  return {start, std::min(value.find_first_of("& \t\r\n\"'<>#"), value.size())};
}

Found secret_at(std::string_view text, bool at_word) {
  if (const Found found = user_at(text); found.hide > 0) return found;
  if (const Found found = parameter_at(text); found.hide > 0) return found;
  if (!at_word) return {};
  if (const Found found = credentials_at(text); found.hide > 0) return found;
  return key_at(text);
}

std::string mask_forms(std::string_view text) {
  std::string out;
  bool at_word = true;
  for (std::size_t at = 0; at < text.size();) {
    const Found found = secret_at(text.substr(at), at_word);
    if (found.hide > 0) {
      out += text.substr(at, found.keep);
      out += kMask;
      at += found.keep + found.hide;
      at_word = false;
      continue;
    }
    at_word = !is_alphanumeric(text[at]);
    out += text[at++];
  }
  return out;
}

// The place of `secret` in the text from `at` on, in any case.
std::size_t find_in_any_case(std::string_view text, std::string_view secret, std::size_t at) {
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), secret.begin(),
                                 secret.end(), [](char a, char b) { return lower(a) == lower(b); });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

std::string mask_text(std::string text, const std::string& secret) {
  const std::string mask =
      secret.starts_with(kHubPrefix) ? std::string(kHubPrefix) + std::string(kMask) : std::string(kMask);
  for (std::size_t at = 0; (at = find_in_any_case(text, secret, at)) != std::string::npos;
       at += mask.size()) {
    text.replace(at, secret.size(), mask);
  }
  return text;
}

bool is_secret_variable(std::string_view name) {
  return names_a_secret(name) || equal_but_for_case(name.substr(name.rfind('_') + 1), "token");
}

}  // namespace

void take_secrets_from_environment() {
  std::vector<std::string> names;
  for (char** setting = environ; setting != nullptr && *setting != nullptr; ++setting) {
    const std::string text(*setting);
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size()) continue;
    std::string name = text.substr(0, equals);
    if (!is_secret_variable(name)) continue;
    const std::string value = text.substr(equals + 1);
    keep_secret(trim(value));
    known().variables[name] = value;
    std::fill_n(*setting + name.size() + 1, value.size(), '\0');
    names.push_back(std::move(name));
  }
  if (names.empty()) return;
  for (const std::string& name : names) ::unsetenv(name.c_str());
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

std::optional<std::string> secret_variable(const std::string& name) {
  if (const char* value = std::getenv(name.c_str()); value != nullptr && *value != '\0') return value;
  const std::lock_guard lock(known().mutex);
  const auto found = known().variables.find(name);
  return found == known().variables.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> environment_without_secrets() {
  std::vector<std::string> settings;
  for (char** setting = environ; setting != nullptr && *setting != nullptr; ++setting) {
    const std::string_view text(*setting);
    const bool named = is_secret_variable(text.substr(0, text.find('=')));
    if (!named && mask_secrets(text) == text) settings.emplace_back(text);
  }
  return settings;
}

void keep_secret(std::string_view text) {
  if (text.size() < kShortestKnown) return;
  const std::lock_guard lock(known().mutex);
  known().texts.emplace(text);
}

bool names_a_secret(std::string_view name) {
  const std::string plain = replace_all(ascii_lower(name), "_", "-");
  static constexpr std::array<std::string_view, 5> kTokens{"token", "hf-token", "hub-token", "access-token",
                                                           "huggingface-token"};
  if (std::find(kTokens.begin(), kTokens.end(), plain) != kTokens.end()) return true;
  return std::any_of(kSecretEnds.begin(), kSecretEnds.end(), [&](std::string_view end) {
    return plain == end || (plain.ends_with(end) && plain[plain.size() - end.size() - 1] == '-');
  });
}

std::string mask_known_secrets(std::string_view text) {
  std::string masked(text);
  const std::lock_guard lock(known().mutex);
  for (const std::string& secret : known().texts) masked = mask_text(std::move(masked), secret);
  return masked;
}

std::string mask_secrets(std::string_view text) {
  return mask_forms(mask_known_secrets(text));
}

}  // namespace bantam::base
