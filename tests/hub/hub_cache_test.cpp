#include "hub/hub_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "hub/hub.hpp"
#include "support/temp_dir.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
namespace fs = std::filesystem;

const std::string kCommit(40, 'c');
const Repository kRepository{RepositoryKind::models, "user/repo"};

std::string git_id(const std::string& content) {
  base::Digest digest = base::Digest::git_blob(content.size());
  digest.add(content);
  return digest.hex();
}

class HubCacheTest : public testing::Test {
 protected:
  HubCacheTest() { ::setenv("BANTAM_CACHE", (folder_.path() / "bantam").c_str(), 1); }
  ~HubCacheTest() override { ::unsetenv("BANTAM_CACHE"); }

  // As another tool of the hub leaves a file.
  RemoteFile put(const std::string& name, const std::string& content) {
    const RemoteFile file{kRepository, kCommit, name, content.size(), *content_hash(base::sha256(content))};
    const fs::path blob = cache_.blob_path(kRepository, file.hash);
    fs::create_directories(blob.parent_path());
    std::ofstream(blob) << content;
    const fs::path link = cache_.snapshot_path(kRepository, kCommit) / name;
    fs::create_directories(link.parent_path());
    fs::create_symlink(fs::relative(blob, link.parent_path()), link);
    return file;
  }

  support::TempDir folder_;
  HubCache cache_{folder_.path() / "hub"};
};

// The id that `git hash-object` prints for a file with "hello\n".
TEST(GitBlob, IsTheIdThatGitGives) {
  EXPECT_EQ(git_id("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST_F(HubCacheTest, FindsWhatAnotherToolFetched) {
  const RemoteFile file = put("sub/x.gguf", "weights");
  ASSERT_TRUE(base::write_file_atomically(cache_.repository_path(kRepository) / "refs" / "main", kCommit));
  EXPECT_EQ(cache_.repository_path(kRepository).filename(), "models--user--repo");
  EXPECT_EQ(**cache_.known_commit(kRepository, "main"), kCommit);
  EXPECT_EQ(**cache_.known_commit(kRepository, kCommit), kCommit);
  EXPECT_FALSE(*cache_.known_commit(kRepository, "other"));
  const auto files = cache_.files_in(kRepository, kCommit);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->front().name, "sub/x.gguf");
  EXPECT_EQ(files->front().bytes, 7u);
  EXPECT_EQ(files->front().hash.hex, file.hash.hex);
  EXPECT_TRUE(*cache_.has_blob(kRepository, file.hash));
}

TEST_F(HubCacheTest, LeavesOutFilesWithoutAKnownHash) {
  put("x.gguf", "weights");
  std::ofstream(cache_.snapshot_path(kRepository, kCommit) / "copied.gguf") << "no link";
  EXPECT_EQ(cache_.files_in(kRepository, kCommit)->size(), 1u);
}

TEST_F(HubCacheTest, RefusesLinksThatLeadOut) {
  put("x.gguf", "weights");
  const fs::path outside = folder_.path() / "outside";
  std::ofstream(outside) << "secret";
  fs::create_symlink(outside, cache_.snapshot_path(kRepository, kCommit) / "y.gguf");
  const auto files = cache_.files_in(kRepository, kCommit);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, ErrorKind::integrity);
  EXPECT_THAT(list_cached(cache_).front().files, testing::SizeIs(1));
}

TEST_F(HubCacheTest, RefusesAFolderThatLeadsOut) {
  const RemoteFile file = put("x.gguf", "weights");
  const fs::path outside = folder_.path() / "outside";
  fs::create_directories(outside);
  fs::create_directory_symlink(outside, cache_.snapshot_path(kRepository, kCommit) / "sub");
  RemoteFile inside = file;
  inside.name = "sub/x.gguf";
  EXPECT_EQ(cache_.link(inside).error().kind, ErrorKind::integrity);
  EXPECT_TRUE(fs::is_empty(outside));
}

TEST_F(HubCacheTest, RefusesEveryPlaceOfADownloadThatLeadsOut) {
  const fs::path outside = folder_.path() / "outside";
  const fs::path repository = cache_.repository_path(kRepository);
  const RemoteFile file{kRepository, kCommit, "x.gguf", 1, *content_hash(base::sha256("x"))};
  const fs::path lock = cache_.lock_path(kRepository, file.hash);
  const fs::path blob = cache_.blob_path(kRepository, file.hash);
  for (const fs::path& link :
       {repository, repository / "blobs", repository / "snapshots", cache_.root() / ".locks",
        lock.parent_path(), lock, blob, fs::path(blob.string() + kPartSuffix),
        fs::path(blob.string() + kEtagSuffix)}) {
    for (const bool there : {true, false}) {  // what a link leads to may yet have to be made
      fs::remove_all(cache_.root());
      fs::remove_all(outside);
      fs::create_directories(link.parent_path());
      if (there) fs::create_directories(outside);
      fs::create_symlink(outside, link);
      const auto checked = cache_.check_place(file);
      ASSERT_FALSE(checked) << link;
      EXPECT_EQ(checked.error().kind, ErrorKind::integrity);
    }
  }
}

TEST_F(HubCacheTest, TakesLinksAboveItAndThoseOfOtherTools) {
  fs::create_directories(folder_.path() / "disk");
  fs::create_directory_symlink("disk", folder_.path() / "hub");
  const RemoteFile file = put("x.gguf", "weights");
  fs::remove(cache_.blob_path(kRepository, file.hash));  // its link is left, and leads nowhere
  EXPECT_TRUE(cache_.check_place(file));
}

TEST_F(HubCacheTest, SetsDamagedContentAside) {
  const RemoteFile file = put("x.gguf", "weights");
  const fs::path blob = cache_.blob_path(kRepository, file.hash);
  std::ofstream(blob) << "weightz";
  const auto there = cache_.has_blob(kRepository, file.hash);
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().kind, ErrorKind::integrity);
  EXPECT_FALSE(fs::exists(blob));
  EXPECT_TRUE(fs::exists(blob.string() + ".corrupt"));
  EXPECT_FALSE(*cache_.has_blob(kRepository, file.hash));
}

TEST_F(HubCacheTest, ChecksSmallFilesByTheirGitId) {
  const RemoteFile file{kRepository, kCommit, "config.json", 2, *content_hash(git_id("{}"))};
  fs::create_directories(cache_.blob_path(kRepository, file.hash).parent_path());
  std::ofstream(cache_.blob_path(kRepository, file.hash)) << "{}";
  EXPECT_TRUE(*cache_.has_blob(kRepository, file.hash));
  std::ofstream(cache_.blob_path(kRepository, file.hash)) << "[]";
  EXPECT_FALSE(cache_.has_blob(kRepository, file.hash));
}

TEST_F(HubCacheTest, LinksAsOtherToolsDo) {
  RemoteFile file = put("x.gguf", "weights");
  file.name = "a/b/y.gguf";
  const auto path = cache_.link(file);
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(fs::read_symlink(*path), fs::path("../../../../blobs") / file.hash.hex);
  EXPECT_EQ(*base::read_file(*path), "weights");
  EXPECT_TRUE(cache_.link(file));  // again
  file.name = "../y.gguf";
  EXPECT_EQ(cache_.link(file).error().kind, ErrorKind::integrity);
}

// A process that is killed between making a link and renaming it leaves NAME.PID.tmp.
TEST_F(HubCacheTest, LinksOfKilledProcessesGo) {
  RemoteFile file = put("x.gguf", "weights");
  file.name = "y.gguf";
  const auto folder = cache_.snapshot_path(kRepository, kCommit);
  const auto target = fs::read_symlink(folder / "x.gguf");
  fs::create_symlink(target, folder / "y.gguf.4194999.tmp");
  fs::create_symlink(target, folder / "y.gguf.mine.tmp");
  fs::create_symlink("elsewhere", folder / "y.gguf.17.tmp");
  ASSERT_TRUE(cache_.link(file));
  EXPECT_FALSE(fs::is_symlink(folder / "y.gguf.4194999.tmp"));
  EXPECT_TRUE(fs::is_symlink(folder / "y.gguf.mine.tmp"));
  EXPECT_TRUE(fs::is_symlink(folder / "y.gguf.17.tmp"));
}

TEST_F(HubCacheTest, IsListed) {
  put("x.gguf", "weights");
  put("y.json", "{}");
  ASSERT_TRUE(cache_.remember_revision(kRepository, "refs/pr/1", kCommit));
  const auto snapshots = list_cached(cache_);
  ASSERT_EQ(snapshots.size(), 1u);
  EXPECT_EQ(snapshots[0].repository.name, "user/repo");
  EXPECT_EQ(snapshots[0].bytes, 9u);
  EXPECT_THAT(snapshots[0].revisions, testing::ElementsAre("refs/pr/1"));
  EXPECT_TRUE(list_cached(HubCache(folder_.path() / "nowhere")).empty());
}

TEST_F(HubCacheTest, OfflineGivesWhatIsThereAndSaysWhatIsNot) {
  put("x.gguf", "weights");
  ASSERT_TRUE(cache_.remember_revision(kRepository, "main", kCommit));
  Hub hub{cache_, std::nullopt, {}};
  EXPECT_EQ(list_repository(hub, kRepository, "main")->files.size(), 1u);
  EXPECT_EQ(list_repository(hub, kRepository, "dev").error().kind, ErrorKind::environment);
  EXPECT_EQ(list_repository(hub, {RepositoryKind::models, "user/other"}, "main").error().kind,
            ErrorKind::environment);
}

TEST(HubCacheRoot, FollowsTheVariablesInTheirOrder) {
  const std::vector<std::string> names{"LLAMA_CACHE", "HF_HUB_CACHE",   "HUGGINGFACE_HUB_CACHE",
                                       "HF_HOME",     "XDG_CACHE_HOME", "HOME"};
  std::vector<std::optional<std::string>> before;
  for (const std::string& name : names) {
    const char* value = std::getenv(name.c_str());
    before.push_back(value ? std::optional<std::string>(value) : std::nullopt);
    ::setenv(name.c_str(), ("/" + name).c_str(), 1);
  }
  std::vector<std::string> roots;
  for (const std::string& name : names) {
    roots.push_back(HubCache::shared()->root().string());
    ::unsetenv(name.c_str());
  }
  EXPECT_THAT(roots,
              testing::ElementsAre("/LLAMA_CACHE", "/HF_HUB_CACHE", "/HUGGINGFACE_HUB_CACHE", "/HF_HOME/hub",
                                   "/XDG_CACHE_HOME/huggingface/hub", "/HOME/.cache/huggingface/hub"));
  EXPECT_EQ(HubCache::shared().error().kind, ErrorKind::environment);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (before[i]) ::setenv(names[i].c_str(), before[i]->c_str(), 1);
  }
}

}  // namespace
}  // namespace bantam::hub
