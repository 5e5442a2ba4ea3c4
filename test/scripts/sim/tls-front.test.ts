import { fork } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { openTlsFront, selfSigned, type TlsFront } from '../../../scripts/sim/tls-front.ts';
import { openTestSim } from '../../kit/sim-client.ts';

const ENTRY = join(import.meta.dirname, '..', '..', '..', 'scripts', 'sim.ts');

async function openFront(): Promise<TlsFront> {
  const sim = await openTestSim({ historyDays: 0 });
  const front = await openTlsFront({ host: '127.0.0.1', port: 0, targetPort: sim.simulator.port });
  onTestFinished(async () => {
    await front.close();
    await sim.close();
  });
  return front;
}

function fetchTime(port: number, certificate: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/fapi/v1/time', ...(certificate === null ? {} : { ca: certificate }) }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

test('a client that trusts the certificate is answered over TLS, another one refuses it', async () => {
  const { port, certificate } = await openFront();
  expect(JSON.parse(await fetchTime(port, certificate))).toEqual({ serverTime: expect.any(Number) });
  await expect(fetchTime(port, null)).rejects.toThrow(/self-signed/);
});

test('streams pass through TLS, and closing the front closes them', async () => {
  const front = await openFront();
  const socket = new WebSocket(`wss://127.0.0.1:${front.port}/public/ws/btcusdt@depth@100ms`, { ca: front.certificate });
  const [data] = await once(socket, 'message');
  expect(JSON.parse(String(data))).toMatchObject({ e: 'depthUpdate', s: 'BTCUSDT' });
  const closed = once(socket, 'close');
  await front.close();
  await closed;
});

test('the certificate names this machine and is its own issuer, and two starts share no key', () => {
  const atMs = Date.UTC(2026, 10, 21, 6, 0, 7);
  const [one, two] = [selfSigned(atMs), selfSigned(atMs)].map(({ certificate }) => new X509Certificate(certificate));
  expect(one?.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(one?.checkHost('localhost')).toBe('localhost');
  expect(one && [one.verify(one.publicKey), one.ca, one.validFromDate.getTime()]).toEqual([true, true, atMs - 86_400_000]);
  expect(one?.fingerprint256).not.toBe(two?.fingerprint256);
});

test('sim --tls-port serves TLS beside its plain port and writes the certificate that clients trust', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sim-tls-'));
  const file = join(folder, 'own', 'certificate.pem');
  const args = ['--port', '0', '--history-days', '0', '--tls-port', '0', '--tls-certificate', file];
  const child = fork(ENTRY, args, { execPath: process.execPath, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [ready] = (await once(child, 'message')) as [{ readonly tlsPort: number }];
  expect(JSON.parse(await fetchTime(ready.tlsPort, readFileSync(file, 'utf8')))).toEqual({ serverTime: expect.any(Number) });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  rmSync(folder, { recursive: true });
});
