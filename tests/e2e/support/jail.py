"""The binary in a root file system of its own: chroot, user 65532, no capabilities, no new privileges, no /proc.
What a container runtime gives beyond that (/proc, /dev, namespaces) is not there, so nothing can lean on it."""
import ctypes
import errno
import os
import subprocess

from .agent import Agent, free_port

USER = 65532
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(*arguments):
    if _libc.prctl(*(ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0)[:5])) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def enter(root):
    """In the child, before exec."""
    os.chroot(root)
    os.chdir("/")
    for capability in range(64):
        try:
            _prctl(PR_CAPBSET_DROP, capability)
        except OSError as e:
            if e.errno != errno.EINVAL:  # the kernel has no more of them
                raise
            break
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


class JailedAgent(Agent):
    """`tallyman run` as the image's ENTRYPOINT and CMD start it, but for the port."""

    def __init__(self, root, folder, arguments=()):
        self.folder = folder
        self.address = ("127.0.0.1", free_port())
        self.log_path = os.path.join(folder, f"agent-{self.address[1]}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/tallyman", "run", "--listen", "%s:%d" % self.address, *arguments], cwd="/", env={},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=lambda: enter(root))
        self.exit_code = None

    def status(self):
        """/proc/PID/status as the machine sees it."""
        with open(f"/proc/{self.process.pid}/status") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
