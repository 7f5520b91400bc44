"""Calls the CCX dialect by a client that is generated from its definition: by gRPC, and by the Connect protocol with bodies in
protobuf.

    ccx_client.py HOST:PORT TOKEN '[["PreAddNode", {"clusterId": "1"}], …]'

prints, for each call, the answer or the error in both protocols.
"""

import importlib
import json
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import grpc
from google.protobuf import json_format
from grpc_tools import protoc

DEFINITION = "treble/ccx/v1/hook_service.proto"


def generate(directory):
    """The modules of the messages and of the client."""
    protos = Path(__file__).resolve().parents[2] / "shared" / "proto"
    arguments = [f"-I{protos}", f"--python_out={directory}", f"--grpc_python_out={directory}", DEFINITION]
    assert protoc.main(["protoc", *arguments]) == 0
    sys.path.insert(0, directory)
    names = "treble.ccx.v1.hook_service_pb2", "treble.ccx.v1.hook_service_pb2_grpc"
    return [importlib.import_module(name) for name in names]


def by_grpc(stub, method, request, token):
    try:
        reply = getattr(stub, method)(request, metadata=[("authorization", f"Bearer {token}")], timeout=30)
        return json_format.MessageToDict(reply)
    except grpc.RpcError as error:
        return {"code": error.code().name.lower(), "message": error.details()}


def by_connect(address, method, request, reply, token):
    headers = {
        "authorization": f"Bearer {token}",
        "connect-protocol-version": "1",
        "content-type": "application/proto",
    }
    url = f"http://{address}/treble.ccx.v1.HookService/{method}"
    try:
        call = urllib.request.Request(url, request.SerializeToString(), headers)
        with urllib.request.urlopen(call, timeout=30) as answer:
            assert answer.headers["content-type"] == "application/proto"
            reply.ParseFromString(answer.read())
            return json_format.MessageToDict(reply)
    except urllib.error.HTTPError as error:
        return json.load(error)


def main(address, token, calls):
    with tempfile.TemporaryDirectory() as directory:
        messages, client = generate(directory)
        answers = []
        with grpc.insecure_channel(address) as channel:
            stub = client.HookServiceStub(channel)
            for method, body in json.loads(calls):
                request = json_format.ParseDict(body, getattr(messages, f"{method}Request")())
                reply = getattr(messages, f"{method}Response")()
                answers.append({
                    "grpc": by_grpc(stub, method, request, token),
                    "proto": by_connect(address, method, request, reply, token),
                })
        print(json.dumps(answers))


main(*sys.argv[1:])
