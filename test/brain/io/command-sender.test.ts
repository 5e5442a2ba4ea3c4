import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CommandSender, type Outgoing } from '../../../brain/io/command-sender.ts';
import type { OrderCommand, Pending } from '../../../brain/oms/working.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import type { Answer, Refused, Taken } from '../../../shared/command.ts';
import type { Request } from '../../../shared/io/gateway-client.ts';
import { lots, monoMs, ticks } from '../../../shared/units.ts';
import { SYMBOL } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

class Rig {
  readonly clock = new VirtualClock();
  readonly sent: Request[] = [];
  readonly answers: [string, Taken | Refused | null][] = [];
  readonly dropped: string[] = [];
  answer: (request: Request) => Answer | null = (request) =>
    request.type === 'batch'
      ? { id: 0, type: 'batch', answers: request.commands.map((command) => ({ id: command.id, type: 'taken', seq: 7 })) }
      : { id: 0, type: 'taken', seq: 7 };
  readonly sender = new CommandSender({
    clock: this.clock,
    windowMs: 10,
    request: (request) => {
      this.sent.push(request);
      return Promise.resolve(this.answer(request));
    },
    onAnswer: ({ command }, answer) => void this.answers.push([command.clientId, answer]),
    onDropped: ({ command }) => void this.dropped.push(command.clientId),
  });

  send(...numbers: readonly number[]): void {
    this.sender.send(numbers.map(amend));
  }

  get sizes(): number[] {
    return this.sent.map((request) => (request.type === 'batch' ? request.commands.length : 1));
  }
}

function amend(n: number): Outgoing {
  const command: OrderCommand = { kind: 'amend', symbol: SYMBOL, strategy: 'mm', clientId: id(n), price: ticks(600_000), size: lots(10) };
  const pending: Pending = { command, role: 'quote', sentAt: monoMs(0), visibleFrom: null };
  const rest = { price: '60000.00', size: '0.010', basedOn: { epoch: 1, seq: 1 }, ttlMs: 500 };
  return { command, pending, request: { type: 'amend', clientId: id(n), ...rest } };
}

test('turns within the window leave at its end, as one message, and each command gets its own answer', async () => {
  const rig = new Rig();
  rig.send(1);
  rig.clock.advance(4);
  rig.send(2);
  rig.send(3);
  expect(rig.sizes).toEqual([1]);
  rig.clock.advance(6);
  await nextTurn();
  expect(rig.sizes).toEqual([1, 2]);
  expect(rig.answers.map(([clientId, answer]) => [clientId, answer?.type])).toEqual([1, 2, 3].map((n) => [id(n), 'taken']));
});

test('more than a message may hold are several messages', async () => {
  const rig = new Rig();
  rig.send(...Array.from({ length: 85 }, (_, n) => n));
  await nextTurn();
  expect([rig.sizes, rig.answers.length]).toEqual([[40, 40, 5], 85]);
});

test('a batch without an answer leaves each of its commands without one', async () => {
  const rig = new Rig();
  rig.answer = () => null;
  rig.send(1, 2);
  await nextTurn();
  expect(rig.answers).toEqual([
    [id(1), null],
    [id(2), null],
  ]);
});

test('what waits can be given up, and then nothing of it leaves', async () => {
  const rig = new Rig();
  rig.send(1);
  rig.send(2);
  rig.sender.dropAll();
  rig.clock.advance(100);
  await nextTurn();
  expect([rig.sizes, rig.dropped]).toEqual([[1], [id(2)]]);
});
