#pragma once
// NVIDIA's management library, opened when it is there; we declare the few of its functions that we call.
// Constants and structures are those of nvml.h.

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace bantam::energy::nvml {

using Return = int;
using Device = struct nvmlDevice_st*;
inline constexpr Return kSuccess = 0;
inline constexpr Return kNotSupported = 3;
inline constexpr Return kFunctionNotFound = 13;
inline constexpr Return kGpuIsLost = 15;

struct Utilization {
  unsigned gpu = 0;     // percent
  unsigned memory = 0;  // percent
};
struct Memory {
  unsigned long long total = 0;  // bytes
  unsigned long long free = 0;
  unsigned long long used = 0;
};
inline constexpr int kClockSm = 1;
inline constexpr int kClockMemory = 2;
inline constexpr int kSensorGpu = 0;

// Those that not every version has may be null.
struct Functions {
  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  const char* (*error_string)(Return) = nullptr;
  Return (*count)(unsigned*) = nullptr;
  Return (*handle)(unsigned, Device*) = nullptr;
  Return (*device_name)(Device, char*, unsigned) = nullptr;
  Return (*uuid)(Device, char*, unsigned) = nullptr;
  Return (*power)(Device, unsigned*) = nullptr;             // mW
  Return (*energy)(Device, unsigned long long*) = nullptr;  // mJ since the driver was loaded; may be null
  Return (*limit)(Device, unsigned*) = nullptr;             // mW; may be null
  Return (*utilization)(Device, Utilization*) = nullptr;    // may be null, and so may all below
  Return (*clock)(Device, int type, unsigned*) = nullptr;   // MHz
  Return (*memory)(Device, Memory*) = nullptr;
  Return (*temperature)(Device, int sensor, unsigned*) = nullptr;  // °C
  Return (*clock_reasons)(Device, unsigned long long*) = nullptr;  // bits: why clocks are what they are
};

class Library {
 public:
  // environment, with the reason, where it cannot be used.
  static base::Result<std::shared_ptr<Library>> open(const std::string& library);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // "Not Supported", printable.
  std::string reason(Return code) const;

  Functions call;

 private:
  explicit Library(void* handle) : handle_(handle) {}
  template <typename Function>
  bool find(Function& function, const char* symbol);
  bool load();

  void* handle_;
  bool started_ = false;
};

}  // namespace bantam::energy::nvml
