"""Deploys template.yaml into an emulated AWS, as `make local-stack` does, and uses all of it: `python deployed_template.py
DIRECTORY TREBLE`, where the directory has the functions' binaries, and TREBLE is the program of that name.
"""

import json
import os
import secrets
import socket
import sys
import time

import taskcluster

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "infra", "localstack"))

import deploy  # noqa: E402
from deploy import client  # noqa: E402

BINARIES = os.path.abspath(sys.argv[1])
TREBLE = os.path.abspath(sys.argv[2])
STACK = f"treble-{secrets.token_hex(4)}"
PARAMETERS = {"Broker": "yes", "MailFrom": "hooks@example.com", "AlarmMail": "alarms@example.com"}
PATIENCE_SECONDS = 150

DEFINITION = {
    "metadata": {"name": "n", "description": "d", "owner": "o@example.com"},
    "task": {"provisionerId": "p", "workerType": "w", "payload": {}},
    "triggerSchema": {"type": "object"},
}


def until(what, done):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := done()):
        assert time.monotonic() < deadline, f"{what} does not happen"
        time.sleep(1)
    return found


def root(outputs):
    """The API, as a client that may do everything."""
    token = deploy.root_client(TREBLE, outputs)
    return taskcluster.Hooks({"rootUrl": outputs["ApiUrl"], "credentials": {"clientId": "root", "accessToken": token}})


def received(queue_url):
    queue = client("sqs")
    while messages := queue.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            yield json.loads(message["Body"])
            queue.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def send(queue_url, message):
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=message if isinstance(message, str) else json.dumps(message))


def fired_by(hooks, hook_id):
    fires = hooks.listLastFires("g", hook_id)["lastFires"]
    return {fire["firedBy"]: fire["result"] for fire in fires}


def main():
    resolve = socket.getaddrinfo
    # The API's host is a name below localhost, which not every machine can resolve.
    socket.getaddrinfo = lambda host, *rest, **more: resolve(
        "127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more
    )
    outputs = deploy.deploy(STACK, lambda name: os.path.join(BINARIES, name), PARAMETERS)
    hooks = root(outputs)
    sent_before = client("ses").get_send_quota()["SentLast24Hours"]

    # Every route.
    assert hooks.ping()["alive"]
    hooks.heartbeat()
    hooks.lbheartbeat()
    hooks.version()
    binding = {"exchange": "exchange/x", "routingKeyPattern": "#"}
    hooks.createHook("g", "h", DEFINITION | {"schedule": ["*/20 * * * * *"]})
    hooks.updateHook("g", "h", DEFINITION | {"schedule": ["*/20 * * * * *"], "bindings": [binding]})
    assert hooks.hook("g", "h")["bindings"] == [binding]
    assert hooks.listHookGroups() == {"groups": ["g"]}
    assert [hook["hookId"] for hook in hooks.listHooks("g")["hooks"]] == ["h"]
    hooks.triggerHook("g", "h", {})
    token = hooks.getTriggerToken("g", "h")["token"]
    hooks.triggerHookWithToken("g", "h", token, {})
    assert hooks.resetTriggerToken("g", "h")["token"] != token
    assert hooks.getHookStatus("g", "h")["lastFire"]["result"] == "success"
    assert fired_by(hooks, "h") == {"triggerHook": "success", "triggerHookWithToken": "success"}

    # A hook that fails, so that its owner is told, and one that is removed.
    hooks.createHook("g", "bad", DEFINITION | {"task": {"$eval": "nothing"}})
    try:
        hooks.triggerHook("g", "bad", {})
        raise AssertionError("a template without a task has fired")
    except taskcluster.exceptions.TaskclusterRestFailure:
        pass
    hooks.createHook("g", "gone", DEFINITION)
    hooks.removeHook("g", "gone")
    until("a mail to the owner", lambda: client("ses").get_send_quota()["SentLast24Hours"] > sent_before)

    # A broker's message, from the bridge; and what the bridge hears of.
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    message = {"exchange": "exchange/x", "routingKey": "a", "payload": {}, "id": "1", "received": moment}
    send(outputs["PulseQueue"], message)
    until("a firing from the broker", lambda: fired_by(hooks, "h").get("pulseMessage") == "success")
    changes = set()

    def all_changes():
        changes.update((event["detail-type"], event["detail"]["hookId"]) for event in received(outputs["ChangesQueue"]))
        return changes >= {("HookCreated", "h"), ("HookUpdated", "h"), ("HookDeleted", "gone")}

    until("all changes", all_changes)

    # The rule, which wakes the clock after a minute at most.
    until("a scheduled firing", lambda: fired_by(hooks, "h").get("schedule") == "success")
    assert len(list(received(outputs["TasksQueue"]))) >= 4


main()
