"""`make watch`: the functions by `cargo lambda watch`, on an emulated AWS, rebuilt whenever their code changes.

Run by tests/python/emulator.py, which sets AWS_ENDPOINT_URL and credentials. The local server runs beside the functions, on
the same tables: it makes them, and prints a client to call with.
"""

import os
import secrets
import subprocess
import sys
import tempfile

import botocore.session

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREBLE = os.path.join(ROOT, "target", "debug", "treble")
CARGO_LAMBDA = os.path.join(os.path.dirname(sys.executable), "cargo-lambda")
PORT = os.environ.get("PORT", "9000")
SERVER_PORT = os.environ.get("SERVER_PORT", "8080")


def client(service):
    return botocore.session.get_session().create_client(
        service, region_name=os.environ["AWS_REGION"], endpoint_url=os.environ["AWS_ENDPOINT_URL"]
    )


def settings():
    queue = client("sqs").create_queue(QueueName="treble-tasks")["QueueUrl"]
    name = "treble-master-key"
    client("secretsmanager").create_secret(Name=name, SecretString=secrets.token_urlsafe(48))
    tables = {f"TREBLE_{table.upper()}_TABLE": f"treble-{table}" for table in ("hooks", "fires", "auth", "gates")}
    return tables | {
        "TREBLE_ROOT_URL": f"http://localhost:{PORT}",
        "TREBLE_SINK": f"sqs:{queue}",
        "TREBLE_MASTER_KEY_ARN": name,
    }


def watch(directory):
    environment = os.environ | settings()
    server = subprocess.Popen(
        [TREBLE, "up", "--store", "aws", "--create-tables", "--port", SERVER_PORT, "--data", directory],
        env=environment,
    )
    router = os.path.join(directory, "router.toml")
    with open(router, "w") as file:
        subprocess.run([TREBLE, "routes", "--watch-router"], stdout=file, check=True)
    try:
        command = [CARGO_LAMBDA, "lambda", "watch", "--global", router, "--invoke-port", PORT, "--disable-cors"]
        return subprocess.run(command, env=environment, cwd=os.path.join(ROOT, "functions")).returncode
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        sys.exit(watch(directory))
