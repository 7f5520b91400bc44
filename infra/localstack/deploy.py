"""Deploys template.yaml into an emulated AWS, as SAM does: `AWS_ENDPOINT_URL=… python deploy.py --help`.

What stands in for `sam build` is a `bootstrap` that is replaced by a binary of this machine, so that nothing large is packed and
unpacked; `--zip` packs the binaries themselves, for an emulator that runs functions in containers. What stands in for `sam
deploy` is SAM's own translation, and CloudFormation.
"""

import argparse
import functools
import io
import json
import os
import platform
import subprocess
import sys
import time
import zipfile

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from without_api import without_api

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TEMPLATE = os.path.join(ROOT, "template.yaml")
PATIENCE_SECONDS = 300
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
# What a deployment's outputs are to those who use it beside the functions.
VARIABLES = {
    "HooksTable": "TREBLE_HOOKS_TABLE",
    "FiresTable": "TREBLE_FIRES_TABLE",
    "AuthTable": "TREBLE_AUTH_TABLE",
    "GatesTable": "TREBLE_GATES_TABLE",
    "MasterKey": "TREBLE_MASTER_KEY_ARN",
    "FiringsQueue": "TREBLE_FIRINGS_QUEUE_URL",
    "PulseQueue": "TREBLE_PULSE_QUEUE_URL",
    "ChangesQueue": "TREBLE_CHANGES_QUEUE_URL",
    "EventBus": "TREBLE_EVENT_BUS",
}


class Failed(Exception):
    """A stack that was not made."""


def client(service):
    # The translation asks for a region too, and by another name.
    region = os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
    return boto3.client(service, region_name=region, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def path_to(binary):
    """A `bootstrap` that becomes that binary."""
    return f'#!/bin/sh\nexec "{binary}"\n'.encode()


def content_of(binary):
    with open(binary, "rb") as file:
        return file.read()


def packed(bootstrap):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        zip.writestr(entry, bootstrap)
    return archive.getvalue()


def binary_of(function):
    return function["Metadata"]["BuildProperties"]["Binary"]


def whole(template):
    return template


def uploaded(bucket, binaries, bootstrap, change):
    """The template as CloudFormation takes it, its functions in the bucket."""
    with open(TEMPLATE) as file:
        template = change(yaml_parse(file.read()))
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    del template["Globals"]["Function"]["CodeUri"]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = binary_of(resource)
            s3.put_object(Bucket=bucket, Key=binary, Body=packed(bootstrap(binaries(binary))))
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{binary}"
    translated = Translator({}, Parser()).translate(template, parameter_values={})
    s3.put_object(Bucket=bucket, Key="template", Body=json.dumps(translated))
    return f"{os.environ['AWS_ENDPOINT_URL']}/{bucket}/template"


def deploy(stack, binaries, parameters, bootstrap=path_to, change=whole):
    """Makes the stack, of the binaries at the paths that `binaries` gives, and tells its outputs."""
    if sender := parameters.get("MailFrom"):
        client("ses").verify_email_identity(EmailAddress=sender)
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=stack,
        TemplateURL=uploaded(stack, binaries, bootstrap, change),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in ({"Architecture": ARCHITECTURE} | parameters).items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (made := cloudformation.describe_stacks(StackName=stack)["Stacks"][0])["StackStatus"].endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise Failed(f"the stack {stack} takes longer than {PATIENCE_SECONDS} s")
        time.sleep(0.2)
    if made["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in events
            if "FAILED" in event["ResourceStatus"]
        ]
        raise Failed("\n".join([f"the stack {stack} is {made['StackStatus']}", *reasons]))
    outputs = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
    expire(outputs)
    return outputs


def expire(outputs):
    """Has items expire in the tables of which the template says so, if CloudFormation did not: ministack's doesn't."""
    with open(TEMPLATE) as file:
        resources = yaml_parse(file.read())["Resources"]
    tables = client("dynamodb")
    for name, resource in resources.items():
        if wanted := resource.get("Properties", {}).get("TimeToLiveSpecification"):
            told = tables.describe_time_to_live(TableName=outputs[name])["TimeToLiveDescription"]
            if told["TimeToLiveStatus"] == "DISABLED":
                tables.update_time_to_live(TableName=outputs[name], TimeToLiveSpecification=wanted)


def restart_functions(stack):
    """Has the functions of a stack begin anew, with the binaries that are there now."""
    functions = client("lambda")
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if name.startswith(f"{stack}-"):
                functions.update_function_code(FunctionName=name, S3Bucket=stack, S3Key=name.removeprefix(f"{stack}-"))


def variables(outputs):
    """What `treble --store aws` and `treble bridge` are told of a deployment."""
    return {VARIABLES[key]: value for key, value in outputs.items() if key in VARIABLES}


def root_client(treble, outputs):
    """Creates the client that may do everything, and tells its access token."""
    command = [treble, "client", "create", "root", "--scope", "*", "--store", "aws", "--json"]
    created = subprocess.run(command, env=os.environ | variables(outputs), stdout=subprocess.PIPE, check=True)
    return json.loads(created.stdout)["accessToken"]


def exports(root_url, access_token):
    """What Taskcluster's clients are told."""
    return {
        "TASKCLUSTER_ROOT_URL": root_url,
        "TASKCLUSTER_CLIENT_ID": "root",
        "TASKCLUSTER_ACCESS_TOKEN": access_token,
    }


def options():
    parser = argparse.ArgumentParser(description="Deploys template.yaml into the AWS at AWS_ENDPOINT_URL, an emulated one.")
    debug = os.path.join(ROOT, "target", "debug")
    parser.add_argument("--binaries", default=debug, help="where the binaries are")
    parser.add_argument("--zip", action="store_true", help="pack BINARIES/NAME/bootstrap, as `sam build` leaves them")
    parser.add_argument("--treble", default=os.path.join(debug, "treble"), help="the command line")
    parser.add_argument("--stack", default="treble", help="the stack's name")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the template")
    parser.add_argument("--function-url", metavar="URL", help="no HTTP API: all requests go to `default`, at this URL")
    return parser.parse_args()


def main():
    chosen = options()
    parameters = dict(parameter.split("=", 1) for parameter in chosen.parameter)
    change = whole
    if url := chosen.function_url:
        parameters["RootUrl"] = url.rstrip("/")
        change = functools.partial(without_api, url)
    directory = os.path.abspath(chosen.binaries)
    within = ["bootstrap"] if chosen.zip else []
    outputs = deploy(
        chosen.stack,
        lambda name: os.path.join(directory, name, *within),
        parameters,
        content_of if chosen.zip else path_to,
        change,
    )
    token = root_client(chosen.treble, outputs)
    root_url = parameters.get("RootUrl") or outputs["ApiUrl"]
    for name, value in (exports(root_url, token) | variables(outputs)).items():
        print(f"export {name}={value}")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(str(failure))
