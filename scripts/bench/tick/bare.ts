/**
 * The floor of the tick bench: a bare pipeline of two processes on the transports that ours uses. The first reads best prices from a
 * WebSocket, writes a line to a Unix socket, and turns the line that comes back into a signed order; the second computes its price. No book,
 * no checks, no ledger. One order at a time: placed, cancelled, and the next.
 */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { frame, LineSplitter } from '../../../shared/framing.ts';
import { BEHIND } from './relay.ts';
import type { Account } from './contender.ts';

const HALF = join(import.meta.dirname, 'bare-brain.ts');

export async function run({ port, dir, apiKey, secret }: Account, isOn: () => boolean): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 2, pipelining: 1 });
  const brain = await openBrain(join(dir, 'bare.sock'));
  let [busy, last] = [false, ''];
  const call = async (method: 'POST' | 'DELETE', query: string): Promise<void> => {
    const payload = `${query}&timestamp=${Date.now()}`;
    const signature = createHmac('sha256', secret).update(payload).digest('hex');
    const { body } = await pool.request({
      method,
      path: `/fapi/v1/order?${payload}&signature=${signature}`,
      headers: { 'X-MBX-APIKEY': apiKey },
    });
    await body.dump();
  };
  const order = async (price: string): Promise<void> => {
    const id = `bare-${process.pid}-${performance.now().toFixed(3)}`.replace('.', '-');
    const what = `symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=${price}&newClientOrderId=${id}`;
    await call('POST', what);
    await call('DELETE', `symbol=BTCUSDT&origClientOrderId=${id}`);
    busy = false;
  };
  onLines(brain, (text) => void order((JSON.parse(text) as { price: string }).price));
  new WebSocket(`ws://127.0.0.1:${port}/public/ws/btcusdt@bookTicker`).on('message', (data) => {
    const { b: bid } = JSON.parse(String(data)) as { b: string };
    const isNews = bid !== last;
    last = bid;
    if (!isOn() || busy || !isNews) return;
    busy = true;
    brain.write(frame({ bid, behind: BEHIND }));
  });
}

function openBrain(path: string): Promise<Socket> {
  return new Promise((resolve) => {
    createServer(resolve).listen(path, () => {
      const child = spawn(process.execPath, [HALF, path], { stdio: ['ignore', 'inherit', 'inherit'] });
      process.once('exit', () => child.kill());
    });
  });
}

export function onLines(socket: Socket, take: (text: string) => void): void {
  const splitter = new LineSplitter();
  socket.on('data', (chunk: Buffer) => {
    for (const line of splitter.push(chunk)) if (line.kind === 'line') take(line.text);
  });
}
