import { beforeEach, expect, test } from 'vitest';
import type { Channel } from '../../../scripts/alerts/channels/channel.ts';
import type { Message } from '../../../scripts/alerts/message.ts';
import { Outbox } from '../../../scripts/alerts/outbox.ts';
import { redactorOf } from '../../../shared/redact.ts';
import type { Severity } from '../../../shared/alarm.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { Random } from '../../../shared/random.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { settle } from '../../kit/order-side.ts';

/** Answers as told: true sends, false fails, null never answers. */
class Scripted implements Channel {
  readonly sent: string[] = [];
  answer: boolean | null = true;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  send({ lines }: Message): Promise<Result<null, string>> {
    if (this.answer === null) return new Promise(() => undefined);
    if (this.answer) this.sent.push(lines[0]?.sentence ?? '');
    return Promise.resolve(this.answer ? ok(null) : err('HTTP 500: top-secret'));
  }
}

const message = (sentence: string, severity: Severity = 'warning'): Message => ({
  ...{ kind: 'raised', from: 'sim', atMs: 0 },
  lines: [{ id: 'a1', code: 'restart', severity, symbol: null, sentence, atMs: 0 }],
});

let clock: VirtualClock;
let [phone, mail]: [Scripted, Scripted] = [new Scripted(''), new Scripted('')];
let results: string[];
let outbox: Outbox;
beforeEach(() => {
  [clock, phone, mail, results] = [new VirtualClock(), new Scripted('phone'), new Scripted('mail'), []];
  outbox = new Outbox({
    ...{ channels: [phone, mail], clock, random: new Random(1), redact: redactorOf(['top-secret']) },
    onResult: (channel, result, sentence) => results.push(`${channel} ${result} ${sentence}`.trim()),
  });
});
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await settle();
  }
}

test('a channel that never answers delays no other', async () => {
  phone.answer = null;
  for (const text of ['one', 'two']) outbox.put(message(text), ['phone', 'mail']);
  await settle();
  expect([mail.sent, outbox.waiting, outbox.sending]).toEqual([['one', 'two'], 2, 1]);
});

test('what fails is tried again, later and later, in order, and told without its secret', async () => {
  phone.answer = false;
  outbox.put(message('one'), ['phone']);
  outbox.put(message('two'), ['phone']);
  await settle();
  await pass(60_000);
  expect(results.length).toBeGreaterThan(3);
  expect(results.length).toBeLessThan(9);
  expect(new Set(results)).toEqual(new Set(['phone failed HTTP 500: (hidden)']));
  expect([...outbox.failing()]).toEqual([['phone', 'HTTP 500: (hidden)']]);
  phone.answer = true;
  await pass(300_000);
  expect([phone.sent, [...outbox.failing()]]).toEqual([['one', 'two'], []]);
});

test('after an hour it is given up, counted, and the next has its turn', async () => {
  phone.answer = false;
  outbox.put(message('old'), ['phone']);
  await settle();
  await pass(4_000_000);
  outbox.put(message('new'), ['phone']);
  phone.answer = true;
  await pass(400_000);
  expect(phone.sent).toEqual(['new']);
  expect(results.filter((line) => line.startsWith('phone dropped'))).toEqual(['phone dropped given up: HTTP 500: (hidden)']);
});

test('a full queue lets go of the least important and oldest, never of the one on its way', async () => {
  phone.answer = null;
  outbox.put(message('on its way', 'info'), ['phone']);
  for (let i = 0; i < 30; i++) outbox.put(message(`critical ${i}`, 'critical'), ['phone']);
  for (let i = 0; i < 30; i++) outbox.put(message(`info ${i}`, 'info'), ['phone']);
  expect([outbox.waiting, results.length]).toEqual([50, 11]);
  expect(results[0]).toBe('phone dropped too many messages wait');
  for (let i = 30; i < 90; i++) outbox.put(message(`critical ${i}`, 'critical'), ['phone']);
  expect(outbox.waiting).toBe(50);
});

test('flush() tells whether all has left in time; nothing is tried after the end', async () => {
  outbox.put(message('one'), ['mail', 'nobody']);
  const flushed = outbox.flush(1_000);
  await pass(1_000);
  expect(await flushed).toBe(true);
  phone.answer = false;
  outbox.put(message('two'), ['phone']);
  await settle();
  const stuck = outbox.flush(1_000);
  await pass(2_000);
  expect(await stuck).toBe(false);
  const before = results.length;
  outbox[Symbol.dispose]();
  await pass(60_000);
  expect(results).toHaveLength(before);
});
