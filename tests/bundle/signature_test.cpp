#include "bundle/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    const auto signature = check_signature(path("x.bundle"), signer);
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
  const auto refused = check_signature(path("x.bundle"), Signer{path("nowhere"), "ada"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
}

TEST_F(SignatureTest, a_key_with_a_passphrase_does_not_wait_for_it) {
  ASSERT_TRUE(keygen({"-q", "-t", "ed25519", "-N", "a passphrase", "-f", path("locked").string()})->ok());
  const auto refused = sign("a", path("locked"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("ssh-agent"));
}

}  // namespace
}  // namespace bantam::bundle
