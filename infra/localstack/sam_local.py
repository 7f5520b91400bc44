"""What `sam local` needs of template.yaml, which it finds no routes in: `python sam_local.py` writes, below target/sam-local,

- `template.json`: each function, built by `sam build` or `cargo lambda build`, with its route as an event of SAM's own;
- `environment.json`: what each function finds in its environment, as it is in the local stack that is up.
"""

import argparse
import json
import os
import sys

import deploy
from local_stack import STACK, State, known

from samcli.yamlhelper import yaml_parse

# What containers call the machine that they run on.
HOST = "host.docker.internal"
# What functions are told, besides what the template says, to find the emulated AWS.
AWS = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def routes(resources):
    """The routes of each function that has any."""
    found = {}
    for route in resources.values():
        if route["Type"] == "AWS::ApiGatewayV2::Route":
            # integrations/${PingIntegration}
            integration = resources[route["Properties"]["Target"]["Fn::Sub"].split("${")[1].rstrip("}")]
            function = integration["Properties"]["IntegrationUri"]["Fn::GetAtt"]
            name = function.removesuffix(".Arn") if isinstance(function, str) else function[0]
            found.setdefault(name, []).append(route["Properties"]["RouteKey"])
    return found


def event(route):
    method, _, path = route.rpartition(" ")
    return {"Type": "HttpApi", "Properties": {"Method": method or "ANY", "Path": path}}


def template():
    with open(deploy.TEMPLATE) as file:
        whole = yaml_parse(file.read())
    globals_ = whole["Globals"]["Function"]
    routed = routes(whole["Resources"])
    resources = {}
    for name, function in whole["Resources"].items():
        if function["Type"] != "AWS::Serverless::Function":
            continue
        variables = function["Properties"].get("Environment", {}).get("Variables", {})
        properties = {
            "CodeUri": os.path.join(deploy.ROOT, "target", "lambda", deploy.binary_of(function)),
            "Handler": globals_["Handler"],
            "Runtime": globals_["Runtime"],
            "Architectures": [deploy.ARCHITECTURE],
            "MemorySize": function["Properties"].get("MemorySize", globals_["MemorySize"]),
            "Timeout": function["Properties"].get("Timeout", globals_["Timeout"]),
            # SAM sets what is named here, and only that. What it says is in the other file.
            "Environment": {"Variables": {variable: "" for variable in [*variables, *AWS]}},
        }
        if name in routed:
            properties["Events"] = {f"Api{number}": event(route) for number, route in enumerate(routed[name])}
        resources[name] = {"Type": "AWS::Serverless::Function", "Properties": properties}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "Treble for `sam local`, made by infra/localstack/sam_local.py",
        "Resources": resources,
    }


def environment(stack, functions, root_url):
    """As it is deployed, seen from a container."""
    variables = known(stack)["variables"]
    os.environ |= {name: variables[name] for name in AWS}
    aws = {name: variables[name] for name in AWS} | {
        "AWS_ENDPOINT_URL": variables["AWS_ENDPOINT_URL"].replace("127.0.0.1", HOST)
    }
    lambda_ = deploy.client("lambda")
    told = {}
    for name, function in functions.items():
        binary = os.path.basename(function["Properties"]["CodeUri"])
        deployed = lambda_.get_function_configuration(FunctionName=f"{STACK}-{binary}")["Environment"]["Variables"]
        told[name] = deployed | aws | ({"TREBLE_ROOT_URL": root_url} if "TREBLE_ROOT_URL" in deployed else {})
    return told


def main():
    parser = argparse.ArgumentParser(description="What `sam local` needs of template.yaml.")
    target = os.path.join(deploy.ROOT, "target")
    parser.add_argument("--state", default=os.path.join(target, "local-stack"), help="the local stack's directory")
    parser.add_argument("--out", default=os.path.join(target, "sam-local"), help="where to write")
    parser.add_argument("--root-url", default="http://127.0.0.1:3000", help="where `sam local start-api` will be")
    options = parser.parse_args()
    stack = State(options.state)
    if not stack.server():
        sys.exit("The functions need an AWS to work on: make local-stack")
    made = template()
    os.makedirs(options.out, exist_ok=True)
    written = {"template.json": made, "environment.json": environment(stack, made["Resources"], options.root_url)}
    for name, content in written.items():
        stack.write(os.path.join(options.out, name), json.dumps(content, indent=2) + "\n")
    print(f"{os.path.relpath(options.out)}: {', '.join(written)}")


if __name__ == "__main__":
    main()
