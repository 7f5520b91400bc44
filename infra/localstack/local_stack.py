"""`make local-stack`: an emulated AWS in the background with template.yaml deployed into it. `python local_stack.py up|down`.

One process in the background, `serve`, has the emulator as its child and a port for the API; all that it writes is in one
directory, which `down` removes.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

import aws_emulator
import deploy
import front

STACK = "treble"
MAIL_FROM = "hooks@example.com"
PATIENCE_SECONDS = 180


class State:
    """The directory of a local stack."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.log = os.path.join(self.directory, "log")
        self.environment = os.path.join(self.directory, "environment")
        self.stack = os.path.join(self.directory, "stack.json")
        self.pid = os.path.join(self.directory, "pid")

    def server(self):
        """The number of the process that serves it, if there is one."""
        try:
            with open(self.pid) as file:
                pid = int(file.read())
        except FileNotFoundError:
            return None
        command = ["ps", "-o", "command=", "-p", str(pid)]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
        # A number is used again, at some time.
        return pid if os.path.basename(__file__) in printed and self.directory in printed else None

    def write(self, path, text):
        with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        os.replace(path + ".new", path)


def serve(options):
    """Everything, until SIGTERM."""
    # So that the emulator ends with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    state = State(options.state)
    listening = front.listen(options.port)
    root_url = f"http://localhost:{listening.getsockname()[1]}"
    aws_port = options.aws_port or aws_emulator.free_port()
    home = os.path.join(state.directory, "emulator")
    os.makedirs(home, exist_ok=True)
    os.environ |= aws_emulator.environment(aws_port)
    with aws_emulator.running(aws_port, home, sys.stderr, options.aws_host):
        parameters = {"RootUrl": root_url, "Broker": "yes", "MailFrom": MAIL_FROM, "LogLevel": "INFO"}
        if "CDS_API_URL" in os.environ:
            token = deploy.client("secretsmanager").create_secret(Name="cds-token", SecretString=os.environ["CDS_TOKEN"])
            parameters |= {"CdsApiUrl": os.environ["CDS_API_URL"], "CdsTokenSecretArn": token["ARN"]}
        if "TREBLE_CCX_TOKEN" in os.environ:
            token = deploy.client("secretsmanager").create_secret(Name="ccx-token", SecretString=os.environ["TREBLE_CCX_TOKEN"])
            parameters |= {"CcxTokenSecretArn": token["ARN"]}
        # Integrators are on this machine, too.
        parameters |= {"HookGates": os.environ.get("TREBLE_HOOK_GATES", "no"), "IntegratorAddresses": "any"}
        outputs = deploy.deploy(STACK, lambda name: os.path.join(options.binaries, name), parameters)
        token = deploy.root_client(options.treble, outputs)
        variables = deploy.exports(root_url, token) | aws_emulator.environment(aws_port) | deploy.variables(outputs)
        variables["TREBLE_ROOT_URL"] = root_url

        def ready():
            state.write(state.environment, "".join(f"export {name}={value}\n" for name, value in variables.items()))
            state.write(state.stack, json.dumps({"variables": variables, "outputs": outputs}, indent=2) + "\n")

        front.serve(outputs["ApiUrl"], urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]), listening, ready)


def up(options):
    state = State(options.state)
    if state.server():
        print("The local stack is up already: its functions are started anew. A changed template needs another stack.\n")
        os.environ |= known(state)["variables"]
        deploy.restart_functions(STACK)
        return tell(state)
    shutil.rmtree(state.directory, ignore_errors=True)
    os.makedirs(state.directory)
    command = [sys.executable, os.path.abspath(__file__), "serve", "--state", state.directory]
    command += ["--binaries", os.path.abspath(options.binaries), "--treble", os.path.abspath(options.treble)]
    command += ["--port", str(options.port), "--aws-port", str(options.aws_port), "--aws-host", options.aws_host]
    with open(state.log, "w") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    state.write(state.pid, str(server.pid))
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not os.path.exists(state.stack):
            if server.poll() is not None or time.monotonic() > deadline:
                with open(state.log) as log:
                    sys.exit(f"The local stack doesn't start:\n{log.read()[-4000:]}")
            time.sleep(0.1)
    except BaseException:
        down(options)
        raise
    tell(state)


def known(state):
    with open(state.stack) as file:
        return json.load(file)


def tell(state):
    stack = known(state)
    variables = stack["variables"]
    print(f"Treble is at {variables['TASKCLUSTER_ROOT_URL']}")
    print(f"AWS is at {variables['AWS_ENDPOINT_URL']}, emulated; tasks: {stack['outputs']['TasksQueue']}")
    print(f"Log: {os.path.relpath(state.log)}\n")
    print("For Taskcluster's clients, with every scope:\n")
    for name, value in variables.items():
        if name.startswith("TASKCLUSTER_"):
            print(f"  export {name}={value}")
    print(f"\nThe same, and what `treble --store aws` needs: . {os.path.relpath(state.environment)}")
    print("Stop: make local-stack-down")


def down(options):
    state = State(options.state)
    if pid := state.server():
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while state.server() and time.monotonic() < deadline:
            time.sleep(0.05)
        if state.server():
            os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(state.directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="An emulated AWS with template.yaml deployed into it.")
    parser.add_argument("command", choices=["up", "down", "serve"])
    parser.add_argument("--state", default=os.path.join(deploy.ROOT, "target", "local-stack"), help="its directory")
    built = os.path.join(deploy.ROOT, "target", "debug")
    parser.add_argument("--binaries", default=built, help="where the functions' binaries are")
    parser.add_argument("--treble", default=os.path.join(built, "treble"), help="the command line")
    parser.add_argument("--port", type=int, default=8080, help="where the API is; 0 for any port")
    parser.add_argument("--aws-port", type=int, default=0, help="where AWS is; 0 for any port")
    parser.add_argument("--aws-host", default="127.0.0.1", help="to whom AWS listens; 0.0.0.0, to containers as well")
    options = parser.parse_args()
    {"up": up, "down": down, "serve": serve}[options.command](options)


if __name__ == "__main__":
    try:
        main()
    except deploy.Failed as failure:
        sys.exit(str(failure))
