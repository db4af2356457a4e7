"""Runs a program on a terminal of its own, acts when it asks, and reports where everything went.

Input and output are JSON. The request: argv, env, and steps, taken in turn. A step waits for a text to
appear in one place (terminal, stdout or stderr), and then types a text or sends a signal by its number.
stdin of the program is empty; stdout and stderr are pipes.
"""

import fcntl
import json
import os
import select
import sys
import termios
import time

LIMIT_SECONDS = 20

request = json.load(sys.stdin)
out_reader, out_writer = os.pipe()
err_reader, err_writer = os.pipe()
# The slave side stays open here, so that what was written to it can be read after the program's end.
terminal, slave = os.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out_writer, 1)
    os.dup2(err_writer, 2)
    os.closerange(3, 64)
    os.execve(request["argv"][0], request["argv"], request["env"])

os.close(out_writer)
os.close(err_writer)
places = {"terminal": terminal, "stdout": out_reader, "stderr": err_reader}
seen = {descriptor: b"" for descriptor in places.values()}
steps = list(request["steps"])
modes = []
before = termios.tcgetattr(terminal)
waiting = {out_reader, err_reader}
deadline = time.monotonic() + LIMIT_SECONDS
while waiting and time.monotonic() < deadline:
    readable, _, _ = select.select([terminal, *waiting], [], [], 0.5)
    for descriptor in readable:
        data = os.read(descriptor, 65536)
        seen[descriptor] += data
        if not data:
            waiting.discard(descriptor)
    if steps and steps[0]["text"].encode() in seen[places[steps[0]["place"]]]:
        step = steps.pop(0)
        modes.append(termios.tcgetattr(terminal))
        if "signal" in step:
            os.kill(pid, step["signal"])
        else:
            os.write(terminal, step["type"].encode())
if waiting:
    os.kill(pid, 9)
while select.select([terminal], [], [], 0)[0]:
    seen[terminal] += os.read(terminal, 65536)
after = termios.tcgetattr(terminal)
_, status = os.waitpid(pid, 0)

LOCAL_MODES = 3


def echoes(attributes):
    return bool(attributes[LOCAL_MODES] & termios.ECHO)


print(json.dumps({
    "exitCode": os.waitstatus_to_exitcode(status),
    "timedOut": bool(waiting),
    "stepsLeft": len(steps),
    **{place: seen[descriptor].decode() for place, descriptor in places.items()},
    "echo": [echoes(mode) for mode in modes],
    "restored": after == before,
}))
