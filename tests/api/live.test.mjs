/* Live updates over WebSocket and event stream. L01-L03, L06. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test, before } from 'node:test';
import { env, expect } from '../lib/client.mjs';
import { closeAll, openSocket, openStream } from '../lib/live.mjs';
import { value } from '../lib/sql.mjs';
import { until } from '../lib/until.mjs';
import { API, apiToken, chain, delay, finished, http, liveWorkflow, manual, noOp, openEcho, person, startRun, stepsOf, unique } from '../lib/world.mjs';

const RANDOM = '0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01';
let who, p, slow, quick;
before(async () => {
  p = await person();
  who = await apiToken(p);
  // Waits of up to a second are timers in a worker's memory and leave the run running; this one is well beyond.
  slow = await liveWorkflow(who, chain(manual(), noOp('a'), delay(2500), noOp('b')));
  quick = await liveWorkflow(who, chain(manual(), noOp()));
});

/* The numbers of what has one: a status that shares its number with a step comes without. */
const seqs = (list) => list.filter((m) => (m.seq ?? m.id) != null && m.type !== 'joined').map((m) => Number(m.seq ?? m.id));
after(closeAll);

const isFinal = (m) => m.type === 'run.updated' && ['succeeded', 'failed'].includes(m.data.status);

test('L01 the socket opens by cookie from our own pages and by token, and for nobody else', async () => {
  for (const ok of [[p, {}], [who, { origin: null }]]) (await openSocket(...ok)).close();
  await assert.rejects(openSocket(null), { status: 401 });
  await assert.rejects(openSocket({ bearer: 'mrt_nonsense' }, { origin: null }), { status: 401 });
  await assert.rejects(openSocket(p, { origin: 'https://evil.example' }), { status: 403 });
});

test('L01 L02 a room of a run tells each change within a second, in order, without a hole', async () => {
  const s = await openSocket(p);
  const run = await startRun(who, slow, {});
  s.send({ join: `run:${run.id}`, after: run.live_seq });
  const step = await s.next('the first node is told', (m) => m.type === 'step.updated' && m.data.node_id === 'a', { ms: 3000 });
  assert.equal(step.room, `run:${run.id}`);
  await s.next('the waiting is told', (m) => m.type === 'run.updated' && m.data.status === 'waiting', { ms: 3000 });
  await s.next('the end is told', isFinal, { ms: 6000 });
  const over = await expect(200, who, 'GET', `${API}/runs/${run.id}`);
  const room = s.frames.filter((m) => m.room === `run:${run.id}` && m.type);
  const numbers = seqs(room);
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), 'out of order');
  assert.equal(numbers.at(-1), over.live_seq);
  const nodes = room.filter((m) => m.type === 'step.updated' && m.data.status === 'succeeded').map((m) => m.data.node_id);
  assert.deepEqual(nodes, ['trigger-1', 'a', 'delay-1', 'b']);
  s.close();
});

test('L01 joining later replays from the given number and nothing before it', async () => {
  const run = await finished(who, (await startRun(who, quick, {})).id);
  const s = await openSocket(who, { origin: null });
  s.send({ join: `run:${run.id}`, after: 0 });
  await s.next('the end is replayed', isFinal);
  const all = seqs(s.frames.filter((m) => m.type));
  s.close();
  const t = await openSocket(who, { origin: null });
  t.send({ join: `run:${run.id}`, after: all[0] });
  await t.next('the end is replayed', isFinal);
  assert.deepEqual(seqs(t.frames.filter((m) => m.type)), all.slice(1));
  t.close();
});

test('L01 a foreign and an unknown room give the same error and no data', async () => {
  const run = await startRun(who, slow, {});
  const stranger = await openSocket(await person());
  for (const room of [`run:${run.id}`, `run:${RANDOM}`, `workflow:${slow.id}`]) stranger.send({ join: room, after: 0 });
  const errors = await until('three refusals', () => {
    const list = stranger.frames.filter((m) => m.error);
    return list.length >= 3 && list;
  });
  assert.deepEqual(errors[0].error, errors[1].error);
  await finished(who, run.id);
  assert.deepEqual(stranger.frames.filter((m) => m.type), []);
  stranger.close();
});

test('L01 the workspace\'s room tells runs of all its workflows, and join-organization is understood', async () => {
  const s = await openSocket(p);
  s.send({ join: 'workspace' });
  await s.next('joined', (m) => m.room === 'workspace');
  const old = await openSocket(p);
  old.send({ type: 'join-organization', organization_id: p.workspace });
  const run = await startRun(who, quick, {});
  await s.next('the run is told', (m) => m.room === 'workspace' && isFinal(m) && m.data.id === run.id, { ms: 3000 });
  const other = await person();
  assert.ok(!JSON.stringify(s.frames).includes(other.workspace));
  await old.next('the old spelling joins as well', (m) => /^(workspace|organization)/.test(m.room) && isFinal(m) && m.data.id === run.id, { ms: 3000 });
  s.close();
  old.close();
});

test('L01 nonsense on the socket is answered or cut, and others go on', async () => {
  for (const text of ['not json', '[]', '{}', '{"join":7}', '{"join":"run:nonsense"}', '{"join":"admin"}', `{"join":"${'x'.repeat(3000)}"}`]) {
    const s = await openSocket(who, { origin: null });
    s.send(text);
    await until(`${text.slice(0, 30)} has an answer`, () => s.closed || s.frames.some((m) => m.error));
    s.close();
  }
  (await openSocket(p)).close();
});

test('L01 a session that ends takes its socket with it', async () => {
  const other = await person();
  const s = await openSocket(other);
  s.send({ join: 'workspace' });
  await expect(204, other, 'POST', `${API}/auth/logout`);
  await until('the socket is closed', () => s.closed, { ms: 5000 });
});

test('L03 the event stream of a run gives the same and can be resumed without gap or repeat', async () => {
  const run = await startRun(who, slow, {});
  const first = await openStream(who, `/stream/runs/${run.id}`, { lastEventId: 0 });
  assert.equal(first.status, 200);
  assert.match(first.type, /^text\/event-stream/);
  await first.next('the waiting is told', (e) => e.event === 'run.updated' && e.data.status === 'waiting', { ms: 5000 });
  first.close();
  const part = first.events.slice();
  await finished(who, run.id);
  const second = await openStream(who, `/stream/runs/${run.id}`, { lastEventId: part.findLast((e) => e.id).id });
  await second.next('the end is told', (e) => e.event === 'run.updated' && e.data.status === 'succeeded', { ms: 5000 });
  second.close();
  const whole = await openStream(who, `/stream/runs/${run.id}`, { lastEventId: 0 });
  await whole.next('the end is told', (e) => e.event === 'run.updated' && e.data.status === 'succeeded', { ms: 5000 });
  whole.close();
  const ids = [...part, ...second.events].map((e) => e.id).filter((id) => id !== undefined);
  assert.equal(new Set(ids).size, ids.length, 'an event came twice');
  const last = (await expect(200, who, 'GET', `${API}/runs/${run.id}`)).live_seq;
  assert.equal(Number(ids.at(-1)), last);
  const steps = (await stepsOf(who, run.id)).length;
  const told = new Set([...part, ...second.events].filter((e) => e.event === 'step.updated').map((e) => e.data.node_id));
  assert.equal(told.size, steps);
});

test('L03 the stream of the workspace tells its runs; a foreign id to resume from means a reset', async () => {
  const s = await openStream(who, '/stream/workspace');
  assert.equal(s.status, 200);
  const run = await startRun(who, quick, {});
  await s.next('the run is told', (e) => e.event === 'run.updated' && e.data.id === run.id, { ms: 3000 });
  s.close();
  const foreign = await openStream(who, '/stream/workspace', { lastEventId: 'elsewhere-7' });
  await foreign.next('a reset', (e) => e.event === 'reset' || e.data.reset, { ms: 3000 });
  foreign.close();
});

test('L03 a stream of another tenant\'s run is not found, nobody\'s is unauthenticated', async () => {
  const run = await startRun(who, quick, {});
  const [theirs, unknown] = [await openStream(await person(), `/stream/runs/${run.id}`), await openStream(await person(), `/stream/runs/${RANDOM}`)];
  assert.deepEqual([theirs.status, unknown.status], [404, 404]);
  assert.equal(JSON.parse(theirs.text).error.message, JSON.parse(unknown.text).error.message);
  assert.equal((await openStream(null, `/stream/runs/${run.id}`)).status, 401);
  assert.equal((await openStream(null, '/stream/workspace')).status, 401);
});

test('L06 following the log of a run streams its lines until the end', async () => {
  const run = await startRun(who, slow, {});
  const s = await openStream(who, `${API}/runs/${run.id}/logs?follow=true`);
  assert.equal(s.status, 200);
  await until('the stream ends with the run', () => s.ended, { ms: 8000 });
  assert.ok(s.events.some((e) => e.data.node_id === 'b'), JSON.stringify(s.events));
});

test('L02 twenty sockets hear the same, and a silent one harms nobody', async () => {
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(p)));
  for (const s of sockets) s.send({ join: 'workspace' });
  sockets[0].socket.pause();
  const run = await startRun(who, quick, {});
  for (const s of sockets.slice(1)) await s.next('the run is told', (m) => isFinal(m) && m.data.id === run.id, { ms: 4000 });
  for (const s of sockets) s.socket.terminate();
  assert.equal((await fetch(`${env.direct}/healthz`)).status, 200);
});

test('L02 what happens while a room is being joined is told, too', async () => {
  openEcho(p.workspace);
  const key = unique('gate');
  const w = await liveWorkflow(who, chain(manual(), http({ url: `${env.echo}/gate/${key}` }), noOp()));
  const run = await startRun(who, w, {});
  await until('its call is recorded as under way', async () => (await stepsOf(who, run.id)).length === 1);
  const s = await openSocket(p);
  // What the join reads of the run it reads as of its beginning, and then stands still: the versions, which hold the nodes' names, are locked.
  const holder = spawn('psql', ['-XqAtd', env.dsn], { stdio: ['pipe', 'pipe', 'inherit'] });
  const held = once(holder.stdout, 'data');
  holder.stdin.write('begin; lock table app.version in access exclusive mode; select 1;\n');
  await held;
  s.send({ join: `run:${run.id}`, after: run.live_seq });
  await until('the join stands still', async () => (await value(`select count(*) from pg_locks where relation = 'app.version'::regclass and not granted`)) !== '0');
  await fetch(`${env.echo}/open/${key}`);
  await until('the run is over', async () => (await value(`select status from app.run where id = :'id'`, { id: run.id })) === 'succeeded');
  holder.stdin.end('rollback;\n');
  await s.next('the end is told', isFinal, { ms: 3000 });
  s.close();
});
