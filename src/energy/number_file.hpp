#pragma once
// One number, or one word, in a small file of the kernel, read again and again. Reading allocates nothing.
// One thread at a time.

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "energy/reading.hpp"

namespace bantam::energy {

// Room for what a small file holds, and what is in it without white space at its ends.
struct SmallText {
  std::array<char, 64> room{};
  std::size_t begin = 0;
  std::size_t size = 0;
  Fault fault = Fault::none;

  std::string_view text() const { return {room.data() + begin, size}; }
};

struct Number {
  double value = 0.0;
  Fault fault = Fault::none;
};

// Anything but one finite number in decimal notation is a fault.
Number parse_finite(std::string_view text);

class SmallFile {
 public:
  explicit SmallFile(const std::filesystem::path& path) : path_(path.string()) {}

  // gone where there is no such file, malformed for more than 63 bytes. Keeps the file open, since a look-up
  // by its path takes several times as long as reading it; one that was replaced is opened anew.
  SmallText read() const;
  Number read_number() const;
  const std::string& path() const { return path_; }
  bool is_there() const;
  bool is_readable() const;  // by this user

 private:
  bool is_open_and_current() const;

  std::string path_;
  mutable base::Descriptor file_;
};

// Why a file that is there cannot be used: "this user may not read it".
std::string not_readable(std::string_view advice = {});

}  // namespace bantam::energy
