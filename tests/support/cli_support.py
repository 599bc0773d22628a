"""Running the real binary in tests: a folder of its own for each test, one cache for all, and ways to disturb a run."""
import contextlib
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("BANTAM_BINARY", str(ROOT / "build" / "release" / "bantam"))
SANITIZED = bool(os.environ.get("BANTAM_SANITIZED"))  # memory cannot be limited and is not what users see
SHARED = ROOT.parent / "shared"
CACHE = tempfile.TemporaryDirectory(prefix="bantam-golden-cache-")


def take_one_cpu():
    """Keeps this process and all it starts on one CPU that no other test has. Then several tests can run side by side: an
    engine takes as many threads as it may use CPUs, and threads that wait for each other on a busy CPU take many times as
    long. The lock, and with it the CPU, is given back when the process ends."""
    cpus = sorted(os.sched_getaffinity(0))
    while len(cpus) > 1:
        for cpu in cpus:
            lock = open(Path(tempfile.gettempdir()) / f"bantam-test-cpu-{os.getuid()}-{cpu}.lock", "w")  # noqa: SIM115
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            os.sched_setaffinity(0, {cpu})
            return lock
        time.sleep(0.05)
    return None


CPU_LOCK = take_one_cpu()

# A performance cell that takes about a second, for tests that look at behaviour and not at figures.
# Whatever else this machine does while tests run.
UNDISTURBED = ["--max-disturbance", "1", "--max-drift", "10"]
QUICK = ["--num-warmup", "1", "--num-runs", "2", "--max-new-tokens", "8", "--batch-size", "2", "--prompt", "Once upon a time",
         *UNDISTURBED]


def share_rates(cache: Path):
    """Rates of this machine that other tests have measured serve this one, too: measuring takes some 20 s, and rates are kept
    only if the machine was quiet."""
    rates = os.environ.get("BANTAM_TEST_RATES")
    if not rates or (cache / "peaks").is_symlink():
        return
    Path(rates).mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "peaks").symlink_to(rates)


def environment(**changes) -> dict:
    names = ("HOME", "PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")
    env = {name: os.environ[name] for name in names if name in os.environ}
    env.update(BANTAM_CACHE=CACHE.name, LC_ALL="C.UTF-8", TERM="dumb")
    env.update(changes)
    return env


def mortal_environment(**changes) -> dict:
    """For tests in which a process dies of a bad access: a sanitizer would take the signal for a finding of its own."""
    env = environment(**changes)
    for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
        env[name] = f"{env.get(name, '')}:handle_segv=0:handle_sigbus=0"
    return env


class CliTest(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bantam-golden-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def bantam(self, *arguments, env=None, timeout=300):
        return subprocess.run([BINARY, *map(str, arguments)], cwd=self.folder, env=env or environment(), timeout=timeout,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def start(self, *arguments, env=None):
        process = subprocess.Popen([BINARY, *map(str, arguments)], cwd=self.folder, env=env or environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                                   start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        if not process.stdout.closed:
            process.communicate()

    def assert_ok(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)

    def records(self, store="bantam.db"):
        """The newest record of each cell, as the binary itself reads them."""
        done = self.bantam("analyze", "--store", store, "-o", "json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)["records"]

    def record(self):
        """The only one."""
        records = self.records()
        self.assertEqual(len(records), 1)
        return records[0]

    @staticmethod
    def values(record):
        return {name: metric["value"] for name, metric in record["metrics"].items()}

    def write_task(self, name, text, rows):
        (self.folder / f"{name}.yaml").write_text(f"task: {name}\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {name}.jsonl\n"
                                                  f"test_split: test\n{text}")
        (self.folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def count(self, table, store="bantam.db"):
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / store}?mode=ro", uri=True)) as database:
            return database.execute(f"select count(*) from {table}").fetchone()[0]


def children(pid: int) -> list:
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def wait_until(condition, seconds=60.0, step=0.005):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(step)
    raise AssertionError("waited in vain")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def send_to_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass
