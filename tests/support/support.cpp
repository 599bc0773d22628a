// Keeps the library non-empty; the helpers are header-only.
#include "support/fake_clock.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"
