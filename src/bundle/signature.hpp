#pragma once
// Who made a bundle: signatures of OpenSSH (`ssh-keygen -Y`), in a file FILE.sig beside FILE. The hash of a
// bundle says that it is whole; only a signature says whose it is.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::bundle {

// FILE.sig.
std::filesystem::path signature_path(const std::filesystem::path& bundle);

// The signature of a text by a private key, or by a public one whose private key an agent holds; nobody is
// asked for a passphrase. usage when the key is no file; environment when ssh-keygen is not there or refuses.
base::Result<std::string> sign(std::string_view text, const std::filesystem::path& key);

// Whose signature is looked for: an ALLOWED SIGNERS file as in ssh-keygen(1), and a name in it.
struct Signer {
  std::filesystem::path allowed;
  std::string identity;
};

enum class Signed {
  no,          // there is no signature
  by_signer,   // by the one that was asked for
  by_other,    // it is of this content, and by a key that is not the signer's
  by_someone,  // it is of this content; no signer was asked for
  wrong,       // it is no signature of this content
  unchecked    // there is something, and nobody can tell what: Signature::why_unchecked
};
std::string_view name(Signed state);

struct Signature {
  Signed state = Signed::no;
  std::optional<std::string> key;     // "ED25519 key SHA256:..."; absent where ssh-keygen names none
  std::optional<std::string> signer;  // who was asked for
  std::optional<std::string> why_unchecked = {};
};

// How long ssh-keygen may take.
inline constexpr double kMostSecondsOfKeygen = 60.0;

// Of this text, which was read from `bundle`, by the file beside that. What is no answer of ssh-keygen about
// the signature leaves it unchecked or, when a signer is asked for, is an environment error, as is a list of
// signers that cannot be read. usage when that is no file.
base::Result<Signature> check_signature(std::string_view text, const std::filesystem::path& bundle,
                                        const std::optional<Signer>& signer,
                                        double most_seconds = kMostSecondsOfKeygen);

// "Signed by ada@example.org (ED25519 key SHA256:...)."
std::string sentence(const Signature& signature);
// What is wrong: it is of other content, or not by the signer who was asked for. Absent when nothing is.
std::optional<std::string> complaint(const Signature& signature);

}  // namespace bantam::bundle
