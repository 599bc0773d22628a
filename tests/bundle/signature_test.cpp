#include "bundle/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/files.hpp"
#include "base/subprocess.hpp"
#include "support/temp_dir.hpp"

namespace bantam::bundle {
namespace {

using testing::HasSubstr;

class SignatureTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"ada", "eve"}) {
      const auto made = keygen({"-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path(name).string()});
      if (!made) GTEST_SKIP() << "needs ssh-keygen";
      ASSERT_TRUE(made->ok()) << made->errors;
    }
    put("signers", "ada@example.org namespaces=\"bantam\" " + base::read_file(path("ada.pub")).value());
    put("x.bundle", "a text\n");
  }
  static base::Result<base::ProgramEnd> keygen(std::vector<std::string> arguments) {
    base::Program program;
    program.arguments = {"ssh-keygen"};
    program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
    return base::run_program(program);
  }
  std::filesystem::path path(const std::string& file) const { return folder_.path() / file; }
  void put(const std::string& file, const std::string& text) const { std::ofstream(path(file)) << text; }
  void sign_by(const char* key) const {
    const auto signature = sign("a text\n", path(key));
    ASSERT_TRUE(signature) << signature.error().message;
    put("x.bundle.sig", *signature);
  }
  Signature checked(bool asks = true) const {
    std::optional<Signer> signer;
    if (asks) signer = Signer{path("signers"), "ada@example.org"};
    const auto text = base::read_file(path("x.bundle"));
    EXPECT_TRUE(text);
    const auto signature = check_signature(text.value_or(""), path("x.bundle"), signer);
    EXPECT_TRUE(signature) << (signature ? "" : signature.error().message);
    return signature.value_or(Signature{});
  }

  support::TempDir folder_;
};

TEST_F(SignatureTest, the_signer_who_was_asked_for) {
  sign_by("ada");
  const Signature signature = checked();
  EXPECT_EQ(signature.state, Signed::by_signer);
  EXPECT_THAT(sentence(signature), HasSubstr("Signed by ada@example.org (ED25519 key SHA256:"));
  EXPECT_EQ(complaint(signature), std::nullopt);
}

TEST_F(SignatureTest, somebody_else) {
  sign_by("eve");
  const Signature signature = checked();
  EXPECT_EQ(signature.state, Signed::by_other);
  EXPECT_THAT(complaint(signature).value_or(""), HasSubstr("which is no key of ada@example.org"));
}

TEST_F(SignatureTest, nobody_was_asked_for) {
  sign_by("eve");
  const Signature signature = checked(false);
  EXPECT_EQ(signature.state, Signed::by_someone);
  EXPECT_THAT(sentence(signature), HasSubstr("whose key that is was not asked"));
  EXPECT_EQ(complaint(signature), std::nullopt);
}

TEST_F(SignatureTest, other_content) {
  sign_by("ada");
  put("x.bundle", "another text\n");
  EXPECT_EQ(checked().state, Signed::wrong);
  EXPECT_EQ(checked(false).state, Signed::wrong);
  EXPECT_NE(complaint(checked(false)), std::nullopt);
}

TEST_F(SignatureTest, it_is_of_what_was_read_whatever_the_file_is_now) {
  sign_by("ada");
  put("x.bundle", "another text\n");
  const Signer signer{path("signers"), "ada@example.org"};
  EXPECT_EQ(check_signature("a text\n", path("x.bundle"), signer)->state, Signed::by_signer);
  put("x.bundle", "a text\n");
  EXPECT_EQ(check_signature("another text\n", path("x.bundle"), signer)->state, Signed::wrong);
}

TEST_F(SignatureTest, what_is_no_signature) {
  put("x.bundle.sig", "no signature\n");
  EXPECT_EQ(checked(false).state, Signed::wrong);
  put("x.bundle.sig", "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n");
  EXPECT_EQ(checked(false).state, Signed::wrong);
  put("x.bundle.sig", "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n");
  EXPECT_EQ(checked(false).state, Signed::wrong);
}

TEST_F(SignatureTest, no_signature) {
  EXPECT_EQ(checked().state, Signed::no);
  EXPECT_EQ(complaint(checked()), "it is not signed, and a signature by ada@example.org was asked for");
  EXPECT_EQ(complaint(checked(false)), std::nullopt);
}

TEST_F(SignatureTest, a_signature_for_another_purpose) {
  ASSERT_TRUE(
      keygen({"-Y", "sign", "-f", path("ada").string(), "-n", "file", path("x.bundle").string()})->ok());
  EXPECT_EQ(checked().state, Signed::wrong);
}

TEST_F(SignatureTest, what_is_no_key_or_no_list_of_signers) {
  EXPECT_EQ(sign("a", path("nowhere")).error().kind, base::ErrorKind::usage);
  put("text", "no key");
  EXPECT_EQ(sign("a", path("text")).error().kind, base::ErrorKind::environment);
  const auto refused = check_signature("a text\n", path("x.bundle"), Signer{path("nowhere"), "ada"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  const auto unread = check_signature("a text\n", path("x.bundle"), Signer{"/proc/self/mem", "ada"});
  ASSERT_FALSE(unread);
  EXPECT_EQ(unread.error().kind, base::ErrorKind::environment);
}

TEST_F(SignatureTest, a_key_with_a_passphrase_does_not_wait_for_it) {
  ASSERT_TRUE(keygen({"-q", "-t", "ed25519", "-N", "a passphrase", "-f", path("locked").string()})->ok());
  const auto refused = sign("a", path("locked"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("ssh-agent"));
}

// With another program in the place of ssh-keygen.
class KeygenTest : public testing::Test {
 protected:
  void SetUp() override {
    before_ = std::getenv("PATH");
    ::setenv("PATH", (path("").string() + ":" + before_).c_str(), 1);
    put("x.bundle.sig", "-----BEGIN SSH SIGNATURE-----\n");
    put("signers", "");
  }
  void TearDown() override { ::setenv("PATH", before_.c_str(), 1); }
  std::filesystem::path path(const std::string& file) const { return folder_.path() / file; }
  void put(const std::string& file, const std::string& text) const { std::ofstream(path(file)) << text; }
  void put_keygen(const std::string& script) const {
    put("ssh-keygen", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path("ssh-keygen"), std::filesystem::perms::owner_all);
  }
  // It accuses nobody, and no signer is taken for granted.
  void expect_unchecked(const std::string& why, double most_seconds = kMostSecondsOfKeygen) const {
    const auto plain = check_signature("a text\n", path("x.bundle"), {}, most_seconds);
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(plain->state, Signed::unchecked);
    EXPECT_THAT(sentence(*plain), HasSubstr("Its signature was not checked: " + why));
    EXPECT_EQ(complaint(*plain), std::nullopt);
    const auto asked =
        check_signature("a text\n", path("x.bundle"), Signer{path("signers"), "ada"}, most_seconds);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().kind, base::ErrorKind::environment);
    EXPECT_THAT(asked.error().message, HasSubstr("x.bundle.sig was not checked: " + why));
  }

  support::TempDir folder_;
  std::string before_;
};

TEST_F(KeygenTest, one_that_knows_no_signatures) {
  put_keygen("echo 'unknown option -- Y' >&2; echo 'usage: ssh-keygen [-q]' >&2; exit 1");
  expect_unchecked("ssh-keygen says: unknown option -- Y");
}

TEST_F(KeygenTest, one_that_says_nothing) {
  put_keygen("exit 3");
  expect_unchecked("ssh-keygen ends with 3");
}

TEST_F(KeygenTest, one_that_does_not_end) {
  put_keygen("exec sleep 20");
  expect_unchecked("ssh-keygen takes longer than 0.5 s", 0.5);
}

TEST_F(KeygenTest, a_signature_that_cannot_be_read) {
  std::filesystem::remove(path("x.bundle.sig"));
  std::filesystem::create_symlink("nowhere", path("x.bundle.sig"));
  expect_unchecked("cannot open");
  std::filesystem::remove(path("x.bundle.sig"));
  std::filesystem::create_directory(path("x.bundle.sig"));
  expect_unchecked("");
}

}  // namespace
}  // namespace bantam::bundle
