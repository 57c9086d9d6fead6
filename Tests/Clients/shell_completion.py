"""Asks an interactive shell on a terminal of its own what it offers for a line.

    shell_completion.py SHELL FOLDER LINE WORD…

FOLDER holds the completion scripts as `make install` names them. The line is typed with a tab
behind it; exit code 0 once all the words stand on the terminal, 1 with what stood there else.
"""

import os
import pty
import re
import select
import signal
import sys
import time

LIMIT_SECONDS = 30
READY = "ready-for-lines"
STARTS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on';"
        " source '{folder}/bloasis'",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "fpath=('{folder}' $fpath); autoload -U compinit; compinit -u -D; unsetopt beep",
    ),
    "fish": (["fish", "--no-config", "-i"], "source '{folder}/bloasis.fish'"),
}


class Terminal:
    def __init__(self, command):
        self.text = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def wait(self, words):
        """Reads until all the words came; whether they did."""
        end = time.monotonic() + LIMIT_SECONDS
        seen = b""
        while time.monotonic() < end:
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    seen += os.read(self.descriptor, 65536)
                except OSError:
                    break
            self.text = plain(seen.decode(errors="replace"))
            if all(word in self.text for word in words):
                return True
        return False

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def plain(text):
    """Without what colours the text or moves the cursor."""
    sequences = r"\x1b\[[0-9;?>=]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()][0-9A-B]|\x1b[=>]"
    text = re.sub(sequences, "", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f]", "", text)


def main():
    shell, folder, line = sys.argv[1:4]
    command, preparation = STARTS[shell]
    terminal = Terminal(command)
    try:
        terminal.type(preparation.format(folder=folder) + "\n")
        # What is typed is shown too, but not in one piece.
        terminal.type(f"echo {READY[:5]}''{READY[5:]}\n")
        if not terminal.wait([READY]):
            sys.exit(f"{shell} is not ready:\n{terminal.text}")
        terminal.type(line + "\t")
        if not terminal.wait(sys.argv[4:]):
            sys.exit(f"{shell} does not offer {sys.argv[4:]} for '{line}':\n{terminal.text}")
    finally:
        terminal.close()


main()
