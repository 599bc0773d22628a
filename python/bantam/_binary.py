"""The program `bantam`, which does the work: where it is, and what it says."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

__version__ = "0.1.0"

INTERRUPTED = 130
MEANINGS = {1: "some cells or items failed", 2: "usage", 3: "bad input", 4: "environment", 5: "storage", INTERRUPTED: "interrupted"}


class BantamError(Exception):
    """What the program reported. `exit_code`: 2 usage, 3 bad input, 4 environment, 5 storage; `hint`: what to do, or None."""

    def __init__(self, message, exit_code, hint=None):
        super().__init__(message if hint is None else f"{message}\n  hint: {hint}")
        self.exit_code = exit_code
        self.hint = hint

    @classmethod
    def of(cls, errors, exit_code):
        """From the lines of standard error."""
        lines = errors.splitlines()
        at = next((i for i, line in enumerate(lines) if line.startswith("bantam: error: ")), None)
        if at is None:
            return cls(lines[-1] if lines else f"bantam ended with {exit_code}: {MEANINGS.get(exit_code, 'unknown')}", exit_code)
        hint = next((line.removeprefix("  hint: ") for line in lines[at + 1:at + 2] if line.startswith("  hint: ")), None)
        return cls(lines[at].removeprefix("bantam: error: "), exit_code, hint)


def binary():
    """The program's path: $BANTAM_BINARY, the one of this package, or the one on the PATH. FileNotFoundError without any."""
    named = os.environ.get("BANTAM_BINARY")
    if named:
        return Path(named)
    own = Path(__file__).parent / "bin" / "bantam"
    found = own if own.is_file() else shutil.which("bantam")
    if found is None:
        raise FileNotFoundError("the program bantam is neither in this package nor on the PATH; BANTAM_BINARY can name it")
    return Path(found)


def arguments(options):
    """Keyword options as arguments: `num_runs=5` is `--num-runs=5`, True and False are `--x` and `--no-x`, None is left out,
    a list repeats the option, a mapping is NAME=VALUE pairs."""
    found = []
    for name, value in options.items():
        flag = "--" + name.rstrip("_").replace("_", "-")
        if value is None:
            continue
        if value is True or value is False:
            found.append(flag if value else "--no-" + flag[2:])
        elif isinstance(value, dict):
            found += [f"{flag}={key}={one}" for key, one in value.items()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            found += [f"{flag}={one}" for one in value]
        else:
            found.append(f"{flag}={value}")
    return found


def ask(*args):
    """What a command prints on standard output, a text. BantamError unless it ends with 0."""
    done = subprocess.run([binary(), *map(str, args)], capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        raise BantamError.of(done.stderr, done.returncode)
    return done.stdout


def main():
    """The command `bantam` of the installed package."""
    program = binary()
    os.execv(program, [str(program), *sys.argv[1:]])
