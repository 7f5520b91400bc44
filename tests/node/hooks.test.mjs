// Treble through the published JavaScript client: what its users do, as they do it.
//
// Run by the Rust suite, which starts a server and sets TASKCLUSTER_ROOT_URL, TASKCLUSTER_CLIENT_ID
// and TASKCLUSTER_ACCESS_TOKEN; works against any server that these name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import taskcluster from 'taskcluster-client';

const rootUrl = process.env.TASKCLUSTER_ROOT_URL;
const credentials = {
  clientId: process.env.TASKCLUSTER_CLIENT_ID,
  accessToken: process.env.TASKCLUSTER_ACCESS_TOKEN,
};
const SLUGID = /^[A-Za-f][A-Za-z0-9_-]{7}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$/;

const client = (options = {}) => new taskcluster.Hooks({ rootUrl, credentials, retries: 0, ...options });
const hooks = client();
const anonymous = client({ credentials: {} });

const definition = (changes = {}) => ({
  metadata: { name: 'Build', description: '', owner: 'dev@example.com' },
  task: { provisionerId: 'p', workerType: 'w', payload: { $eval: 'payload' } },
  triggerSchema: { type: 'object', properties: { branch: { type: 'string' } } },
  ...changes,
});

// A test with a hook of its own, whose id has a slash in it. No title is the last word of a route: API Gateway hands over decoded
// paths, in which `nightly/trigger` is the hook `nightly`, to be triggered.
const withHook = (title, body, changes) =>
  test(title, async () => {
    const name = ['node', `nightly/${title.replaceAll(' ', '-')}`];
    const created = await hooks.createHook(...name, definition(changes));
    try {
      await body(name, created);
    } finally {
      await hooks.removeHook(...name);
    }
  });

const fails = (statusCode, code, message) => (error) => {
  assert.deepEqual([error.statusCode, error.code], [statusCode, code], error.message);
  assert.match(error.body.message, message);
  return true;
};

test('ping', async () => {
  assert.equal((await anonymous.ping()).alive, true);
  assert.equal(typeof (await anonymous.version()).version, 'string');
  await anonymous.lbheartbeat();
  await anonymous.heartbeat();
});

withHook('life of a hook', async ([group, id], created) => {
  assert.deepEqual([created.hookGroupId, created.hookId], [group, id]);
  const found = await hooks.hook(group, id);
  assert.deepEqual(found, { ...created, bindings: [] });
  assert.ok((await hooks.listHookGroups()).groups.includes(group));
  assert.ok((await hooks.listHooks(group)).hooks.some(({ hookId }) => hookId === id));
  await assert.rejects(
    hooks.createHook(group, id, definition({ schedule: ['@daily'] })),
    fails(409, 'RequestConflict', /already exists/),
  );
  const updated = await hooks.updateHook(group, id, definition({ schedule: ['@daily'] }));
  assert.deepEqual(updated.schedule, ['@daily']);
  const { lastFire, nextScheduledDate } = await hooks.getHookStatus(group, id);
  assert.equal(lastFire.result, 'no-fire');
  assert.ok(new Date(nextScheduledDate) > new Date());
  await hooks.removeHook(group, id);
  await assert.rejects(hooks.hook(group, id), fails(404, 'ResourceNotFound', /No such hook/));
});

test('an invalid definition', async () => {
  await assert.rejects(
    hooks.createHook('node', 'invalid', { task: {} }),
    fails(400, 'InputValidationError', /data must have required property 'metadata'/),
  );
});

withHook('trigger a hook', async (name) => {
  const { taskId, status } = await hooks.triggerHook(...name, { branch: 'main' });
  assert.match(taskId, SLUGID);
  assert.deepEqual(
    [status.taskId, status.taskGroupId, status.provisionerId, status.workerType],
    [taskId, taskId, 'p', 'w'],
  );
  for (const key of ['schedulerId', 'deadline', 'expires', 'retriesLeft', 'state', 'runs']) {
    assert.ok(key in status, key);
  }
  await assert.rejects(
    hooks.triggerHook(...name, { branch: 1 }),
    fails(400, 'InputError', /data\/branch must be string/),
  );
});

withHook('trigger that declines', async (name) => {
  assert.deepEqual(await hooks.triggerHook(...name, {}), {});
}, { task: { $if: 'false', then: {} } });

withHook('trigger tokens', async (name) => {
  const { token } = await hooks.getTriggerToken(...name);
  assert.match((await anonymous.triggerHookWithToken(...name, token, {})).taskId, SLUGID);
  const reset = await hooks.resetTriggerToken(...name);
  assert.notEqual(reset.token, token);
  await assert.rejects(
    anonymous.triggerHookWithToken(...name, token, {}),
    fails(401, 'AuthenticationFailed', /invalid hook token/),
  );
  assert.deepEqual(await hooks.getTriggerToken(...name), reset);
});

withHook('last fires in pages', async (name) => {
  const tasks = [];
  for (let i = 0; i < 3; i++) {
    tasks.unshift((await hooks.triggerHook(...name, {})).taskId);
  }
  const first = await hooks.listLastFires(...name, { limit: 2 });
  const { continuationToken } = first;
  const second = await hooks.listLastFires(...name, { limit: 2, continuationToken });
  assert.equal(second.continuationToken, undefined);
  const fires = [...first.lastFires, ...second.lastFires];
  assert.deepEqual(fires.map(({ taskId }) => taskId), tasks);
  assert.deepEqual([fires[0].firedBy, fires[0].result], ['triggerHook', 'success']);
});

withHook('credentials', async (name) => {
  await assert.rejects(anonymous.hook(...name), fails(403, 'InsufficientScopes', /requires Taskcluster credentials/));
  const wrong = client({ credentials: { ...credentials, accessToken: 'no' } });
  await assert.rejects(wrong.hook(...name), fails(401, 'AuthenticationFailed', /Bad mac/));
  const narrow = client({ authorizedScopes: ['hooks:list-hooks:'] });
  await narrow.listHookGroups();
  await assert.rejects(narrow.hook(...name), fails(403, 'InsufficientScopes', /hooks:get:node/));
});

withHook('temporary credentials', async (name) => {
  const scopes = [`hooks:get:${name.join(':')}`];
  for (const clientId of [undefined, 'temporary/node']) {
    const temporary = taskcluster.createTemporaryCredentials({ clientId, scopes, credentials, expiry: new Date(Date.now() + 60_000) });
    const narrow = client({ credentials: temporary });
    assert.equal((await narrow.hook(...name)).hookId, name[1]);
    await assert.rejects(narrow.listHookGroups(), fails(403, 'InsufficientScopes', /hooks:list-hooks:/));
  }
});

withHook('signed URLs', async (name) => {
  const token = await hooks.getTriggerToken(...name);
  const url = hooks.buildSignedUrl(hooks.getTriggerToken, ...name, { expiration: 60 });
  assert.deepEqual(await (await fetch(url)).json(), token);
  const page = hooks.buildSignedUrl(hooks.listHooks, name[0], { expiration: 60 });
  assert.equal((await fetch(page)).status, 200);
  assert.equal((await fetch(page, { method: 'POST' })).status, 404);
});

// The client can be generated from the description that the server gives of itself.
withHook('a client made of the published reference', async (name) => {
  const reference = await (await fetch(`${rootUrl}/references/hooks/v1/api.json`)).json();
  const Generated = taskcluster.createClient(reference, 'Hooks');
  const generated = new Generated({ rootUrl, credentials, retries: 0 });
  const published = Object.keys(taskcluster.Hooks.prototype);
  for (const method of Object.keys(Generated.prototype)) {
    assert.ok(published.includes(method), `${method} is known to the published client`);
  }
  assert.deepEqual(await generated.hook(...name), await hooks.hook(...name));
  const { taskId } = await generated.triggerHook(...name, {});
  const { lastFires } = await generated.listLastFires(...name, { limit: 1 });
  assert.equal(lastFires[0].taskId, taskId);
});
