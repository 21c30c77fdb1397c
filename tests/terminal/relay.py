"""Runs a program on a pseudo-terminal, for a test that has none of its own.

Usage: relay.py COLUMNS LINES COMMAND [ARGUMENT ...]

Standard input has one JSON object a line: {"keys": TEXT} types, {"hex": BYTES} types bytes that are no text,
{"size": [COLUMNS, LINES]} resizes the window. What the program writes to the terminal goes to standard output as it
comes. Ends with the program's exit status, 128 and the signal's number more if one killed it.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def resize(terminal, columns, lines):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def write_all(out, data):
    while data:
        data = data[os.write(out, data) :]


def main():
    columns, lines = int(sys.argv[1]), int(sys.argv[2])
    child, terminal = pty.fork()
    if child == 0:
        resize(0, columns, lines)
        os.execvp(sys.argv[3], sys.argv[3:])
    commands = b""
    keys = b""
    listening = True
    while True:
        readable, writable, _ = select.select(
            [terminal] + ([0] if listening else []), [terminal] if keys else [], []
        )
        if terminal in readable:
            try:
                seen = os.read(terminal, 65536)
            except OSError:
                # Linux says EIO when the program has gone.
                seen = b""
            if not seen:
                break
            write_all(1, seen)
        if 0 in readable:
            came = os.read(0, 65536)
            if not came:
                listening = False
                os.kill(child, signal.SIGHUP)
            commands += came
            *whole, commands = commands.split(b"\n")
            for line in whole:
                command = json.loads(line)
                if "size" in command:
                    resize(terminal, *command["size"])
                elif "hex" in command:
                    keys += bytes.fromhex(command["hex"])
                else:
                    keys += command["keys"].encode()
        if terminal in writable:
            keys = keys[os.write(terminal, keys[:512]) :]
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)


main()
