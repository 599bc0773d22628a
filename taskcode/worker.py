"""Runs task code: started by run.py with descriptors for requests and answers; isolates itself before any of it is loaded."""
import json
import os
import signal
import sys
import sysconfig

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import isolation  # noqa: E402

DESCRIPTORS = []  # for requests and answers
SYSTEM = ["/usr", "/lib", "/lib64", "/bin", "/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/etc/ld.so.cache",
          "/etc/localtime", "/etc/timezone", "/etc/mime.types"]


def readable(settings):
    paths = SYSTEM + [sys.prefix, sys.base_prefix, sys.exec_prefix, sysconfig.get_paths()["stdlib"], os.path.dirname(os.path.abspath(__file__))]
    return [os.path.realpath(one) for one in paths + [one for one in sys.path if one] + settings["read"]]


def enter(settings):
    """The layers that hold. The process that goes on may be a child, whose end the first one passes on."""
    held, without = {}, settings["without"]
    isolation.die_with_parent()
    isolation.set_limits(settings["limits"])
    if "namespaces" not in without:
        try:
            made = isolation.enter_namespaces("mounts" not in without, settings["private"])
            held.update(made)
            pass_on_child()
        except (isolation.Refused, OSError) as reason:
            held["namespaces"] = str(reason)
    isolation.isolate_files_and_calls(held, without, readable(settings), settings["private"])
    return held


def pass_on_child():
    """Goes on in a grandchild: the child is the first process of its namespace, to which some signals do not come."""
    told, tell = os.pipe()
    child = os.fork()
    if child:
        leave_files(told)
        os.waitpid(child, 0)
        status = int(os.read(told, 16) or b"-9")
        if status < 0:
            if -status not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status)
    isolation.die_with_parent()
    child = os.fork()
    if child:
        leave_files(tell)
        os.write(tell, str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)
    isolation.die_with_parent()
    os.close(told)
    os.close(tell)


def leave_files(but):
    """Closes what only the process with the task code needs."""
    for number in (0, 1, 2, DESCRIPTORS[0], DESCRIPTORS[1]):
        if number != but:
            os.close(number)


def serve(settings, requests, answers_to, held):
    def answer(line):
        data = (json.dumps(line, allow_nan=False) + "\n").encode()
        answers_to.write(data)
        answers_to.flush()

    answer({"held": held, "ready": settings["nonce"]})
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(len(sys.path) if settings["installed_first"] else 0, os.path.join(here, "standin"))
    sys.path.append(os.path.join(here, "fallback"))  # only where the package is not installed
    from loading import install
    from operations import Operations, answers

    install()
    operations = Operations()
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        nonce, count = request.pop("nonce"), request.pop("lines", None)
        lines = [requests.readline() for _ in range(count)] if count is not None else None
        signal.alarm(int(request.pop("wall_s")) + 5)
        for made in answers(operations, request, lines):
            answer({"nonce": nonce, **made})
        signal.alarm(0)


def main():
    DESCRIPTORS[:] = [int(one) for one in sys.argv[1:3]]
    requests, answers_to = (os.fdopen(number, mode) for number, mode in zip(DESCRIPTORS, ("rb", "wb")))
    settings = json.loads(requests.readline())
    sys.argv[:] = ["worker"]
    os.chdir(settings["private"])
    held = enter(settings)
    os.chdir(settings["private"])
    serve(settings, requests, answers_to, held)


if __name__ == "__main__":
    main()
