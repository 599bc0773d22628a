#include "cli/out_of_memory.hpp"

#include <unistd.h>
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

}  // namespace

int report_out_of_memory() {
  constexpr std::string_view kText =
      "bantam: error: out of memory\n"
      "  hint: close other programs, raise the limit (ulimit -v, -d) or use a smaller model\n";
  static_cast<void>(!::write(STDERR_FILENO, kText.data(), kText.size()));
  return exit_code(base::ErrorKind::environment);
}

}  // namespace bantam::cli
