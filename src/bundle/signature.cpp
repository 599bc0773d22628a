#include "bundle/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>
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
constexpr std::uint64_t kMostSignatureBytes = 1 << 16;
constexpr std::string_view kFirstLine = "-----BEGIN SSH SIGNATURE-----";
// How ssh-keygen says that what it was given is no signature of the text. All else is about itself.
constexpr std::array<std::string_view, 6> kAgainst{"incorrect signature", "namespace does not match",
                                                   "invalid format",      "incomplete message",
                                                   "missing header",      "missing footer"};

// Never asks: a passphrase that is wanted is an empty one, from a program that gives nothing.
base::Program ssh_keygen(std::vector<std::string> arguments) {
  base::Program program;
  program.arguments = {"ssh-keygen", "-Y"};
  program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
  program.environment = {{"SSH_ASKPASS", "false"}, {"SSH_ASKPASS_REQUIRE", "force"}, {"LC_ALL", "C"}};
  program.timeout_s = kMostSecondsOfKeygen;
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

bool is_against(const base::ProgramEnd& end) {
  return std::ranges::any_of(
      kAgainst, [&end](std::string_view words) { return end.errors.find(words) != std::string::npos; });
}

// An ssh-keygen that knows no signatures names the option first, and then all that it knows.
std::string first_words(const base::ProgramEnd& end) {
  const std::string_view errors = base::trim(end.errors);
  if (errors.empty()) return fmt::format("ssh-keygen ends with {}", end.exit_code);
  return fmt::format("ssh-keygen says: {}", errors.substr(0, errors.find('\n')));
}

Result<base::ProgramEnd> end_of(base::Program keygen, const fs::path& input, double most_seconds) {
  keygen.input = input;
  keygen.timeout_s = most_seconds;
  TRY_ASSIGN(base::ProgramEnd end, base::run_program(keygen));
  if (end.timed_out)
    return base::fail(base::ErrorKind::environment,
                      fmt::format("ssh-keygen takes longer than {:g} s", most_seconds));
  return end;
}

// What the file is to the text; the error says why nobody can tell. Both are copied first: they are what was
// read, whatever happens to the files meanwhile.
Result<Signature> told_by_keygen(std::string_view text, const fs::path& file,
                                 const std::optional<Signer>& signer, double most_seconds) {
  TRY_ASSIGN(const std::string own, base::read_file(file, kMostSignatureBytes));
  if (!own.starts_with(kFirstLine)) return Signature{Signed::wrong, std::nullopt, std::nullopt};
  TRY_ASSIGN(const auto folder, base::TemporaryFolder::make("verify"));
  const fs::path copy = folder.path() / "bundle";
  const fs::path copy_of_signature = signature_path(copy);
  TRY(base::write_file_atomically(copy, text));
  TRY(base::write_file_atomically(copy_of_signature, own));
  if (signer) {
    const base::Program verify = ssh_keygen({"verify", "-f", signer->allowed.string(), "-I", signer->identity,
                                             "-n", kNamespace, "-s", copy_of_signature.string()});
    TRY_ASSIGN(const auto end, end_of(verify, copy, most_seconds));
    if (end.ok()) return Signature{Signed::by_signer, key_in(end.output), std::nullopt};
  }
  const base::Program fits =
      ssh_keygen({"check-novalidate", "-n", kNamespace, "-s", copy_of_signature.string()});
  TRY_ASSIGN(const auto end, end_of(fits, copy, most_seconds));
  if (end.ok())
    return Signature{signer ? Signed::by_other : Signed::by_someone, key_in(end.output), std::nullopt};
  if (is_against(end)) return Signature{Signed::wrong, std::nullopt, std::nullopt};
  return base::fail(base::ErrorKind::environment, first_words(end));
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

Result<Signature> check_signature(std::string_view text, const fs::path& bundle,
                                  const std::optional<Signer>& signer, double most_seconds) {
  std::optional<Signer> asked = signer;
  if (asked) {
    TRY_ASSIGN(asked->allowed, regular_file(signer->allowed, "file of signers"));
    if (const auto list = base::read_file(asked->allowed); !list)
      return base::fail(base::ErrorKind::environment, base::printable(list.error().message));
  }
  const fs::path file = signature_path(bundle);
  Signature signature;
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) {
    auto told = told_by_keygen(text, file, asked, most_seconds);
    if (!told && asked)
      return base::fail(base::ErrorKind::environment,
                        base::printable(fmt::format("the signature {} was not checked: {}", file.string(),
                                                    told.error().message)),
                        "it takes a file that can be read, and ssh-keygen of OpenSSH 8.1 or later");
    if (told)
      signature = *std::move(told);
    else
      signature = {Signed::unchecked, std::nullopt, std::nullopt, base::printable(told.error().message)};
  }
  if (asked) signature.signer = asked->identity;
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
      return "The signature beside it is of other content, or none.";
    case Signed::unchecked:
      return fmt::format("Its signature was not checked: {}.",
                         signature.why_unchecked.value_or("nobody can tell why"));
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
