"""Deploys template.yaml into an emulated AWS, as SAM does, and uses all of it: `python deployed_template.py DIRECTORY`, where the
directory has the binaries.

What stands in for `sam build` is a `bootstrap` that is replaced by the binary; what stands in for `sam deploy`, SAM's own
translation and CloudFormation.
"""

import io
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import zipfile

import boto3
import taskcluster
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = os.path.join(os.path.dirname(__file__), "..", "..", "template.yaml")
BINARIES = os.path.abspath(sys.argv[1])
REGION = os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
STACK = f"treble-{secrets.token_hex(4)}"
MAIL_FROM = "hooks@example.com"
PARAMETERS = {"Architecture": "x86_64", "Broker": "yes", "MailFrom": MAIL_FROM, "AlarmMail": "alarms@example.com"}
PATIENCE_SECONDS = 150

DEFINITION = {
    "metadata": {"name": "n", "description": "d", "owner": "o@example.com"},
    "task": {"provisionerId": "p", "workerType": "w", "payload": {}},
    "triggerSchema": {"type": "object"},
}


def client(service):
    return boto3.client(service, region_name=REGION, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def until(what, done):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := done()):
        assert time.monotonic() < deadline, f"{what} does not happen"
        time.sleep(1)
    return found


def bootstrap(binary):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zip:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        zip.writestr(entry, f'#!/bin/sh\nexec "{os.path.join(BINARIES, binary)}"\n')
    return archive.getvalue()


def deploy():
    """The stack's outputs."""
    with open(TEMPLATE) as file:
        template = yaml_parse(file.read())
    s3 = client("s3")
    s3.create_bucket(Bucket=STACK)
    del template["Globals"]["Function"]["CodeUri"]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource["Metadata"]["BuildProperties"]["Binary"]
            s3.put_object(Bucket=STACK, Key=binary, Body=bootstrap(binary))
            resource["Properties"]["CodeUri"] = f"s3://{STACK}/{binary}"
    translated = Translator({}, Parser()).translate(template, parameter_values={})
    s3.put_object(Bucket=STACK, Key="template", Body=json.dumps(translated))

    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{os.environ['AWS_ENDPOINT_URL']}/{STACK}/template",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
        Capabilities=["CAPABILITY_IAM"],
    )

    def ended():
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    stack = until("the stack", ended)
    failures = [
        event
        for event in cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        if "FAILED" in event["ResourceStatus"]
    ]
    assert stack["StackStatus"] == "CREATE_COMPLETE", failures
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def root(outputs):
    """The API, as a client that may do everything."""
    environment = os.environ | {
        "TREBLE_AUTH_TABLE": outputs["AuthTable"],
        "TREBLE_MASTER_KEY_ARN": outputs["MasterKey"],
    }
    command = [os.path.join(BINARIES, "treble"), "client", "create", "root", "--scope", "*", "--store", "aws", "--json"]
    created = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    credentials = {"clientId": "root", "accessToken": json.loads(created.stdout)["accessToken"]}
    return taskcluster.Hooks({"rootUrl": outputs["ApiUrl"], "credentials": credentials})


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
    client("ses").verify_email_identity(EmailAddress=MAIL_FROM)
    outputs = deploy()
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
