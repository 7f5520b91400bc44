"""The routes that `sam local start-api` finds in what infra/localstack/sam_local.py makes of template.yaml, as JSON: which
binary answers which method and path."""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "infra", "localstack"))
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

import sam_local  # noqa: E402
from samcli.lib.providers.api_provider import ApiProvider  # noqa: E402
from samcli.lib.providers.sam_function_provider import SamFunctionProvider  # noqa: E402
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider  # noqa: E402

with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(sam_local.template(), file)
    file.flush()
    stacks, _ = SamLocalStackProvider.get_stacks(file.name)
    functions = SamFunctionProvider(stacks)
    found = {}
    for route in ApiProvider(stacks, cwd=".").api.routes:
        function = functions.get(route.function_name)
        assert (function.handler, function.runtime) == ("bootstrap", "provided.al2023"), function
        assert route.payload_format_version in (None, "2.0"), route
        for method in route.methods:
            found[f"{method} {route.path}"] = os.path.basename(function.codeuri)
json.dump(found, sys.stdout)
