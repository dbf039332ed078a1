"""The abuses every sandbox must hold against: small programs that print BITES when they get what they must not have.

Each is bounded, so that it can be run without a sandbox too: the control that shows that it bites at all. A program
that is refused prints HELD; one that dies for another reason prints neither, which counts as a broken case.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BOTH = ("bubblewrap", "landlock")
NAMESPACES = ("bubblewrap",)

PRELUDE = """
import ctypes, errno, json, mmap, os, resource, signal, socket, subprocess, sys, threading, time, zlib
host = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
def call(on_x86, on_arm, *arguments):
    result = libc.syscall(ctypes.c_long(on_x86 if x86 else on_arm), *[ctypes.c_long(a) for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as end:
        end.settimeout(2)
        end.connect(address)
def read(path):
    with open(path, "rb") as file:
        return file.read()
def abuse():
"""
EPILOGUE = """
try:
    print("HELD" if abuse() is False else "BITES", flush=True)
except (OSError, MemoryError, RuntimeError) as error:
    print("HELD", type(error).__name__, getattr(error, "errno", ""), flush=True)
"""


@dataclass(frozen=True)
class Abuse:
    """One abuse. `killed_by`: the limit that must end it, where it is not simply refused."""

    name: str
    body: str
    killed_by: tuple[str, ...] = ()
    drivers: tuple[str, ...] = BOTH
    control: str = "bites"  # "bites", "root" (only root could do it), "none" (not safe, or nothing here to reach)
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Say whether it needs a run of its own: what it does, or what ends it, would reach others."""
        return bool(self.killed_by or self.limits or self.name == "left-behind daemon")

    @property
    def whose(self) -> bool:
        """Say whether it depends on who the caller is: files, processes and sockets of the same user, root's rights."""
        return self.name in OF_A_USER

    @property
    def program(self) -> bytes:
        """Return the whole program."""
        lines = "\n".join("    " + line for line in self.body.strip().splitlines())
        return (PRELUDE + lines + EPILOGUE).encode()


OF_A_USER = frozenset({
    "many processes", "many threads", "disk flood", "memory in /dev/shm", "inode flood", "memory hog in children",
    "file of the host", "environment of other processes", "signal to a foreign process", "limits of a foreign process",
    "descriptor of the caller", "write outside", "change the mode of a foreign file", "link to a foreign file",
    "write to the system", "write to /", "write to /dev", "left-behind daemon", "loopback of the host",
    "local socket by path", "abstract local socket", "packet socket", "become root", "gain rights by a set-uid program",
    "ptrace", "memory of another process", "new user namespace", "new user namespace by clone", "device node",
    "kernel settings",
})  # fmt: skip
MB = 1 << 20
SMALL_DISK: dict[str, float] = {"disk_bytes": 16 * MB, "inodes": 400, "file_bytes": 64 * MB}

ABUSES = (
    # --- too much of everything
    Abuse(
        "many processes",
        """
children = []
try:
    for _ in range(120):
        pid = os.fork()
        if pid == 0:
            time.sleep(20)
            os._exit(0)
        children.append(pid)
finally:
    for pid in children:
        os.kill(pid, 9)
""",
        limits={"processes": 20},
    ),
    Abuse(
        "many threads",
        """
done = threading.Event()
try:
    for _ in range(120):
        threading.Thread(target=done.wait, daemon=True).start()
finally:
    done.set()
""",
        limits={"processes": 20},
    ),
    Abuse(
        "fork bomb",
        """
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        killed_by=("wall",),
        control="none",
        limits={"processes": 20, "wall_s": 0.7},
    ),
    Abuse(
        "disk flood",
        """
for n in range(40):
    open(f"{n}.bin", "wb").write(bytes(1 << 20))
""",
        (),
        NAMESPACES,
        "bites",
        SMALL_DISK,
    ),
    Abuse(
        "disk flood in /tmp",
        """
os.chdir(os.environ.get("SCRATCH", "/tmp"))
for n in range(40):
    open(f"{n}.bin", "wb").write(bytes(1 << 20))
""",
        (),
        NAMESPACES,
        "bites",
        SMALL_DISK,
    ),
    Abuse(
        "memory in /dev/shm",
        """
name = f"/dev/shm/abuse-{os.getpid()}"
try:
    with open(name, "wb", 0) as file:
        for _ in range(40):
            if file.write(bytes(1 << 20)) < 1 << 20:
                return False
finally:
    if os.path.exists(name):
        os.unlink(name)
""",
        (),
        BOTH,
        "bites",
        SMALL_DISK,
    ),
    Abuse("inode flood", 'for n in range(1000):\n    open(f"{n}", "w").close()', (), NAMESPACES, "bites", SMALL_DISK),
    Abuse("one giant file", 'open("big", "wb").write(bytes(8 << 20))', limits={"file_bytes": 4 * MB}),
    Abuse(
        "zip bomb",
        """
small = zlib.compress(bytes(20 << 20), 9)
open("out", "wb").write(zlib.decompress(small))
""",
        limits={"file_bytes": 4 * MB},
    ),
    Abuse(
        "memory hog",
        """
held = []
for _ in range(40):
    held.append(b'x' * (10 << 20))
    time.sleep(0.01)
""",
        killed_by=("memory",),
        limits={"memory_bytes": 100 * MB},
    ),
    Abuse(
        "memory hog at once",
        """
held = b'x' * (400 << 20)
time.sleep(0.3)
""",
        killed_by=("", "memory"),
        limits={"memory_bytes": 100 * MB},
    ),
    Abuse(
        "memory hog in children",
        """
pids = []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        held = b"x" * (60 << 20)
        time.sleep(0.5)
        os._exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
""",
        killed_by=("memory",),
        limits={"memory_bytes": 100 * MB},
    ),
    Abuse("memory outside every process: memfd", 'os.memfd_create("x")'),
    Abuse("memory outside every process: System V", "libc.shmctl(call(29, 194, 0, 1 << 20, 0o1600), 0, None)"),
    Abuse("memory outside every process: shared pages", "mmap.mmap(-1, 1 << 20)"),
    Abuse(
        "memory outside every process: /dev/zero",
        """
with open("/dev/zero", "r+b", 0) as zero:
    mmap.mmap(zero.fileno(), 1 << 20)
""",
    ),
    Abuse(
        "endless loop",
        """
while True:
    pass
""",
        killed_by=("wall",),
        limits={"wall_s": 0.5},
    ),
    Abuse(
        "deaf sleeper",
        """
for number in range(1, 31):
    if number not in (9, 19):
        signal.signal(number, signal.SIG_IGN)
time.sleep(30)
""",
        killed_by=("wall",),
        limits={"wall_s": 0.5},
    ),
    Abuse(
        "giant output",
        """
for _ in range(200):
    os.write(1, b'y' * 65536)
""",
        killed_by=("output",),
    ),
    Abuse(
        "giant error output",
        """
for _ in range(200):
    os.write(2, b'y' * 65536)
""",
        killed_by=("output",),
    ),
    Abuse("core dump", "return resource.getrlimit(resource.RLIMIT_CORE)[1] != 0"),
    # --- what belongs to others
    Abuse("file of the host", 'return host["mark"].encode() in read(host["planted"])'),
    Abuse("accounts of the host", 'return b"root:" in read("/etc/passwd")'),
    Abuse("environment of the caller", 'return host["mark"] in os.environ.get("HOST_TOKEN", "")'),
    Abuse(
        "environment of other processes",
        """
found = False
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) != os.getpid():
        try:
            found = found or host["mark"].encode() in read(f"/proc/{name}/environ")
        except OSError:
            pass
return found
""",
    ),
    Abuse("signal to a foreign process", 'os.kill(host["pid"], 0)'),
    Abuse("limits of a foreign process", 'resource.prlimit(host["pid"], resource.RLIMIT_NOFILE)'),
    Abuse("descriptor of the caller", 'return host["mark"].encode() in os.pread(host["descriptor"], 4096, 0)'),
    Abuse("write outside", 'open(host["outside"] + "/written", "w").write("x")'),
    Abuse("change the mode of a foreign file", 'os.chmod(host["planted"], 0o666)'),
    Abuse("link to a foreign file", 'os.link(host["planted"], host["outside"] + "/linked")'),
    Abuse("write to the system", 'open("/usr/lib/abuse", "w")', control="none"),
    Abuse("write to /", 'open("/abuse", "w")', control="none"),
    Abuse("write to /dev", 'open("/dev/abuse", "w")', control="none"),
    Abuse(
        "left-behind daemon",
        """
if os.fork() == 0:
    try:
        os.setsid()
    except OSError:
        pass
    if os.fork() == 0:
        for number in (0, 1, 2):
            os.close(number)
        time.sleep(8)
    os._exit(0)
os.wait()
return False
""",
        control="none",  # has a test of its own
    ),
    # --- the network
    Abuse("loopback of the host", 'connect(socket.AF_INET, ("127.0.0.1", host["port"]))'),
    Abuse("metadata address", 'connect(socket.AF_INET, ("169.254.169.254", 80))', control="none"),
    Abuse("public address", 'connect(socket.AF_INET, ("192.0.2.1", 53))', control="none"),
    Abuse("local socket by path", 'connect(socket.AF_UNIX, host["socket"])'),
    Abuse("abstract local socket", 'connect(socket.AF_UNIX, "\\0" + host["mark"])'),
    Abuse("packet socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", control="root"),
    Abuse("machine socket", "socket.socket(40, socket.SOCK_STREAM)", control="none"),
    # --- the kernel
    Abuse(
        "become root",
        """
os.setuid(0)
return open('/proc/self/uid_map').read().split()[1] == '0'
""",
        control="root",
    ),
    Abuse("gain rights by a set-uid program", "return libc.prctl(39, 0, 0, 0, 0) == 0"),
    Abuse("ptrace", "call(101, 117, 0, 0, 0, 0)"),
    Abuse(
        "memory of another process",
        """
text = ctypes.create_string_buffer(b"text")
vector = (ctypes.c_size_t * 2)(ctypes.addressof(text), 4)
call(310, 270, os.getpid(), ctypes.addressof(vector), 1, ctypes.addressof(vector), 1, 0)
""",
    ),
    Abuse("new user namespace", "call(272, 97, 0x10000000)"),
    Abuse(
        "new user namespace by clone",
        """
pid = call(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
""",
    ),
    Abuse(
        "clone3",
        """
try:
    call(435, 435, 0, 0)
except OSError as error:
    return error.errno != errno.ENOSYS
""",
    ),
    Abuse(
        "io_uring",
        """
try:
    call(425, 425, 1, 0)
except OSError as error:
    return error.errno != errno.EPERM
""",
        control="none",
    ),
    Abuse(
        "kernel doors",
        # keyctl, bpf, perf, userfaultfd, mount, kexec, module, reboot, file handles, personality, message queues
        """
doors = [(250, 219), (321, 280), (298, 241), (323, 282), (165, 40), (246, 104), (175, 105), (169, 142), (304, 265),
         (135, 92), (68, 186), (167, 224), (428, 428), (155, 41)]
for door in doors:
    try:
        call(*door, -1, -1, -1, -1, -1)
    except OSError as error:
        if error.errno != errno.EPERM:
            return True
    else:
        return True
return False
""",
        control="none",
    ),
    Abuse("device node", 'os.mknod("zero", 0o600 | 0o020000, os.makedev(1, 5))', control="root"),
    Abuse(
        "words into a terminal",
        """
with open('/dev/null') as file:
    libc.ioctl(file.fileno(), ctypes.c_ulong(0x5412), b'x')
return ctypes.get_errno() != errno.EPERM
""",
    ),
    Abuse("kernel settings", 'open("/proc/sys/kernel/core_pattern", "r+b").close()', control="root"),
)
