"""Types lines into an interactive shell on a terminal of its own, each when the shell shows its prompt.

Input and output are JSON. The request: argv, env, cwd, prompt and lines; the last line has to end the
shell. The answer: all that appeared on the terminal.
"""

import json
import os
import pty
import select
import sys
import time

LIMIT_SECONDS = 60

request = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(request["cwd"])
    os.execve(request["argv"][0], request["argv"], request["env"])

seen = b""
looked = 0
prompt = request["prompt"].encode()
lines = list(request["lines"])
deadline = time.monotonic() + LIMIT_SECONDS
while time.monotonic() < deadline:
    readable, _, _ = select.select([terminal], [], [], 0.5)
    if not readable:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:  # The other side is closed.
        break
    if not data:
        break
    seen += data
    at = seen.find(prompt, looked)
    if lines and at != -1:
        looked = at + len(prompt)
        os.write(terminal, (lines.pop(0) + "\r").encode())
else:
    os.kill(pid, 9)
os.waitpid(pid, 0)
print(json.dumps({"terminal": seen.decode(errors="replace"), "linesLeft": len(lines)}))
