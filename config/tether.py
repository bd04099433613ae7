"""Turns into a program that dies with the process that started it, even when that is killed -9.

`python -I -S tether.py PARENT SIGNAL PIPE USER PROGRAM [ARGUMENT…]`, standard library only:

PARENT  process id of the one whose death counts
SIGNAL  number of the signal that the program then gets (Linux)
PIPE    file descriptor of a pipe whose other end the parent holds open, or -1 to let Linux watch
USER    name of the account to run as, or `-` for the present one

The process id stays the same, so whoever started this may signal and wait for it directly.
"""

import ctypes
import os
import pwd
import select
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def ask_linux(parent: int, number: int) -> None:
    """Have the kernel send the signal when the thread that started us ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # it died before we asked


def watch_pipe(pipe: int) -> None:
    """Leave a grandchild behind that kills our process group once the pipe's other end closes.

    A grandchild, so that the program never meets a child which it did not start.
    """
    program = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.close(pipe)
        return
    if os.fork():
        os._exit(0)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    with suppress(ProcessLookupError):
        while not select.select([pipe], [], [], 1.0)[0]:
            os.kill(program, 0)  # raises once the program is gone
        os.killpg(program, signal.SIGKILL)
    os._exit(0)


def become(user: str) -> None:
    """Take on another account, without root's groups."""
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def main(parent: str, number: str, pipe: str, user: str, *command: str) -> None:
    """Tie ourselves to the parent, then become the program."""
    if user != "-":
        become(user)  # first: changing the account clears the request to the kernel
    if pipe == "-1":
        ask_linux(int(parent), int(number))
    else:
        watch_pipe(int(pipe))
    # A shell lets what it starts in the background ignore Ctrl-C, and that would be handed on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
