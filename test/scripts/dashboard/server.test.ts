import { type ClientRequest, request } from 'node:http';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActRequest } from '../../../scripts/dashboard/acts.ts';
import { readAssets } from '../../../scripts/dashboard/assets.ts';
import { type DashboardServer, openServer } from '../../../scripts/dashboard/server.ts';
import { Store } from '../../../scripts/dashboard/store.ts';
import { Viewers } from '../../../scripts/dashboard/viewers.ts';

const TOKEN = 'T0ken'.repeat(8);
const assets = readAssets();
const store = new Store();
const viewers = new Viewers(store, () => undefined);
const acted: ActRequest[] = [];
let server: DashboardServer;

beforeAll(async () => {
  const opened = await openServer({
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, assets, symbols: () => ['BTCUSDT'] },
    onViewer: (socket, symbol) => viewers.add(socket, symbol),
    mayView: () => !viewers.isFull,
    act: async (action) => {
      acted.push(action);
      return { status: 200, answer: { ok: true, lines: ['done'] } };
    },
    onRefused: () => undefined,
  });
  if (!opened.ok) throw new Error(opened.error);
  server = opened.value;
});
afterAll(() => server[Symbol.asyncDispose]());

type Sent = { readonly method?: string; readonly target?: string; readonly headers?: Record<string, string>; readonly body?: string };
type Got = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };

function ask({ method = 'GET', target = '/', headers = {}, body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call: ClientRequest = request(
      { host: '127.0.0.1', port: server.port, method, path: target, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

const act = (body: unknown, headers: Record<string, string> = {}): Promise<Got> =>
  ask({
    ...{ method: 'POST', target: '/api/act', body: typeof body === 'string' ? body : JSON.stringify(body) },
    headers: {
      ...{ origin: `http://127.0.0.1:${server.port}`, authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...headers,
    },
  });

test('the page is served with a policy that lets in nothing from elsewhere and nothing in line', async () => {
  const { status, headers, body } = await ask({});
  expect(status).toBe(200);
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  expect(headers['content-security-policy']).not.toContain('unsafe');
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
  expect(body).not.toMatch(/<script(?![^>]*src=)|style="|\son\w+=/);
});

test('every script and style that the page names is served, and every module that those import', async () => {
  const html = (await ask({})).body;
  const waiting = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
  const seen = new Set(waiting);
  for (const path of waiting) {
    const { status, headers, body } = await ask({ target: path });
    expect([path, status]).toEqual([path, 200]);
    if (!path.startsWith('/page/') || !String(headers['content-type']).includes('javascript')) continue;
    expect(body).not.toMatch(/\binterface\b|import type/);
    for (const [, from = ''] of body.matchAll(/from '([^']+)'/g)) {
      const next = from.startsWith('.') ? new URL(from, `http://x${path}`).pathname : from;
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  expect(seen.size).toBeGreaterThan(20);
});

test.each([
  '/page/../../../config.json',
  '/page/..%2f..%2fconfig.json',
  '/%2e%2e/package.json',
  '/lib/../../package.json',
  '/page/',
  '//etc/passwd',
  '/model.ts',
])('%s is no path here', async (target) => {
  expect((await ask({ target })).status).toBe(404);
});

test('a foreign host and a foreign origin are told no in words', async () => {
  const host = await ask({ headers: { host: 'evil.example' } });
  expect([host.status, JSON.parse(host.body).lines[0]]).toEqual([421, expect.stringContaining('ssh -L')]);
  expect((await act({ action: 'pause' }, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await act({ action: 'pause' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

test('an action needs the right token, JSON and a strict form; then it is done once', async () => {
  acted.length = 0;
  expect((await act({ action: 'pause' }, { authorization: 'Bearer wrong' })).status).toBe(401);
  expect((await act({ action: 'pause' }, { authorization: '' })).status).toBe(401);
  expect((await act({ action: 'pause' }, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await act({ action: 'panic', word: 'yes', everything: false })).status).toBe(400);
  expect((await act({ action: 'pause', extra: 1 })).status).toBe(400);
  expect((await act('{')).status).toBe(400);
  expect((await act(`{"action":"pause","a":"${'x'.repeat(3_000)}"}`)).status).toBe(413);
  expect(acted).toEqual([]);
  const done = await act({ action: 'flatten', symbol: null, pause: true });
  expect([done.status, JSON.parse(done.body)]).toEqual([200, { ok: true, lines: ['done'] }]);
  expect(acted).toEqual([{ action: 'flatten', symbol: null, pause: true }]);
});

test('wrong tokens are slowed down, the right one never: nobody is locked out of the emergency stop', async () => {
  const wrong = await Promise.all(Array.from({ length: 12 }, () => act({ action: 'pause' }, { authorization: 'Bearer wrong' })));
  expect(wrong.map(({ status }) => status)).toContain(429);
  expect((await act({ action: 'panic', word: 'panic', everything: false })).status).toBe(200);
});

type Listening = { readonly target?: string; readonly origin?: string | null };

/** What the stream says first, or the status with which it is refused. */
function listenTo({
  target = '/api/stream?symbol=BTCUSDT',
  origin = `http://127.0.0.1:${server.port}`,
}: Listening): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${target}`, origin === null ? {} : { origin });
    socket.on('open', () => viewers.send());
    socket.on('message', (data: Buffer) => {
      resolve(data.toString('utf8'));
      socket.close();
    });
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
}

test.each([
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: null }, 403],
  [{ target: '/' }, 404],
  [{ target: '/api/act' }, 405],
] as const)('the stream refuses %o', async (listening, status) => {
  expect(await listenTo(listening)).toBe(status);
});

test('the first word of the stream is everything', async () => {
  store.set('rows', []);
  expect(await listenTo({})).toBe('{"first":true,"set":{"rows":[]},"add":{}}');
  store.set('book', null, 'BTCUSDT');
  expect(await listenTo({ target: '/api/stream?symbol=GONE' })).toContain('"book":null'); // the first symbol in its place
});
