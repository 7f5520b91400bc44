"""ministack, an AWS on this machine: one process, of the tests' virtual environment."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request

PROGRAM = os.path.join(os.path.dirname(sys.executable), "ministack")
REGION = "us-east-1"
PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(port):
    """How programs find the emulator, with credentials that it accepts."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
    }


@contextlib.contextmanager
def running(port, home, log, host="127.0.0.1"):
    """The emulator at a port of this machine, with what it writes below `home`, until the block ends."""
    own = os.environ | environment(port) | {"GATEWAY_PORT": str(port), "BIND_HOST": host, "TMPDIR": home}
    # It would listen at a fixed port, to everybody.
    own["IOT_MTLS_ENABLED"] = "0"
    emulator = subprocess.Popen([PROGRAM], env=own, cwd=home, stdout=log, stderr=log)
    try:
        await_health(environment(port)["AWS_ENDPOINT_URL"], emulator)
        yield
    finally:
        emulator.kill()
        emulator.wait()


def await_health(endpoint, emulator):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while emulator.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1).read()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit("the emulator does not start")
