"""What schemathesis needs to get past Treble's front door: signatures, and hooks and integrators that are there.

Loaded by schemathesis (SCHEMATHESIS_HOOKS), which the Rust suite starts with TASKCLUSTER_ROOT_URL,
TASKCLUSTER_CLIENT_ID and TASKCLUSTER_ACCESS_TOKEN of a server.
"""

import os
import zlib

import mohawk
import requests
import schemathesis
import taskcluster

CREDENTIALS = {
    "clientId": os.environ["TASKCLUSTER_CLIENT_ID"],
    "accessToken": os.environ["TASKCLUSTER_ACCESS_TOKEN"],
}
GROUP = "schemathesis"
# Hooks that calls are led to, by what becomes of them.
FIRED, CHANGED, REMOVED = "fired", "changed", "removed"
# Where no server is: integrators that are probed don't answer.
NOBODY = "http://127.0.0.1:9"
DEFINITION = {
    "metadata": {"name": "any payload", "description": "", "owner": "dev@example.com"},
    "task": {
        "payload": {"$json": {"$eval": "payload"}},
        "extra": {"$map": {"$eval": "payload"}, "each(value,key)": {"${key}": {"$eval": "value"}}},
    },
    "triggerSchema": {"type": "object"},
}


class Hawk(requests.auth.AuthBase):
    """Signs a request as the root client: without the hash of its body, so that it may be anything.

    Whatever stands in for a signature is replaced: schemathesis can't make one from `scheme: hawk`. A bewit of its
    making stays, which gets as far as authentication.
    """

    def __call__(self, request):
        if "bewit=" not in request.url:
            request.headers["Authorization"] = self.sign(request)
        return request

    def sign(self, request):
        key = {"id": CREDENTIALS["clientId"], "key": CREDENTIALS["accessToken"], "algorithm": "sha256"}
        return mohawk.Sender(key, request.url, request.method, always_hash_content=False).request_header


schemathesis.auth.set_from_requests(Hawk())


def make_hooks():
    """The hooks that calls are led to, and the token of the one that is fired."""
    # The client keeps what it is given, and turns it into bytes.
    options = {"rootUrl": os.environ["TASKCLUSTER_ROOT_URL"], "credentials": dict(CREDENTIALS)}
    client = taskcluster.Hooks(options)
    for name in (FIRED, CHANGED, REMOVED):
        client.createHook(GROUP, name, DEFINITION)
    return client.getTriggerToken(GROUP, FIRED)["token"]


def make_integrators():
    """The integrators that calls are led to, and a delivery to the first one, which nobody takes."""
    root = os.environ["TASKCLUSTER_ROOT_URL"]
    definition = {"url": NOBODY, "events": ["post-add-node"]}
    for name in (FIRED, REMOVED):
        set_ = requests.put(f"{root}/api/gates/v1/integrators/{name}", json=definition, auth=Hawk(), timeout=10)
        set_.raise_for_status()
    tell = f"{root}/treble.ccx.v1.HookService/PostAddNode"
    requests.post(tell, json={"clusterId": "c"}, timeout=10).raise_for_status()
    deliveries = requests.get(f"{root}/api/gates/v1/integrators/{FIRED}/deliveries", auth=Hawk(), timeout=10)
    return deliveries.json()["deliveries"][0]["deliveryId"]


TOKEN = make_hooks()
DELIVERY = make_integrators()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leads valid calls to hooks that are there: generated names never are.

    Two in three, by what was generated, so that a run can be repeated. Definitions lose what valid ones
    rarely have by chance: ids that are those of the URL, schedules, schemas of payloads.
    """
    name = case.operation.definition.raw["operationId"]
    led_to = {"updateHook": CHANGED, "removeHook": REMOVED, "removeIntegrator": REMOVED}
    if name in led_to and case.path_parameters == {"hookGroupId": GROUP, "hookId": FIRED}:
        # By a link from another call: the rest of the run needs that hook as it is.
        case.path_parameters["hookId"] = led_to[name]
    if name == "removeIntegrator" and case.path_parameters == {"integrator": FIRED}:
        case.path_parameters["integrator"] = REMOVED
    chance = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))
    if chance % 3 == 0 or (case.meta and not case.meta.generation.mode.is_positive):
        return
    if name == "setIntegrator" and isinstance(case.body, dict):
        case.body["url"] = NOBODY
    if case.path_parameters and name != "createHook":
        known = {
            "hookGroupId": GROUP,
            "hookId": led_to.get(name, (FIRED, CHANGED)[chance % 2]),
            "token": TOKEN,
            "integrator": led_to.get(name, FIRED),
            "deliveryId": DELIVERY,
        }
        if "token" in case.path_parameters:
            known["hookId"] = FIRED
        case.path_parameters.update({key: known[key] for key in case.path_parameters})
    if name in ("createHook", "updateHook") and isinstance(case.body, dict):
        for key in ("hookGroupId", "hookId", "schedule", "triggerSchema"):
            case.body.pop(key, None)
