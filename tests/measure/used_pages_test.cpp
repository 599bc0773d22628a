// Pages that a program uses: by the text of smaps, and on the real kernel.
#include "measure/used_pages.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "support/temp_dir.hpp"

namespace bantam::measure {
namespace {

// The model's file twice, a library, the heap and shared memory; sizes in kB.
constexpr const char* kSmaps = R"(7f00-7f10 r--s 00000000 08:01 42                 /models/my model.gguf
Size:               1024 kB
Rss:                 512 kB
Pss:                 256 kB
Referenced:          128 kB
Anonymous:             0 kB
VmFlags: rd sh
7f10-7f20 r--s 00400000 08:01 42                 /models/my model.gguf
Rss:                 100 kB
Pss:                 100 kB
Referenced:           40 kB
Anonymous:             0 kB
7f20-7f30 rw-p 00000000 08:01 43                 /usr/lib/libx.so
Rss:                  60 kB
Pss:                  30 kB
Referenced:           60 kB
Anonymous:            10 kB
7f30-7f40 rw-p 00000000 00:00 0                  [heap]
Rss:                2000 kB
Pss:                2000 kB
Referenced:          100 kB
Anonymous:          2000 kB
7f40-7f50 rw-p 00000000 00:00 0
Rss:                 300 kB
Pss:                 300 kB
Referenced:          300 kB
Anonymous:           300 kB
7f50-7f60 rw-s 00000000 00:01 77                 /memfd:bantam-heartbeat (deleted)
Rss:                   4 kB
Pss:                   2 kB
Referenced:            4 kB
Anonymous:             0 kB
)";

TEST(UsedPages, AreToldByWhoseTheyAre) {
  const UsedPages pages = used_pages_in(kSmaps, {"/models/my model.gguf"});
  EXPECT_EQ(pages.file_used_bytes, (128 + 40) * 1024);
  EXPECT_EQ(pages.file_resident_bytes, (512 + 100) * 1024);
  EXPECT_EQ(pages.program_bytes, (30 - 10) * 1024);
  EXPECT_EQ(pages.private_bytes, (10 + 2000 + 300 + 4) * 1024);
}

TEST(UsedPages, OnlyThoseThatWereReadSinceCount) {
  const support::TempDir folder;
  const auto path = std::filesystem::canonical(folder.path()) / "weights.bin";
  constexpr std::size_t kBytes = 16 << 20;
  std::ofstream(path, std::ios::binary) << std::string(kBytes, 'w');
  const int file = ::open(path.c_str(), O_RDONLY);
  auto* bytes = static_cast<const volatile char*>(::mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, file, 0));
  ::close(file);
  ASSERT_NE(bytes, MAP_FAILED);
  const auto read = [bytes](std::size_t count) {
    for (std::size_t i = 0; i < count; i += 4096) static_cast<void>(bytes[i]);
  };
  read(kBytes);
  if (!forget_used_pages()) GTEST_SKIP() << "the kernel does not tell which pages are used";
  read(kBytes / 4);
  const auto pages = read_used_pages({path.string()});
  ASSERT_TRUE(pages);
  EXPECT_EQ(pages->file_resident_bytes, kBytes);
  // Pages that the kernel maps in as one count as one.
  EXPECT_GE(pages->file_used_bytes, kBytes / 4);
  EXPECT_LE(pages->file_used_bytes, kBytes / 4 + (2 << 20));
  EXPECT_GT(pages->program_bytes, 0);
  ::munmap(const_cast<char*>(bytes), kBytes);
}

}  // namespace
}  // namespace bantam::measure
