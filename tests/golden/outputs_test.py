#!/usr/bin/env python3
"""What the binary prints, command by command, held in files: tests/golden/<command>/<case>.golden.

usage: outputs_test.py [--update] [COMMAND/CASE | COMMAND ...]      default: all cases
  --update  write what is printed now into the files

A case begins with a line that says what it shows, and names what is frozen (frozen.py). Then come commands, each with
all it printed; a part that is not there is empty:

    # A model file that is not there.
    frozen: times

    $ bantam run --models nowhere.gguf
    [stderr]
    bantam: error: nowhere.gguf: no such file
    [exit 3]

Each case runs with a new cache in a new folder: a copy of tests/golden/files, where NAME.sql has become the store NAME.db.
Commands are lines of the shell; $SOURCE is the project's folder. For a new case write the head and its commands, run
with --update, and read the result.
"""
import difflib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
from cli_support import BINARY, ROOT, environment, share_rates  # noqa: E402
from frozen import freeze  # noqa: E402

EXIT = re.compile(r"\[exit \d+\]")
MARKDOWN = re.compile(r"[\\`*_\[\]|~#]")  # what Markdown pages escape, also in the name of a temporary folder


class Case:
    def __init__(self, path: Path):
        self.path = path
        self.name = f"{path.parent.name}/{path.stem}"
        self.text = path.read_text(encoding="utf-8")
        self.head, self.frozen, self.commands = [], [], []
        self.parse()

    def parse(self) -> None:
        expects_command = True
        for line in self.text.splitlines():
            if expects_command and line.startswith("$ "):
                self.commands.append(line[2:])
            elif not self.commands and line:
                self.head.append(line)
                if line.startswith("frozen: "):
                    self.frozen = line.removeprefix("frozen: ").split(", ")
            elif line:
                expects_command = EXIT.fullmatch(line) is not None

    def run(self) -> str:
        """The whole text of the file, with what is printed now."""
        text = "\n".join(self.head) + "\n"
        with tempfile.TemporaryDirectory(prefix="bantam-outputs-") as name:
            folder = Path(name).resolve()
            work = folder / "work"
            shutil.copytree(HERE / "files", work)
            for script in work.rglob("*.sql"):
                with sqlite3.connect(script.with_suffix(".db")) as store:
                    store.executescript(script.read_text(encoding="utf-8"))
                script.unlink()
            (folder / "bin").mkdir()
            (folder / "bin" / "bantam").symlink_to(Path(BINARY).resolve())
            share_rates(folder / "cache")
            env = environment(HOME=str(folder / "home"), BANTAM_CACHE=str(folder / "cache"), SOURCE=str(ROOT), HF_HUB_OFFLINE="1",
                              PATH=f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin")
            places = {str(work): "FOLDER", str(folder / "cache"): "CACHE", str(folder / "home"): "HOME", str(ROOT): "SOURCE"}
            for command in self.commands:
                done = subprocess.run(["sh", "-c", command], cwd=work, env=env, capture_output=True, timeout=300, check=False,
                                      stdin=subprocess.DEVNULL)
                text += f"\n$ {command}\n"
                for part, raw in (("stdout", done.stdout), ("stderr", done.stderr)):
                    printed = raw.decode("utf-8", "backslashreplace").replace("\r", "\\r")
                    for place, word in places.items():
                        printed = printed.replace(place, word).replace(MARKDOWN.sub(r"\\\g<0>", place), word)
                    printed = freeze(printed, self.frozen)
                    if printed:
                        end = "" if printed.endswith("\n") else "\n[no line break at the end]\n"
                        text += f"[{part}]\n{printed}{end}"
                text += f"[exit {done.returncode}]\n"
        return text


def check(case: Case, update: bool) -> bool:
    found = case.run()
    if found == case.text:
        print(f"{case.name}: as it was")
        return True
    if update:
        case.path.write_text(found, encoding="utf-8")
        print(f"{case.name}: written")
        return True
    print(f"{case.name}: DIFFERENT")
    print("\n".join(difflib.unified_diff(case.text.splitlines(), found.splitlines(), str(case.path), "printed now", lineterm="")))
    return False


def main() -> int:
    update = "--update" in sys.argv
    wanted = [word for word in sys.argv[1:] if word != "--update"]
    cases = [Case(path) for path in sorted(HERE.glob("*/*.golden"))]
    chosen = [case for case in cases if not wanted or case.name in wanted or case.path.parent.name in wanted]
    if not chosen:
        print(f"no such case: {' '.join(wanted)}")
        return 2
    good = [check(case, update) for case in chosen]
    if not all(good):
        print("if this is meant: outputs_test.py --update, and read the difference")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
