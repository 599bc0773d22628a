#include "cli/out_of_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include "cli/command.hpp"
#include "job/out_of_memory.hpp"

namespace bantam::cli {
namespace {

[[noreturn]] void end_uncaught();

struct Ending {
  std::terminate_handler usual = std::set_terminate(&end_uncaught);
};
// Before all other objects: theirs may be the ones that find no memory.
__attribute__((init_priority(101))) const Ending ending;

[[noreturn]] void end_uncaught() {
  if (const auto exception = std::current_exception()) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::bad_alloc&) {
      std::_Exit(report_out_of_memory());
    } catch (const std::system_error& error) {
      if (job::is_lack_of_memory(error.code())) std::_Exit(report_out_of_memory());
    } catch (...) {  // the usual ending names it
    }
  }
  ending.usual();
  std::abort();
}

// A sanitizer is not ready before its own part of the beginning.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// Libraries that get no memory while they are loaded end the process in ways of their own (libgomp and GnuTLS
// with words of theirs, others by abort()). So it ends here where there is less than they need, which is
// under 1 MiB: before any constructor, also of libraries.
constexpr std::size_t kNeededToBegin = std::size_t{4} << 20;

void end_without_room() {
  void* room = ::mmap(nullptr, kNeededToBegin, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) ::_exit(report_out_of_memory());
  ::munmap(room, kNeededToBegin);
}
__attribute__((section(".preinit_array"), used)) void (*const first_of_all)() = &end_without_room;

#endif

}  // namespace

int report_out_of_memory() {
  constexpr std::string_view kText =
      "bantam: error: out of memory\n"
      "  hint: close other programs, raise the limit (ulimit -v, -d) or use a smaller model\n";
  static_cast<void>(!::write(STDERR_FILENO, kText.data(), kText.size()));
  return exit_code(base::ErrorKind::environment);
}

}  // namespace bantam::cli
