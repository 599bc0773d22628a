"""Limits for task code that a Linux process without privileges can give itself, before that code is loaded.

Layers, each used where the kernel and the machine allow it: namespaces (no network, own process ids, a read-only file system),
Landlock (files by folder), a seccomp filter (no sockets, no new programs, no signals to others), rlimits. `guarantees` says
what follows from those that hold.
"""
import ctypes
import os
import platform
import resource
import signal
import struct

LAYERS = ("namespaces", "mounts", "landlock", "seccomp")
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 4, 38, 22
MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV = 0x4000, 0x40000, 2, 4
MOUNT_SETATTR, LANDLOCK = 442, 444  # the same numbers on every architecture


class Refused(Exception):
    """The kernel does not allow this layer."""


def checked(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise Refused(f"{what}: {os.strerror(number)}")
    return result


def prctl(option, value):
    return libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def die_with_parent():
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# Namespaces.

def enter_namespaces(with_mounts, private):
    """Own users, network, process ids, messages; the process ids hold for children. Returns the layers that hold."""
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS
    checked(libc.unshare(flags | (CLONE_NEWNS if with_mounts else 0)), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    if not with_mounts:
        return {"namespaces": True}
    try:
        read_only_files(private)
        return {"namespaces": True, "mounts": True}
    except Refused as reason:
        return {"namespaces": True, "mounts": str(reason)}


def read_only_files(private):
    """Every mount becomes read-only, `private` an empty folder in memory, and other processes' /proc is hidden."""
    none = ctypes.c_char_p(None)
    checked(libc.mount(b"none", b"/", none, MS_REC | MS_PRIVATE, none), "mount")
    attributes = struct.pack("QQQQ", 1, 0, 0, 0)  # MOUNT_ATTR_RDONLY
    at_recursive, at_fdcwd = 0x8000, -100
    checked(libc.syscall(MOUNT_SETATTR, at_fdcwd, b"/", at_recursive, attributes, len(attributes)), "mount_setattr")
    flags = MS_NOSUID | MS_NODEV
    checked(libc.mount(b"tmpfs", os.fsencode(private), b"tmpfs", flags, b"size=256m,mode=0700"), "mount of a folder in memory")
    checked(libc.mount(b"tmpfs", b"/proc", b"tmpfs", flags, b"size=0,mode=0755"), "mount over /proc")


# Landlock.

READS = 1 << 2 | 1 << 3 | 1 << 0  # read a file, list a folder, execute (libraries)
LINES_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}


def landlock(readable, writable):
    abi = libc.syscall(LANDLOCK, None, 0, 1)
    checked(abi, "landlock")
    if abi < 3:
        raise Refused(f"landlock: version {abi} cannot forbid truncation")
    files = (1 << LINES_BY_ABI.get(abi, 16)) - 1
    attributes = struct.pack("QQQ", files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = checked(libc.syscall(LANDLOCK, attributes, size, 0), "landlock_create_ruleset")
    try:
        for paths, access in ((readable, READS), (writable, files)):
            for path in paths:
                allow_below(ruleset, path, access & files)
        checked(prctl(PR_SET_NO_NEW_PRIVS, 1), "no new privileges")
        checked(libc.syscall(LANDLOCK + 2, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def allow_below(ruleset, path, access):
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there cannot be read
    try:
        if not os.path.isdir(path):
            access &= 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14
        checked(libc.syscall(LANDLOCK + 1, ruleset, 1, struct.pack("=Qi", access, folder), 0), f"landlock_add_rule {path}")
    finally:
        os.close(folder)


# Seccomp. Numbers of system calls: x86-64, and the table that aarch64 and riscv64 share.

CALLS = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "sendto": (44, 206), "sendmsg": (46, 211),
    "sendmmsg": (307, 269), "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "clone3": (435, 435), "execve": (59, 221),
    "execveat": (322, 281), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "prlimit64": (302, 261),
    "io_uring_setup": (425, 425), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "mount_setattr": (442, 442), "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "userfaultfd": (323, 282), "init_module": (175, 105), "finit_module": (313, 273),
    "kexec_load": (246, 104), "reboot": (169, 142), "swapon": (167, 224), "sethostname": (170, 161), "setdomainname": (171, 162),
    "setpriority": (141, 140), "sched_setscheduler": (144, 119), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
}
WRITING = {
    "creat": (85, None), "openat2": (437, 437), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "link": (86, None), "linkat": (265, 37),
    "symlink": (88, None), "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33), "truncate": (76, 45),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None), "lchown": (94, None),
    "fchown": (93, 55), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x00050000 | 1, 0x00050000 | 38
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06


class Filter:
    """A program of the kernel's packet filter: statements (code, when true skip, when false skip, value)."""

    def __init__(self):
        self.lines = []

    def add(self, code, value, yes=0, no=0):
        self.lines.append(struct.pack("=HBBI", code, yes, no, value & 0xFFFFFFFF))

    def answer(self, number, result):
        """The call `number` gets `result`."""
        self.add(EQUAL, number, 0, 1)
        self.add(RETURN, result)

    def argument(self, number, index, test, value, result_if, result_else):
        """The call `number`: by the low word of an argument."""
        self.add(EQUAL, number, 0, 4)
        self.add(LOAD, 16 + 8 * index)
        self.add(test, value, 0, 1)
        self.add(RETURN, result_if)
        self.add(RETURN, result_else)


def seccomp(no_writes):
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise Refused(f"seccomp: no table of system calls for {machine}")
    code, column = ARCHITECTURES[machine]
    program, own = Filter(), os.getpid()
    program.add(LOAD, 4)
    program.add(EQUAL, code, 1, 0)
    program.add(RETURN, KILL)
    program.add(LOAD, 0)
    if machine == "x86_64":  # calls of 32-bit programs have other numbers
        program.add(AT_LEAST, 0x40000000, 0, 1)
        program.add(RETURN, KILL)
    table = dict(CALLS, **(WRITING if no_writes else {}))
    program.argument(table.pop("clone")[column], 0, ANY_BIT, 0x10000, ALLOW, EPERM)  # threads only
    for name in ("kill", "tgkill"):
        program.argument(table.pop(name)[column], 0, EQUAL, own, ALLOW, EPERM)
    program.argument(table.pop("prlimit64")[column], 0, EQUAL, 0, ALLOW, EPERM)
    if no_writes:
        for number, index in (((2, None)[column], 1), ((257, 56)[column], 2)):
            if number is not None:
                program.argument(number, index, ANY_BIT, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC, EPERM, ALLOW)
    later = ("clone3", "io_uring_setup", "openat2")  # callers know these as calls that older kernels lack
    for name, numbers in table.items():
        if numbers[column] is not None:
            program.answer(numbers[column], ENOSYS if name in later else EPERM)
    program.add(RETURN, ALLOW)
    text = b"".join(program.lines)
    buffer = ctypes.create_string_buffer(text, len(text))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_void_p)]

    made = Program(len(program.lines), ctypes.addressof(buffer))
    checked(prctl(PR_SET_NO_NEW_PRIVS, 1), "no new privileges")
    checked(libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(made), 0, 0), "seccomp")


# Together.

def set_limits(limits):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"], limits["file_bytes"]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["open_files"], limits["open_files"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))


def limit_threads(held):
    """Set when no process has to be started any more. In own namespaces only own threads count, else all of the user's."""
    most = 64 if held.get("namespaces") is True else 0
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def isolate_files_and_calls(held, without, readable, private):
    """Landlock and seccomp, in the process that runs the code. Adds to `held` the layers that hold, or why not."""
    if "landlock" not in without:
        held["landlock"] = tried(landlock, readable, [private, "/dev/null"])
    if "seccomp" not in without:
        no_writes = held.get("landlock") is not True and held.get("mounts") is not True
        held["seccomp"] = tried(seccomp, no_writes)
        if held["seccomp"] is True and no_writes:
            held["no_writes"] = True
    limit_threads(held)


def tried(layer, *arguments):
    try:
        layer(*arguments)
        return True
    except (Refused, OSError) as reason:
        return str(reason)


def guarantees(held):
    """What holds: {name: the layer that gives it, or None}."""
    def first(*names):
        return next((name for name in names if held.get(name) is True), None)

    return {"network": first("namespaces", "seccomp"), "writes": first("landlock", "mounts", "no_writes"),
            "processes": first("seccomp") or ("rlimits" if os.getuid() else None),  # root has no limit of processes
            "signals": first("namespaces", "seccomp"), "reads": first("landlock")}


NEEDED = ("network", "writes", "processes", "signals")
