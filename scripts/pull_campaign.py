#!/usr/bin/env python3
"""Pulls one file from a hub on loopback, killed (-9) at random moments and started again each time. The file must arrive
whole, and little may be sent twice.

usage: pull_campaign.py [--binary PATH] [--size BYTES] [--kills N] [--seconds S] [--seed N] [--long]
  --seconds   how long one undisturbed pull takes at the server's pace; the kills fall into this time
  --long      300 MB, 20 kills
Exit status: 0 when the hash is right and less than 1.3 times the size was sent, else 1.
"""
import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from hub_server import HubServer  # noqa: E402

NAME = "big-Q4_K_M.gguf"
MOST_SENT = 1.3


def content_of(size: int, seed: int) -> bytes:
    """Bytes that repeat nowhere near, made fast."""
    block = random.Random(seed).randbytes(1 << 20)
    whole = b"".join(hashlib.sha256(b"%d" % i).digest() + block[32:] for i in range(size // len(block) + 1))
    return whole[:size]


def kill_moments(kills: int, seconds: float, chance: random.Random) -> list:
    """How long each killed pull may live: together they take most of one undisturbed pull, each another share."""
    cuts = sorted(chance.uniform(0.0, 0.9 * seconds) for _ in range(kills))
    return [later - earlier for earlier, later in zip([0.0, *cuts], cuts)]


def start(binary: str, url: str, folder: Path) -> subprocess.Popen:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "HF_ENDPOINT": url, "HF_HUB_CACHE": str(folder / "hub"),
           "BANTAM_CACHE": str(folder / "own"), "LC_ALL": "C.UTF-8"}
    return subprocess.Popen([binary, "models", "pull", "--quiet", "hf:some/big"], env=env, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_in_transfer(process: subprocess.Popen, hub: HubServer, after_s: float) -> bool:
    """Waits until the file's transfer has begun, then the given time. False when the pull ended before."""
    before = len(hub.seen("/resolve/"))
    while process.poll() is None and len(hub.seen("/resolve/")) == before:
        time.sleep(0.002)
    end = time.monotonic() + after_s
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    finished = process.poll() is not None
    process.kill()
    process.communicate()
    return not finished


def campaign(arguments) -> bool:
    content = content_of(arguments.size, arguments.seed)
    hub = HubServer(bytes_per_s=arguments.size / arguments.seconds)
    hub.add("some/big", {NAME: content})
    with tempfile.TemporaryDirectory(prefix="bantam-pull-") as name:
        folder = Path(name)
        killed = 0
        for moment in kill_moments(arguments.kills, arguments.seconds, random.Random(arguments.seed)):
            killed += kill_in_transfer(start(arguments.binary, hub.url, folder), hub, moment)
            if any("." not in blob.name for blob in folder.glob("hub/*/blobs/*")):
                break  # whole: nothing is left to kill
        last = start(arguments.binary, hub.url, folder)
        out, err = last.communicate()
        if last.returncode != 0:
            print(f"the last pull failed: {err}")
            return False
        hash_ok = hashlib.sha256(Path(out.strip()).read_bytes()).digest() == hashlib.sha256(content).digest()
    sent = hub.body_bytes("/resolve/") / arguments.size
    hub.close()
    print(f"{arguments.size} bytes, killed {killed} times: hash {'ok' if hash_ok else 'WRONG'}, "
          f"sent {sent:.3f} x the size ({len(hub.seen('/resolve/'))} requests)")
    return hash_ok and killed == arguments.kills and sent < MOST_SENT


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "bantam"))
    parser.add_argument("--size", type=int, default=20_000_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    if arguments.long:
        arguments.size, arguments.kills, arguments.seconds = 300_000_000, 20, 60.0
    return 0 if campaign(arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
