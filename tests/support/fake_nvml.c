/* NVML's C interface, as far as it is used: its numbers stand in the file that $FAKE_NVML_STATE names, lines of
   "KEY VALUE": gpus, init (a return code), energy_code, power_code, load_code, and by GPU energy0 (mJ), power0 (mW), limit0
   (mW), busy0 and busy_memory0 (percent), sm_clock0 and memory_clock0 (MHz), memory_used0 and memory_total0 (bytes),
   temperature0 (degrees), reasons0 (bits). What is not there is 0, codes 3 (not supported) where a number is missing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int nvmlReturn_t;
typedef struct nvmlDevice_st {
  unsigned index;
} *nvmlDevice_t;

static struct nvmlDevice_st devices[4] = {{0}, {1}, {2}, {3}};

static int look_up(const char* key, unsigned long long* value) {
  char name[64];
  unsigned long long number;
  int found = 0;
  const char* path = getenv("FAKE_NVML_STATE");
  FILE* file = path ? fopen(path, "r") : NULL;
  if (!file) return 0;
  while (!found && fscanf(file, "%63s %llu", name, &number) == 2) {
    if (strcmp(name, key) == 0) {
      *value = number;
      found = 1;
    }
  }
  fclose(file);
  return found;
}

static int code_of(const char* key) {
  unsigned long long code = 0;
  look_up(key, &code);
  return (int)code;
}

static nvmlReturn_t number_of(const char* kind, nvmlDevice_t device, unsigned long long* value) {
  char key[64];
  snprintf(key, sizeof key, "%s%u", kind, device->index);
  return look_up(key, value) ? 0 : 3;
}

nvmlReturn_t nvmlInit_v2(void) { return code_of("init"); }
nvmlReturn_t nvmlShutdown(void) { return 0; }
const char* nvmlErrorString(nvmlReturn_t code) {
  switch (code) {
    case 3:
      return "Not Supported";
    case 9:
      return "Driver Not Loaded";
    case 13:
      return "Function Not Found";
    case 15:
      return "GPU is lost";
    default:
      return "Unknown Error";
  }
}
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned* count) {
  *count = (unsigned)code_of("gpus");
  return 0;
}
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t* device) {
  if (index >= 4) return 2;
  *device = &devices[index];
  return 0;
}
nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* name, unsigned length) {
  snprintf(name, length, "Fake GPU %u", device->index);
  return 0;
}
nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid, unsigned length) {
  snprintf(uuid, length, "GPU-00000000-0000-0000-0000-00000000000%u", device->index);
  return 0;
}
nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long* energy) {
  const int code = code_of("energy_code");
  return code ? code : number_of("energy", device, energy);
}
nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned* power) {
  unsigned long long value = 0;
  int code = code_of("power_code");
  if (code == 0) code = number_of("power", device, &value);
  *power = (unsigned)value;
  return code;
}
nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned* limit) {
  unsigned long long value = 0;
  const int code = number_of("limit", device, &value);
  *limit = (unsigned)value;
  return code;
}

/* Of what a GPU tells of its load. */
static nvmlReturn_t load_of(const char* kind, nvmlDevice_t device, unsigned* value) {
  unsigned long long number = 0;
  int code = code_of("load_code");
  if (code == 0) code = number_of(kind, device, &number);
  *value = (unsigned)number;
  return code;
}
typedef struct {
  unsigned gpu, memory;
} nvmlUtilization_t;
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t* used) {
  const int code = load_of("busy", device, &used->gpu);
  return code ? code : load_of("busy_memory", device, &used->memory);
}
nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, int type, unsigned* clock) {
  return load_of(type == 2 ? "memory_clock" : "sm_clock", device, clock);
}
typedef struct {
  unsigned long long total, free, used;
} nvmlMemory_t;
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  int code = code_of("load_code");
  if (code == 0) code = number_of("memory_total", device, &memory->total);
  if (code == 0) code = number_of("memory_used", device, &memory->used);
  memory->free = memory->total - memory->used;
  return code;
}
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned* celsius) {
  return sensor ? 2 : load_of("temperature", device, celsius);
}
nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long* reasons) {
  const int code = code_of("load_code");
  return code ? code : number_of("reasons", device, reasons);
}
