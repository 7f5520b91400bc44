"""The template for an emulator without HTTP APIs: the function `default`, which can answer every route, has a URL of its own.

What is lost is what the template says of the API: which function a request goes to, throttling, access logs.
"""

import urllib.parse

FUNCTION = "AWS::Serverless::Function"


# What LocalStack takes a function's part of its URL from.
ID_TAG = "_custom_id_"


def without_api(url, template):
    """Changes the template; all requests go to this URL, which is its `RootUrl` as well."""
    resources = template["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"].startswith("AWS::ApiGatewayV2::")}
    # Permissions to call functions from there, alarms, the dashboard.
    gone |= {
        name
        for name, resource in resources.items()
        if resource["Type"] != FUNCTION and any(mentions(resource, other) for other in gone)
    }
    for name in gone:
        del resources[name]
    for resource in resources.values():
        if variables := resource.get("Properties", {}).get("Environment", {}).get("Variables"):
            if "TREBLE_ROOT_URL" in variables:
                variables["TREBLE_ROOT_URL"] = {"Ref": "RootUrl"}
    resources["DefaultFunction"]["Properties"]["Tags"] = {ID_TAG: urllib.parse.urlsplit(url).hostname.split(".")[0]}
    resources["DefaultUrl"] = {
        "Type": "AWS::Lambda::Url",
        "Properties": {"AuthType": "NONE", "TargetFunctionArn": {"Fn::GetAtt": ["DefaultFunction", "Arn"]}},
    }
    resources["DefaultUrlPermission"] = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunctionUrl",
            "FunctionName": {"Ref": "DefaultFunction"},
            "FunctionUrlAuthType": "NONE",
            "Principal": "*",
        },
    }
    template["Outputs"]["ApiUrl"]["Value"] = {"Fn::GetAtt": ["DefaultUrl", "FunctionUrl"]}
    return template


def mentions(value, name):
    """Whether something of a template speaks of that resource."""
    if isinstance(value, dict):
        return any(
            (key == "Ref" and inner == name)
            or (key == "Fn::GetAtt" and (inner[0] if isinstance(inner, list) else inner.split(".")[0]) == name)
            or mentions(inner, name)
            for key, inner in value.items()
        )
    if isinstance(value, list):
        return any(mentions(inner, name) for inner in value)
    return isinstance(value, str) and (f"${{{name}}}" in value or f"${{{name}." in value)
