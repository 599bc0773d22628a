#include "bundle/signature.hpp"

#include <fmt/format.h>

#include <system_error>
#include <vector>

#include "base/files.hpp"
#include "base/subprocess.hpp"
#include "base/temporary_folder.hpp"
#include "base/text.hpp"

namespace bantam::bundle {
namespace {

namespace fs = std::filesystem;
using base::Result;

constexpr const char* kNamespace = "bantam";
constexpr double kMostSeconds = 60.0;
constexpr std::uint64_t kMostSignatureBytes = 1 << 16;

// Never asks: a passphrase that is wanted is an empty one, from a program that gives nothing.
base::Program ssh_keygen(std::vector<std::string> arguments) {
  base::Program program;
  program.arguments = {"ssh-keygen", "-Y"};
  program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
  program.environment = {{"SSH_ASKPASS", "false"}, {"SSH_ASKPASS_REQUIRE", "force"}, {"LC_ALL", "C"}};
  program.timeout_s = kMostSeconds;
  return program;
}

Result<fs::path> regular_file(const fs::path& path, std::string_view what) {
  std::error_code error;
  const fs::path full = fs::absolute(path, error);
  if (!error && fs::is_regular_file(full, error)) return full;
  return base::fail(base::ErrorKind::usage,
                    fmt::format("the {} {} is no file", what, base::printable(path.string())));
}

// "ED25519 key SHA256:..." of 'Good "bantam" signature for NAME with ED25519 key SHA256:...'.
std::optional<std::string> key_in(const std::string& output) {
  const auto with = output.rfind(" with ");
  if (with == std::string::npos) return std::nullopt;
  const auto key = base::trim(std::string_view(output).substr(with + 6));
  return base::printable(key.substr(0, key.find('\n')));
}

}  // namespace

fs::path signature_path(const fs::path& bundle) {
  return bundle.string() + ".sig";
}

std::string_view name(Signed state) {
  switch (state) {
    case Signed::no:
      return "none";
    case Signed::by_signer:
      return "signer";
    case Signed::by_other:
      return "other_signer";
    case Signed::by_someone:
      return "unknown_signer";
    case Signed::wrong:
      return "wrong";
    case Signed::unchecked:
      return "unchecked";
  }
  return {};
}

Result<std::string> sign(std::string_view text, const fs::path& key) {
  TRY_ASSIGN(const fs::path key_file, regular_file(key, "key"));
  TRY_ASSIGN(const auto folder, base::TemporaryFolder::make("sign"));
  const fs::path file = folder.path() / "bundle";
  TRY(base::write_file_atomically(file, text));
  TRY_ASSIGN(
      const auto end,
      base::run_program(ssh_keygen({"sign", "-f", key_file.string(), "-n", kNamespace, file.string()})));
  if (!end.ok())
    return base::fail(base::ErrorKind::environment,
                      fmt::format("ssh-keygen does not sign: {}", end.last_words()),
                      "a key with a passphrase is used through ssh-agent: give its .pub file");
  return base::read_file(signature_path(file), kMostSignatureBytes);
}

Result<Signature> check_signature(const fs::path& bundle, const std::optional<Signer>& signer) {
  Signature signature;
  if (signer) signature.signer = signer->identity;
  std::error_code error;
  const fs::path file = fs::absolute(signature_path(bundle), error);
  std::optional<fs::path> allowed;
  if (signer) {
    TRY_ASSIGN(allowed, regular_file(signer->allowed, "file of signers"));
  }
  if (!fs::exists(fs::symlink_status(file, error))) return signature;
  if (signer) {
    base::Program verify = ssh_keygen(
        {"verify", "-f", allowed->string(), "-I", signer->identity, "-n", kNamespace, "-s", file.string()});
    verify.input = bundle;
    TRY_ASSIGN(const auto end, base::run_program(verify));
    if (end.ok()) {
      signature.state = Signed::by_signer;
      signature.key = key_in(end.output);
      return signature;
    }
  }
  base::Program fits = ssh_keygen({"check-novalidate", "-n", kNamespace, "-s", file.string()});
  fits.input = bundle;
  const auto end = base::run_program(fits);
  if (!end) {
    signature.state = Signed::unchecked;
  } else if (end->ok()) {
    signature.state = signer ? Signed::by_other : Signed::by_someone;
    signature.key = key_in(end->output);
  } else {
    signature.state = Signed::wrong;
  }
  return signature;
}

std::string sentence(const Signature& signature) {
  const std::string key = signature.key.value_or("a key that ssh-keygen does not name");
  const std::string signer = signature.signer.value_or("");
  switch (signature.state) {
    case Signed::no:
      return "Not signed: nothing says who made it.";
    case Signed::by_signer:
      return fmt::format("Signed by {} ({}).", signer, key);
    case Signed::by_other:
      return fmt::format("Signed, but not by {}: by {}.", signer, key);
    case Signed::by_someone:
      return fmt::format("Signed by {}; whose key that is was not asked (--signer, --identity).", key);
    case Signed::wrong:
      return "Its signature is of other content.";
    case Signed::unchecked:
      return "Its signature was not checked: ssh-keygen cannot be started.";
  }
  return {};
}

std::optional<std::string> complaint(const Signature& signature) {
  if (signature.state == Signed::wrong) return "the signature beside it is of other content, or none";
  if (!signature.signer || signature.state == Signed::by_signer) return std::nullopt;
  const std::string signer = base::printable(*signature.signer);
  if (signature.state == Signed::no)
    return fmt::format("it is not signed, and a signature by {} was asked for", signer);
  return fmt::format("it is signed by {}, which is no key of {} among the allowed signers",
                     signature.key.value_or("another key"), signer);
}

}  // namespace bantam::bundle
