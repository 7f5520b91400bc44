"""Runs a command with an emulated AWS: `python emulator.py COMMAND…`.

Starts ministack on a free port of this machine, sets AWS_ENDPOINT_URL (and credentials that it
accepts), runs the command, stops the emulator, and exits as the command did.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "infra", "localstack"))

import aws_emulator  # noqa: E402


def main(command):
    port = aws_emulator.free_port()
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as home:
        with aws_emulator.running(port, home, log):
            return subprocess.run(command, env=os.environ | aws_emulator.environment(port)).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
