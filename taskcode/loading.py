"""Loads Python files of task folders as lm-eval 0.4.13 does, and names what goes wrong."""
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
from pathlib import Path

MARK = "$function"
TASKS = "/lm_eval/tasks/"
STANDINS = ("datasets", "evaluate", "lm_eval")


LACKED = {}  # what task code asked for in vain -> {file that did: line}; it may have caught the error and gone on with less
DENIED = {"os.fork": "to start a process", "os.forkpty": "to start a process", "os.posix_spawn": "to start a process", "os.exec": "to start a program",
          "os.system": "to start a program", "subprocess.Popen": "to start a program", "socket.connect": "to use the network",
          "socket.getaddrinfo": "to use the network", "socket.bind": "to use the network", "urllib.Request": "to use the network"}


class Refused(Exception):
    """What this program does not do; the text says what to do instead."""

    def __init__(self, text):
        super().__init__(text)
        lacked(text)


def lacked(what):
    files = task_files()
    if files and (what in LACKED or len(LACKED) < 100):
        noted = LACKED.setdefault(what[:300], {})
        noted.update({file: line for file, line in files.items() if file not in noted})


def task_files():
    """Files of task code among the callers, the innermost first, with the line that each has come to."""
    frame, found = sys._getframe(1), {}
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_absolute() and FOLDERS.holds(path):
            found.setdefault(str(path), frame.f_lineno)
        frame = frame.f_back
    return found


def in_words(what):
    """With file and line of who asked first."""
    return next(f"{what} ({FOLDERS.shown(file)}:{line})" for file, line in LACKED[what].items())


def watch_denied(event, arguments):
    """For sys.addaudithook: notes what the isolation forbids, which task code may take for a wrong answer of the model."""
    if event in DENIED:
        lacked(f"task code wanted {DENIED[event]}")


def lacked_by(folders):
    """What files below these folders asked for in vain."""
    return sorted(what for what, files in LACKED.items() if any(Path(one).is_relative_to(folder) for one in files for folder in folders))


class TaskError(Exception):
    """An error as the protocol has it."""

    def __init__(self, kind, message, **more):
        super().__init__(message)
        self.answer = {"kind": kind, "message": message, **more}


class Folders:
    """The folders whose code was asked for; `root` stands for the package lm_eval.tasks."""

    def __init__(self):
        self.known, self.root = set(), None

    def add(self, folder):
        folder = Path(folder).resolve()
        self.known.add(folder)
        text = f"{folder}/"
        if TASKS in text and self.root is None:
            self.set_root(text[:text.index(TASKS) + len(TASKS) - 1])

    def set_root(self, root):
        self.root = Path(root).resolve()
        package = importlib.import_module("lm_eval.tasks")
        package.__path__[:] = [str(self.root)]

    def holds(self, path):
        return any(path.is_relative_to(folder) for folder in self.all())

    def all(self):
        return self.known | ({self.root} if self.root else set())

    def shown(self, path):
        """A path of task code without what is before the folder."""
        path = Path(path)
        within = [path.relative_to(folder) for folder in self.all() if path.is_relative_to(folder)]
        return str(max(within, key=lambda one: len(one.parts))) if within else path.name


FOLDERS = Folders()


class OnlyPackages(importlib.abc.MetaPathFinder):
    """Folders of tasks below lm_eval.tasks need no __init__.py, and those that are there are not run."""

    def find_spec(self, name, path=None, target=None):
        if not name.startswith("lm_eval.tasks.") or FOLDERS.root is None:
            return None
        folder = FOLDERS.root.joinpath(*name.split(".")[2:])
        if folder.is_dir() and not folder.with_suffix(".py").exists() and not (folder / "__init__.py").exists():
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(folder)]
            return spec
        return None


class NotInstalled(importlib.abc.MetaPathFinder):
    """Asked last: notes packages that task code tries to import and that are not there."""

    def find_spec(self, name, path=None, target=None):
        if "." not in name and asked_by_task():
            lacked(f"the package {name} is not installed")
        return None


def asked_by_task():
    """Whether the innermost frame outside the import machinery is task code."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return path.is_absolute() and FOLDERS.holds(path)


def install():
    sys.meta_path.insert(0, OnlyPackages())
    sys.meta_path.append(NotInstalled())
    sys.addaudithook(watch_denied)


def module_name(path):
    text = str(path)
    if TASKS in text:
        return "lm_eval.tasks." + text[text.index(TASKS) + len(TASKS):].replace(".py", "").replace("/", ".")
    return str(path.with_suffix(""))


def load_file(path):
    name = module_name(path)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    return module


def load_function(name, folder):
    """`utils.process_docs` of a task file in `folder`: of the file beside it, else of a module that can be imported."""
    module_path, _, function = name.rpartition(".")
    if not module_path:
        raise TaskError("not_found", f"'{name}' names no file; write FILE.FUNCTION")
    FOLDERS.add(folder)
    path = (Path(folder) / f"{module_path.replace('.', '/')}.py").resolve()
    if path.exists():
        FOLDERS.add(path.parent)
        module, where = load_file(path), FOLDERS.shown(path)
    else:
        try:
            module, where = importlib.import_module(module_path), module_path
        except ModuleNotFoundError as error:
            if error.name and (module_path + ".").startswith(error.name + "."):
                raise TaskError("not_found", f"there is no {module_path.replace('.', '/')}.py in the task's folder, and no module "
                                             f"{module_path}") from None
            raise
    if not hasattr(module, function):
        raise TaskError("not_found", f"{where} has no function {function}")
    return getattr(module, function)


def resolved(value, errors, key=""):
    """A configuration with functions in the place of their marks; what cannot be loaded is named in `errors`."""
    if isinstance(value, dict) and MARK in value:
        try:
            return load_function(value[MARK], value["folder"])
        except BaseException as error:  # task code may raise anything
            if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
                raise
            errors[key] = described(error)
            return None
    if isinstance(value, dict):
        return {name: resolved(one, errors, f"{key}.{name}" if key else name) for name, one in value.items()}
    if isinstance(value, list):
        return [resolved(one, errors, f"{key}[{number}]") for number, one in enumerate(value)]
    return value


def where_of(error):
    """File and line of the innermost frame in task code."""
    found, trace = None, error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_absolute() and FOLDERS.holds(path):
            found = f"{FOLDERS.shown(path)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def missing_package(error):
    """The package that an ImportError asks for, or None where it is a file of the tasks themselves."""
    name = getattr(error, "name", None)
    if not name:
        found = re.search(r"pip install ['\"]?([\w.\-]+(?:\[\w+\])?)", str(error))
        return found and found.group(1)
    return name.split(".")[0]


def described(error):
    """The protocol's form of an error of task code."""
    if isinstance(error, TaskError):
        return error.answer
    place = where_of(error)
    more = {"where": place} if place else {}
    if isinstance(error, Refused):
        return {"kind": "refused", "message": str(error)[:2000], **more}
    if isinstance(error, MemoryError):
        return {"kind": "memory", "message": "task code asked for more memory than allowed", **more}
    if isinstance(error, ImportError):
        package = missing_package(error)
        if package in STANDINS:
            return {"kind": "refused", **more, "message": f"{error}; this program stands in for what most tasks use of {package}, and this "
                                                          "is not among it: run the task with lm-eval"}
        return {"kind": "missing_package", "package": package, **more,
                "message": f"{error}; install {package or 'it'} for this Python" if package else str(error)[:2000]}
    try:
        text = str(error)[:2000]
    except BaseException:
        text = ""
    return {"kind": "task_code", "type": type(error).__name__, "message": text, **more}


def code_hash():
    """{"sha256", "files"}: over every loaded .py file of the tasks' folders, in the order of their paths."""
    paths = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and file.endswith(".py") and FOLDERS.holds(Path(file).resolve()):
            paths.add(Path(file).resolve())
    top = FOLDERS.root
    digest, files = hashlib.sha256(), []
    for path in sorted(paths):
        own = path.relative_to(top) if top and path.is_relative_to(top) else Path(FOLDERS.shown(path))
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{content}  {own}\n".encode("utf-8", "surrogateescape"))
        files.append(str(own))
    return {"sha256": digest.hexdigest(), "files": files}
