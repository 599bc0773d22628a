"""What may differ from run to run and from machine to machine, replaced by words; a case names what it freezes."""
import json
import re

NUMBER = r"(?<![\w.#-])[+-]?\d+(?:\.\d+)?(?:e[+-]\d+)?(?!\w)"
# Facts of `bantam device` that a machine may not have; and how sensors are named where they are found.
OPTIONAL_LINES = ("model", "frequency", "governor", "virtualized", "NUMA nodes", "memory limit", "CPU limit", "allowed CPUs",
                  "board", "power profile", "CPU preference", "nvpmodel", "supply", "accelerator", "kernel ", "swap", "caches", "disk", "file system", "OS")
OPTIONAL_KEYS = ("model", "vendor", "min_hz", "base_hz", "max_hz", "governor", "virtualized", "sockets", "physical_cores",
                 "board", "platform_profile", "energy_preference", "nvpmodel", "os", "libc", "machine_hash", "memory_bytes", "cpus", "allowed_cpus", "file_system", "source",
                 "rotational", "numa_nodes", "huge_page_bytes", "huge_pages", "transparent_huge_pages", "swap_bytes", "supply")
SENSOR_KINDS = (("intel-rapl", "rapl"), ("nvml:", "nvml"), ("hwmon:i915", "intel_gpu"), ("hwmon:xe", "intel_gpu"),
                ("hwmon:", "hwmon_power"), ("battery:", "battery"), ("thermal:", "thermal"))


def squeezed(text: str) -> str:
    """Columns stay two spaces apart, whatever the widths of what is frozen in them."""
    return re.sub(r"(?<=\S) {2,}", "  ", text)


def times(text: str) -> str:
    text = re.sub(r"\d+(\.\d+)? ?(ns|µs|ms|s|min|h)\b(?!/)", "TIME", text)
    return squeezed(re.sub(r"\(\d+:\d\d(:\d\d)?\)", "(TIME)", text))


def progress(text: str) -> str:
    """Without the lines that say how far a cell is: slow machines show more of them."""
    return re.sub(r"^\[\d+/\d+\] .*  \d+:\d\d(:\d\d)?(  ETA .*)?\n", "", text, flags=re.M)


def conditions(text: str) -> str:
    """Without what a measurement says of the machine's state, and of what bounds it there."""
    text = re.sub(r"^(    warning|bantam: measuring this machine): .*\n", "", text, flags=re.M)
    text = re.sub(r"^Notes\n(?:.+\n)+\n?", "", text, flags=re.M)
    text = re.sub(r'"warnings": \[\s*"measuring[^\]]*\]', '"warnings": []', text)
    return re.sub(r"\b(memory bandwidth|arithmetic|attention|overhead)(?= \|$|$)", "LIMIT", text, flags=re.M)


def sizes(text: str) -> str:
    return squeezed(re.sub(r"\d+(\.\d+)? [KMGT]?i?B\b(?! param)", "SIZE", text))


def numbers(text: str) -> str:
    return squeezed(re.sub(NUMBER, "#", text))


def last_digits(text: str) -> str:
    """Nine digits of each number that has more than twelve: processors differ in the last ones."""
    return re.sub(r"(?<![\w.])\d+\.\d{12,}(e[+-]\d+)?", lambda found: f"{float(found.group()):.9g}", text)


def answers(text: str) -> str:
    """What a model wrote, and what was found in it."""
    return re.sub(r"^  (answer|extracted) .*", r"  \1  ANSWER", text, flags=re.M)


def hashes(text: str) -> str:
    return re.sub(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}\b", "HASH", text)


def version(text: str) -> str:
    return re.sub(r"\bbantam \d+\.\d+\.\d+\S*?(?=[\s\"]|$)", "bantam VERSION", text)


def device(text: str) -> str:
    """The shape of a page of facts, without the facts."""
    if text.startswith("{"):
        return json.dumps(_shape(json.loads(text)), indent=2) + "\n"
    if text.startswith("bantam:"):  # a note or an error
        return text
    lines = []
    for line in text.split("\nNot known\n")[0].rstrip("\n").splitlines():
        label = _sensor_kind(line[2:20].strip())
        if not line.startswith("  "):
            lines.append(line)
        elif not label.startswith(OPTIONAL_LINES) and f"  {label:<18}  FACT" not in lines[-1:]:
            lines.append(f"  {label:<18}  FACT")
    return "\n".join(lines) + "\n"


def _sensor_kind(name: str) -> str:
    return next((kind for prefix, kind in SENSOR_KINDS if name.startswith(prefix)), name)


def _shape(value, key=""):
    if key == "absent":
        return {}
    if key == "accelerators":
        return []
    if key == "sensors":
        return list(dict.fromkeys(_sensor_kind(sensor["name"]) for sensor in value))
    if isinstance(value, dict):
        return {name: _shape(part, name) for name, part in value.items() if name not in OPTIONAL_KEYS}
    if isinstance(value, list):
        return ["FACT"] if key != "devices" else [_shape(value[0])]
    return "FACT"


FREEZERS = {function.__name__: function for function in (times, progress, conditions, sizes, numbers, last_digits, answers, hashes,
                                                         version, device)}


def freeze(text: str, names) -> str:
    for name in names:
        text = FREEZERS[name](text)
    return text
