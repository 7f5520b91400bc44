"""Runs a command with an emulated AWS: `python emulator.py COMMAND…`.

Starts ministack on a free port of this machine, sets AWS_ENDPOINT_URL (and credentials that it
accepts), runs the command, stops the emulator, and exits as the command did.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PROGRAM = os.path.join(os.path.dirname(sys.executable), "ministack")
PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_health(endpoint, emulator):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while emulator.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1).read()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit("the emulator does not start")


def main(command):
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    own = environment | {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as home:
        emulator = subprocess.Popen([PROGRAM], env=own, cwd=home, stdout=log, stderr=log)
        try:
            await_health(endpoint, emulator)
            return subprocess.run(command, env=environment).returncode
        finally:
            emulator.kill()
            emulator.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
