#include "base/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <vector>

#include "base/files.hpp"

namespace bantam::base {

struct Digest::State {
  explicit State(const EVP_MD* algorithm) : context(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context.get(), algorithm, nullptr);
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context;
};

Digest::Digest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

Digest Digest::sha256() {
  return Digest(std::make_unique<State>(EVP_sha256()));
}

Digest Digest::git_blob(std::uint64_t bytes) {
  Digest digest(std::make_unique<State>(EVP_sha1()));
  const std::string head = fmt::format("blob {}", bytes);
  digest.add({head.c_str(), head.size() + 1});  // with its NUL
  return digest;
}

void Digest::add(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256(std::string_view content) {
  Digest digest = Digest::sha256();
  digest.add(content);
  return digest.hex();
}

namespace {

// Looking the algorithm up and making a context take longer than hashing a short text: both are kept.
struct Kept {
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                            &EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

std::int64_t short_sha256(std::string_view content) {
  constexpr std::size_t kDigits = 15;
  thread_local const Kept kept;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_DigestInit_ex2(kept.context.get(), kept.algorithm.get(), nullptr);
  EVP_DigestUpdate(kept.context.get(), content.data(), content.size());
  EVP_DigestFinal_ex(kept.context.get(), digest.data(), nullptr);
  std::int64_t number = 0;
  for (std::size_t digit = 0; digit < kDigits; ++digit) {
    const unsigned byte = digest[digit / 2];
    number = number * 16 + static_cast<std::int64_t>(digit % 2 == 0 ? byte >> 4U : byte & 0xFU);
  }
  return number;
}

Result<std::string> digest_of_file(const std::filesystem::path& path, Digest digest,
                                   const OnBlock& on_block) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::bad_input, fmt::format("cannot open {}", path.string()));
  std::vector<char> block(std::size_t{1} << 20);
  int cause = 0;
  for (std::uint64_t done = 0; file;) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    cause = errno;  // of a failed read
    const auto got = static_cast<std::size_t>(file.gcount());
    digest.add({block.data(), got});
    done += got;
    TRY(on_block(done));
  }
  if (!file.eof()) {
    return fail(ErrorKind::storage, fmt::format("{} cannot be read: {}", path.string(), errno_text(cause)),
                "check the disk, or copy the file to another one");
  }
  return digest.hex();
}

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
  return digest_of_file(path, Digest::sha256(), [](std::uint64_t) { return Status{}; });
}

}  // namespace bantam::base
