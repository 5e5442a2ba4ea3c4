import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Http, openHttp } from '../../../gateway/io/http.ts';
import { systemClock } from '../../../shared/clock.ts';

const opened: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(listener: RequestListener): Promise<{ server: Server; http: Http; sockets: () => number }> {
  const server = createServer(listener);
  let sockets = 0;
  server.on('connection', () => sockets++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, http: client((server.address() as AddressInfo).port), sockets: () => sockets };
}

function client(port: number): Http {
  const http = openHttp({ origin: `http://127.0.0.1:${port}`, clock: systemClock(), timeoutMs: 300 });
  opened.push(() => http[Symbol.asyncDispose]());
  return http;
}
const get = (path: string) => ({ method: 'GET', path, headers: { 'X-MBX-APIKEY': 'k' } }) as const;

test('sends path, query and headers as given, and gives the answer back whole', async () => {
  const { http } = await serve((request, response) => {
    response.writeHead(418, { 'Retry-After': '9' }).end(`${request.method} ${request.url} ${request.headers['x-mbx-apikey']} ü`);
  });
  const outcome = await http.send(get('/a?b=%5B1%5D&c=d'));
  expect(outcome).toMatchObject({ kind: 'answer', status: 418, text: 'GET /a?b=%5B1%5D&c=d k ü' });
  expect(outcome.kind === 'answer' && outcome.headers.get('retry-after')).toBe('9');
});

test('keeps its connections', async () => {
  const { http, sockets } = await serve((_request, response) => response.end('{}'));
  for (let i = 0; i < 50; i++) await http.send(get('/'));
  expect(sockets()).toBeLessThanOrEqual(2); // the next request may come before the library has freed the first one
});

test('tells when the bytes were handed over, before the answer', async () => {
  const { http } = await serve((_request, response) => response.end('{}'));
  const written: number[] = [];
  await http.send({ ...get('/'), onWritten: (at) => written.push(at) });
  expect(written).toHaveLength(1);
});

test('a refused connection never left', async () => {
  const { server, http } = await serve((_request, response) => response.end());
  await new Promise((resolve) => server.close(resolve));
  expect(await http.send(get('/?signature=deadbeef'))).toMatchObject({ kind: 'unsent', sentence: expect.not.stringContaining('deadbeef') });
});

test('a request without an answer in time may have been executed', async () => {
  const { http } = await serve(() => {});
  expect(await http.send(get('/'))).toEqual({ kind: 'unanswered', timedOut: true, sentence: 'no answer within 300 ms' });
});

test('a half answer counts as none', async () => {
  const { http } = await serve((_request, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('{"orderId":');
    setImmediate(() => response.socket?.destroy());
  });
  expect(await http.send(get('/'))).toMatchObject({ kind: 'unanswered', timedOut: false });
});

test('a connection cut before the answer leaves the outcome open, and is not tried again', async () => {
  let requests = 0;
  const { http } = await serve((request) => {
    requests++;
    request.socket.destroy();
  });
  expect(await http.send({ ...get('/'), method: 'POST' })).toMatchObject({ kind: 'unanswered', timedOut: false });
  expect(await http.send(get('/'))).toMatchObject({ kind: 'unanswered', timedOut: false });
  expect(requests).toBe(2);
});

test('an order that waits for a socket is asked again whether it may leave, and does not when it may not', async () => {
  const held: ServerResponse[] = [];
  const { http } = await serve((request, response) => {
    if (request.url === '/hold') held.push(response);
    else response.end('{}');
  });
  const busy = Array.from({ length: 32 }, () => http.send(get('/hold'))); // every connection there is
  await expect.poll(() => held.length).toBe(32);
  let open = true;
  const [order, close] = [http.send({ ...get('/order'), mayLeave: () => open }), http.send(get('/close'))];
  open = false;
  for (const response of held) response.end('{}');
  expect(await order).toMatchObject({ kind: 'unsent', timedOut: false });
  expect(await close).toMatchObject({ kind: 'answer' });
  await Promise.all(busy);
});
