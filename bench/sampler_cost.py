#!/usr/bin/env python3
"""What sampling sensors takes of a core: `bantam device --power` on a folder with the sensors of a well-equipped machine.

usage: sampler_cost.py [--bantam BINARY] [--seconds S]

Two packages with memory and cores, a GPU, a board monitor of three rails and a battery, ten times per second. Files of a real kernel
take longer to read: where sensors are found on this machine, they are sampled, too. Exit status 1 when the made-up machine takes
0.5 % or more.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUND = 0.005


def make_machine(root: Path) -> None:
    files = {}
    for package in (0, 1):
        zone = f"sys/class/powercap/intel-rapl:{package}"
        files |= {f"{zone}/name": f"package-{package}", f"{zone}/energy_uj": "1", f"{zone}:0/name": "core", f"{zone}:0/energy_uj": "1",
                  f"{zone}:1/name": "dram", f"{zone}:1/energy_uj": "1"}
    files |= {"sys/class/hwmon/hwmon0/name": "amdgpu", "sys/class/hwmon/hwmon0/power1_average": "15000000",
              "sys/class/hwmon/hwmon1/name": "ina3221"}
    for rail in (1, 2, 3):
        files |= {f"sys/class/hwmon/hwmon1/in{rail}_input": "5000", f"sys/class/hwmon/hwmon1/curr{rail}_input": "900"}
    battery = "sys/class/power_supply/BAT0"
    files |= {f"{battery}/type": "Battery", f"{battery}/status": "Discharging", f"{battery}/energy_full": "57000000",
              f"{battery}/energy_now": "50000000", f"{battery}/power_now": "9000000"}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")


def sampled(options, root: str) -> dict:
    command = [str(options.bantam), "device", "--power", str(options.seconds), "--sysfs-root", root, "-o", "json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def show(what: str, page: dict) -> float:
    if "sampler" not in page:
        print(f"{what}: no sensors")
        return 0.0
    sampler = page["sampler"]
    print(f"{what}: {len(page['sources'])} sources, {sampler['ticks']} times in {sampler['window_s']:.1f} s: "
          f"{100 * sampler['cpu_share']:.3f} % of a core")
    return sampler["cpu_share"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bantam", type=Path, default=ROOT / "build/release/bantam")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bantam-sampler-") as folder:
        make_machine(Path(folder))
        share = show("a machine with many sensors", sampled(options, folder))
    show("this machine", sampled(options, "/"))
    return 1 if share >= BOUND else 0


if __name__ == "__main__":
    sys.exit(main())
