"""`bantam run` with keyword options."""
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from bantam._binary import BantamError, arguments, binary
from bantam.store import Store
from bantam.task import Task

FAILED_CELLS = 1


def show(line):
    print(line, file=sys.stderr, flush=True)


def run(*, models, store="bantam.db", progress=show, **options):
    """Measures and returns the Store. The options are those of `bantam run` (`bantam run --help`), with `_` for `-`.

    What is in the store already is not measured again. Members of `accuracy_tasks` may be names or Task objects.
    `progress` gets each line that the program says while it works; None: nobody does.
    A cell that fails is a record with its reason and no exception. BantamError for all that ends the run: wrong options,
    missing files, a store that cannot be written. KeyboardInterrupt ends it after the current batch; the same call goes on."""
    names, own = [], []
    asked = options.pop("accuracy_tasks", None)
    for task in [asked] if isinstance(asked, (str, Task)) else asked or []:
        names.append(task.name if isinstance(task, Task) else task)
        if isinstance(task, Task):
            own.append(task)
    if len({task.name for task in own}) != len(own):
        raise ValueError("two tasks have one name")
    include = options.pop("include_path", None)
    include = [include] if isinstance(include, (str, Path)) else list(include or [])
    with tempfile.TemporaryDirectory(prefix="bantam-tasks-") as folder:
        for task in own:
            task.write(folder)
        asked = {"models": models, "store": store, **options, "accuracy_tasks": names or None,
                 "include_path": include + ([folder] if own else []) or None}
        watch(["run", *arguments(asked)], progress)
    return Store(store, own)


def watch(args, progress):
    """Runs the program and hands on what it says. BantamError unless it ends with 0, or with failed cells."""
    # In a session of its own: Ctrl-C would reach it from the terminal as well, and a second one stops it at once.
    process = subprocess.Popen([binary(), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                               errors="replace", start_new_session=True)
    said = []

    def hear():
        for line in process.stderr:
            said.append(line)
            if progress is not None:
                progress(line.rstrip("\n"))

    listener = threading.Thread(target=hear, daemon=True)
    listener.start()
    try:
        process.stdout.read()
        code = process.wait()
    except BaseException:
        interrupt(process)
        raise
    finally:
        listener.join()
        process.stdout.close()
        process.stderr.close()
    if code not in (0, FAILED_CELLS):
        raise BantamError.of("".join(said), code)


def interrupt(process):
    """Lets the program finish its batch; another Ctrl-C meanwhile stops it at once."""
    while True:
        process.send_signal(signal.SIGINT)
        try:
            process.wait()
            return
        except KeyboardInterrupt:
            continue
