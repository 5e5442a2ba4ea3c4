import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCommandServer } from '../../../gateway/io/command-server.ts';
import { StallGuard } from '../../../gateway/orders/stall-guard.ts';
import { figuresOf } from '../../../scripts/soak/hostile-campaign.ts';
import type { HostileRecord } from '../../../scripts/soak/hostile.ts';
import { hostileLine, type Moment } from '../../../scripts/soak/hostile-words.ts';
import { systemClock } from '../../../shared/clock.ts';
import { rootLog } from '../../../shared/log.ts';
import { Random } from '../../../shared/random.ts';
import { LIMITED } from '../../kit/limits/history.ts';
import { LimitsJudge } from '../../kit/limits/judge.ts';
import { WireGateway } from '../../kit/wire-gateway.ts';

const [ROUNDS, CLIENTS, BURST] = [60, 3, 15];

/** Clients on a gateway's real socket that say anything; the gateway trades on the simulator's wire, on virtual time. */
class Crowd {
  readonly answers: Record<string, number> = {};
  readonly #path: string;
  readonly #moment: () => Moment;
  #epoch = 0;

  constructor(path: string, moment: (epoch: number) => Moment) {
    this.#path = path;
    this.#moment = () => moment(this.#epoch);
  }

  async join(hello: object): Promise<Socket> {
    const socket = createConnection(this.#path);
    socket.on('error', () => undefined); // cut off
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (chunk) => {
      const lines = (text + String(chunk)).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#hear(JSON.parse(line));
    });
    socket.write(`${JSON.stringify(hello)}\n`);
    return socket;
  }

  shout(socket: Socket, random: Random): void {
    const moment = this.#moment();
    socket.write(Array.from({ length: BURST }, () => `${hostileLine({ random, moment })}\n`).join(''));
  }

  #hear(answer: { readonly type: string; readonly code?: string; readonly welcome?: { readonly brainEpoch: number } }): void {
    const name = answer.code ?? answer.type;
    this.answers[name] = (this.answers[name] ?? 0) + 1;
    if (answer.welcome && answer.welcome.brainEpoch > 0) this.#epoch = answer.welcome.brainEpoch;
  }
}

test('a hostile brain on the socket gets nothing past a limit, by the exchange, and the gateway still answers', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-hostile-'));
  await using wired = await WireGateway.open({ config: LIMITED, seed: 5 });
  const judge = new LimitsJudge(wired.sim.simulator, LIMITED);
  wired.gateway.closed(wired.brain); // its lease is free
  const stall = new StallGuard({ mono: () => performance.now(), wall: () => Date.now() });
  const opened = await openCommandServer({
    ...{ path: join(dir, 's.sock'), socket: 'brain', clock: systemClock(), log: rootLog({ process: 'test', level: 'silent' }), stall },
    handle: (command, { client }) => wired.gateway.send(client, command),
    onClosed: (client) => wired.gateway.closed(client),
  });
  if (!opened.ok) throw new Error(opened.error.sentence);
  await using _server = opened.value;
  const { core } = wired.gateway;
  let counter = 0;
  const crowd = new Crowd(join(dir, 's.sock'), (epoch) => ({
    ...{ symbol: 'BTCUSDT', mid: (core.venue.market.book('BTCUSDT').book.bestBid ?? 0) / 10, epoch, counter: () => ++counter },
    stamp: { epoch: core.identity.epoch, seq: core.seqs.seq },
  }));
  const { environment, configHash } = core.identity;
  const hello = { id: 0, type: 'hello', role: 'brain', schema: 1, environment, configHash };
  const random = new Random(9);
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => crowd.join(hello)));
  for (let n = 0; n < ROUNDS; n++) {
    for (const [i, socket] of sockets.entries()) {
      if (socket.destroyed) sockets[i] = await crowd.join(hello);
      else crowd.shout(socket, random);
    }
    stall.beat();
    await wired.run(100);
  }
  const last = await crowd.join({ id: 7, type: 'query', what: 'status' });
  await once(last, 'data');
  for (const socket of [...sockets, last]) socket.destroy();
  rmSync(dir, { recursive: true, force: true });
  expect([...judge.violations]).toEqual([]);
  const judged = Object.values(crowd.answers).reduce((sum, count) => sum + count, 0);
  expect(judged).toBeGreaterThan((ROUNDS * CLIENTS * BURST) / 2);
  expect(judge.accepted.length).toBeGreaterThan(5);
  expect(Math.max(...Object.values(judge.reached))).toBeGreaterThan(0.25); // how far they get depends on the machine
  for (const code of ['bad-message', 'bad-id', 'collar', 'data']) expect(crowd.answers[code]).toBeGreaterThan(0);
}, 60_000);

test('figuresOf() adds up a campaign and tells the brains that found something', () => {
  const record: HostileRecord = {
    ...{ seed: 1_000, messages: 100, judged: 90, answers: { taken: 5, collar: 85 }, cutOff: 1, orders: 5, looks: 7, seconds: 2 },
    snapshots: { quietP99: 105, hostileP99: 120, hostileMax: 180, late: 0, count: 20, waitedPercent: 4 },
    violations: [],
  };
  const bad = { ...record, seed: 1_001, answers: { taken: 1 }, violations: ['the gateway died'] };
  expect(figuresOf([record, bad])).toMatchObject({
    ...{ ok: false, brains: 2, messages: 200, judged: 180, answers: { taken: 6, collar: 85 } },
    ...{ snapshots: { hostileP99: 120, count: 40, waitedPercent: 4 }, found: [{ seed: 1_001, violations: ['the gateway died'] }] },
  });
});
