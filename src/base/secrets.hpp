#pragma once
// The user's secrets: access tokens, keys and passwords. They are taken out of the environment, so that no
// other process and no core file has them, and masked in all that is shown or stored.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::base {

// Takes every variable whose name says that it is a secret (HF_TOKEN, OPENAI_API_KEY, DB_PASSWORD) out of
// this process's environment, overwrites it there, and keeps its value to be masked. A process that took one
// leaves no core file from then on. To be called once, before there are threads.
void take_secrets_from_environment();

// The value of a variable, whether it was taken or still stands in the environment. Absent when it is empty
// or not set.
std::optional<std::string> secret_variable(const std::string& name);

// The environment of a child that needs no secret: "NAME=VALUE" of every variable without one, also in
// addresses.
std::vector<std::string> environment_without_secrets();

// From now on the text is masked. One of less than 8 characters is not: it would stand in ordinary words.
void keep_secret(std::string_view text);

// Whether the value of an option of this name is a secret: "token", "hf-token", "openai-api-key", "password".
// Dashes and underscores are alike, case does not matter.
bool names_a_secret(std::string_view name);

// The text without secrets: "hf_***" for one of the hub, else "***", in place of
//   - those that are known, in any case
//   - what has the form of one: hf_..., sk-..., ghp_..., Bearer ..., user:password@ and signatures in
//   addresses
std::string mask_secrets(std::string_view text);
// Only those that are known: for text that is somebody's data.
std::string mask_known_secrets(std::string_view text);

}  // namespace bantam::base
