"""Treble through the published Python client: what its users do, as they do it.

Run by the Rust suite, which starts a server and sets TASKCLUSTER_ROOT_URL, TASKCLUSTER_CLIENT_ID
and TASKCLUSTER_ACCESS_TOKEN; works against any server that these name.
"""

import datetime
import os
import re
import unittest

import requests
import taskcluster

ROOT = os.environ["TASKCLUSTER_ROOT_URL"]
CREDENTIALS = {
    "clientId": os.environ["TASKCLUSTER_CLIENT_ID"],
    "accessToken": os.environ["TASKCLUSTER_ACCESS_TOKEN"],
}
SLUGID = r"[A-Za-f][A-Za-z0-9_-]{7}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]"


def definition(**changes):
    hook = {
        "metadata": {"name": "Build", "description": "", "owner": "dev@example.com"},
        "task": {
            "provisionerId": "p",
            "workerType": "w",
            "metadata": {"name": "by ${firedBy}"},
            "payload": {"$eval": "payload"},
        },
        "triggerSchema": {"type": "object", "properties": {"branch": {"type": "string"}}},
    }
    return hook | changes


def client(credentials=CREDENTIALS, **options):
    # The client keeps what it is given, and turns it into bytes.
    return taskcluster.Hooks({"rootUrl": ROOT, "credentials": dict(credentials), "maxRetries": 0, **options})


def temporary(scopes, name=None):
    now = datetime.datetime.now(datetime.timezone.utc)
    return taskcluster.createTemporaryCredentials(
        CREDENTIALS["clientId"],
        CREDENTIALS["accessToken"],
        now,
        now + datetime.timedelta(hours=1),
        scopes,
        name,
    )


class Case(unittest.TestCase):
    group = "python"

    def setUp(self):
        self.hooks = client()
        # A hook of this test's own; slashes in a hookId travel as %2F.
        self.name = (self.group, "nightly/" + self._testMethodName)

    def create(self, **changes):
        self.addCleanup(self.hooks.removeHook, *self.name)
        return self.hooks.createHook(*self.name, definition(**changes))

    def assert_fails(self, status, code, says, call, *args, **kwargs):
        with self.assertRaises((taskcluster.TaskclusterRestFailure, taskcluster.TaskclusterAuthFailure)) as caught:
            call(*args, **kwargs)
        self.assertEqual((caught.exception.status_code, caught.exception.body.get("code")), (status, code))
        self.assertIn(says, caught.exception.body["message"])


class Definitions(Case):
    def test_ping_and_version(self):
        anonymous = client(credentials={})
        self.assertIs(anonymous.ping()["alive"], True)
        self.assertLessEqual({"version", "commit", "source", "build"}, set(anonymous.version()))
        anonymous.lbheartbeat()
        anonymous.heartbeat()

    def test_life_of_a_hook(self):
        created = self.create()
        self.assertEqual(created["hookId"], self.name[1])
        self.assertEqual(created["schedule"], [])
        self.assertIs(created["metadata"]["emailOnError"], True)
        found = self.hooks.hook(*self.name)
        self.assertEqual(found, created | {"bindings": []})
        self.assertIn(self.group, self.hooks.listHookGroups()["groups"])
        self.assertIn(found, self.hooks.listHooks(self.group)["hooks"])

        updated = self.hooks.updateHook(*self.name, definition(schedule=["0 0 * * *"]))
        self.assertEqual(updated["schedule"], ["0 0 * * *"])
        self.assertEqual(self.hooks.hook(*self.name), updated)
        self.assertRegex(self.hooks.getHookStatus(*self.name)["nextScheduledDate"], r"T00:00:00(\.000)?Z$")

        self.hooks.removeHook(*self.name)
        self.hooks.removeHook(*self.name)
        self.assert_fails(404, "ResourceNotFound", "No such hook", self.hooks.hook, *self.name)
        self.assert_fails(404, "ResourceNotFound", "No such hook", self.hooks.getHookStatus, *self.name)

    def test_creating_twice(self):
        self.create()
        self.hooks.createHook(*self.name, definition())
        other = definition(schedule=["0 0 * * *"])
        self.assert_fails(409, "RequestConflict", "already exists", self.hooks.createHook, *self.name, other)

    def test_refusals(self):
        self.assert_fails(404, "ResourceNotFound", "No such hook", self.hooks.updateHook, *self.name, definition())
        bad = {"task": {}}
        says = "must have required property 'metadata'"
        self.assert_fails(400, "InputValidationError", says, self.hooks.createHook, *self.name, bad)


class Triggers(Case):
    def test_trigger(self):
        self.create()
        reply = self.hooks.triggerHook(*self.name, {"branch": "main"})
        self.assertRegex(reply["taskId"], SLUGID)
        status = reply["status"]
        self.assertEqual(status["taskId"], reply["taskId"])
        self.assertEqual(status["taskGroupId"], reply["taskId"])
        self.assertEqual((status["provisionerId"], status["workerType"]), ("p", "w"))
        for key in ("schedulerId", "deadline", "expires", "retriesLeft", "state", "runs"):
            self.assertIn(key, status)
        last = self.hooks.getHookStatus(*self.name)["lastFire"]
        self.assertEqual((last["result"], last["taskId"]), ("success", reply["taskId"]))

    def test_payload_against_the_schema(self):
        self.create()
        fails = (400, "InputError", "data/branch must be string", self.hooks.triggerHook, *self.name, {"branch": 1})
        self.assert_fails(*fails)

    def test_template_that_renders_to_nothing(self):
        self.create(task={"$if": "false", "then": {}})
        self.assertEqual(self.hooks.triggerHook(*self.name, {}), {})
        says = "No such hook or never fired"
        self.assert_fails(404, "ResourceNotFound", says, self.hooks.listLastFires, *self.name)

    def test_tokens(self):
        self.create()
        anonymous = client(credentials={})
        first = self.hooks.getTriggerToken(*self.name)["token"]
        self.assertRegex(first, SLUGID)
        self.assertEqual(self.hooks.getTriggerToken(*self.name)["token"], first)
        self.assertRegex(anonymous.triggerHookWithToken(*self.name, first, {})["taskId"], SLUGID)
        second = self.hooks.resetTriggerToken(*self.name)["token"]
        self.assertNotEqual(second, first)
        says = "invalid hook token"
        self.assert_fails(401, "AuthenticationFailed", says, anonymous.triggerHookWithToken, *self.name, first, {})
        anonymous.triggerHookWithToken(*self.name, second, {})
        fired = [fire["firedBy"] for fire in self.hooks.listLastFires(*self.name)["lastFires"]]
        self.assertEqual(fired, ["triggerHookWithToken", "triggerHookWithToken"])

    def test_last_fires_in_pages(self):
        self.create()
        tasks = [self.hooks.triggerHook(*self.name, {})["taskId"] for _ in range(5)]
        pages = []
        self.hooks.listLastFires(*self.name, query={"limit": 2}, paginationHandler=pages.append)
        self.assertEqual([len(page["lastFires"]) for page in pages], [2, 2, 1])
        fires = [fire for page in pages for fire in page["lastFires"]]
        self.assertEqual([fire["taskId"] for fire in fires], tasks[::-1])
        self.assertEqual({fire["result"] for fire in fires}, {"success"})
        self.assertEqual({fire["error"] for fire in fires}, {""})


class Credentials(Case):
    def test_anonymous(self):
        self.create()
        says = "This request requires Taskcluster credentials that satisfy the following scope expression:"
        self.assert_fails(403, "InsufficientScopes", says, client(credentials={}).hook, *self.name)

    def test_wrong_token_and_unknown_client(self):
        wrong = client(credentials=CREDENTIALS | {"accessToken": "no" * 22})
        self.assert_fails(401, "AuthenticationFailed", "Bad mac", wrong.listHookGroups)
        unknown = client(credentials=CREDENTIALS | {"clientId": "nope"})
        self.assert_fails(401, "AuthenticationFailed", "nope", unknown.listHookGroups)

    def test_temporary_credentials(self):
        self.create()
        scopes = ["hooks:get:" + ":".join(self.name)]
        for name in (None, "temporary/" + self._testMethodName):
            with self.subTest(name=name):
                narrow = client(temporary(scopes, name))
                self.assertEqual(narrow.hook(*self.name)["hookId"], self.name[1])
                who = re.escape(name or os.environ["TASKCLUSTER_CLIENT_ID"])
                with self.assertRaisesRegex(taskcluster.TaskclusterRestFailure, f"{who} does not have sufficient"):
                    narrow.listHookGroups()

    def test_authorized_scopes(self):
        self.create()
        narrow = client(authorizedScopes=["hooks:list-hooks:"])
        narrow.listHookGroups()
        self.assert_fails(403, "InsufficientScopes", "hooks:get:", narrow.hook, *self.name)
        wide = client(temporary(["hooks:list-hooks:"]), authorizedScopes=["hooks:*"])
        says = "do not satisfy authorizedScopes"
        self.assert_fails(401, "AuthenticationFailed", says, wide.listHookGroups)

    def test_signed_urls(self):
        self.create()
        token = self.hooks.getTriggerToken(*self.name)["token"]
        narrow = client(temporary(["hooks:get-trigger-token:" + "/".join(self.name)]))
        for signer in (self.hooks, narrow):
            url = signer.buildSignedUrl("getTriggerToken", *self.name)
            self.assertEqual(requests.get(url, timeout=30).json(), {"token": token})
        expired = self.hooks.buildSignedUrl("getTriggerToken", *self.name, expiration=-60)
        self.assertEqual(requests.get(expired, timeout=30).status_code, 401)
        stolen = self.hooks.buildSignedUrl("hook", *self.name).replace("?bewit", "/token?bewit")
        self.assertEqual(requests.get(stolen, timeout=30).status_code, 401)


if __name__ == "__main__":
    unittest.main(verbosity=2)
