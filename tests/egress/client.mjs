// client.mjs: starts millrace-egress and speaks its wire format (src/egress/egress.h).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import net from 'node:net';

const root = new URL('../..', import.meta.url).pathname;
export const binary =
  process.env.EGRESS_BIN ??
  [`${root}build/asan/bin/millrace-egress`, `${root}build/release/bin/millrace-egress`].find(existsSync);

export const WORKSPACE = '0197c0de-0000-7000-8000-000000000001';
export const OTHER = '0197c0de-0000-7000-8000-000000000002';

/** Polls until check() is true; the deadline makes the failure. */
export async function until(check, what, ms = 30000) {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((go) => setTimeout(go, 5));
  }
}

export class Egress {
  /** options: args, env, ceiling (lines) */
  static async start(options = {}) {
    const e = new Egress();
    e.dir = mkdtempSync(join(tmpdir(), 'mr-egress-'));
    e.sock = join(e.dir, 'egress.sock');
    e.ceilingFile = join(e.dir, 'ceiling');
    e.ceiling(options.ceiling ?? []);
    e.log = '';
    e.child = spawn(binary, options.args ?? [], {
      env: {
        ...process.env,
        MILLRACE_EGRESS_SOCK: e.sock,
        MILLRACE_EGRESS_CEILING: e.ceilingFile,
        ...options.env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    e.child.stderr.on('data', (d) => (e.log += d));
    e.ended = new Promise((done) => e.child.on('exit', (code, signal) => done({ code, signal })));
    try {
      await until(() => e.log.includes('egress.ready'), 'egress is ready');
      await e.connect();
    } catch (error) {
      e.child.kill('SIGKILL');
      throw new Error(e.log, { cause: error });
    }
    return e;
  }

  ceiling(lines) {
    writeFileSync(this.ceilingFile, lines.map((l) => `${l}\n`).join(''));
  }

  async connect() {
    this.waiting = new Map();
    this.deadlines = new Set();
    this.next = 1;
    this.held = Buffer.alloc(0);
    this.closed = false;
    this.socket = net.connect(this.sock);
    this.socket.on('data', (d) => this.#read(d));
    this.socket.on('close', () => {
      this.closed = true;
      for (const deadline of this.deadlines) clearTimeout(deadline);
    });
    this.socket.on('error', () => (this.closed = true));
    await new Promise((done) => this.socket.once('connect', done));
  }

  #read(data) {
    this.held = Buffer.concat([this.held, data]);
    while (this.held.length >= 8) {
      const j = this.held.readUInt32LE(0);
      const b = this.held.readUInt32LE(4);
      if (this.held.length < 8 + j + b) return;
      const json = JSON.parse(this.held.subarray(8, 8 + j).toString());
      const body = Buffer.from(this.held.subarray(8 + j, 8 + j + b));
      this.held = this.held.subarray(8 + j + b);
      const answer = this.waiting.get(json.id);
      this.waiting.delete(json.id);
      answer?.({ ...json, body });
    }
  }

  send(json, body = '') {
    const j = Buffer.from(JSON.stringify(json));
    const b = Buffer.from(body);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(j.length, 0);
    head.writeUInt32LE(b.length, 4);
    this.socket.write(Buffer.concat([head, j, b]));
  }

  /** One request; resolves with its answer, `.body` a Buffer. `.id` is on the promise, for cancel. */
  http(request, body = '') {
    const id = request.id ?? this.next++;
    const answer = new Promise((done, fail) => {
      const deadline = setTimeout(() => fail(new Error(`no answer to ${JSON.stringify(request)}\n${this.log}`)), 30000);
      this.deadlines.add(deadline);
      this.waiting.set(id, (a) => {
        clearTimeout(deadline);
        done(a);
      });
    });
    this.send({ op: 'http', workspace: WORKSPACE, method: 'GET', timeout_ms: 5000, ...request, id }, body);
    answer.id = id;
    return answer;
  }

  cancel(id) {
    this.send({ op: 'cancel', id });
  }

  async stop() {
    this.socket.destroy();
    this.child.kill('SIGTERM');
    const end = await this.ended;
    rmSync(this.dir, { recursive: true, force: true });
    return end;
  }
}
