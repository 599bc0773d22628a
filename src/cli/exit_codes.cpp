#include "cli/exit_codes.hpp"

namespace bantam::cli {

int exit_code(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::usage:
      return 2;
    case base::ErrorKind::bad_input:
      return 3;
    case base::ErrorKind::environment:
      return 4;
    case base::ErrorKind::storage:
      return 5;
    case base::ErrorKind::invalid_measurement:
      return 6;
    case base::ErrorKind::worker:
      return 7;
    case base::ErrorKind::integrity:
      return 8;
    case base::ErrorKind::interrupted:
      return 130;
  }
  return 3;
}

}  // namespace bantam::cli
