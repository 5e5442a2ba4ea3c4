import { afterEach, expect, test } from 'vitest';
import type { Pushed } from '../../../shared/command.ts';
import { GatewayClient } from '../../../shared/io/gateway-client.ts';
import { ScriptedGateway, until } from '../../kit/scripted-gateway.ts';

let gateway: ScriptedGateway;
afterEach(() => gateway[Symbol.asyncDispose]());

async function connected(): Promise<{ readonly client: GatewayClient; readonly pushed: Pushed[] }> {
  gateway = await new ScriptedGateway().listen();
  const pushed: Pushed[] = [];
  const { path } = gateway;
  const { environment, configHash } = gateway.identity;
  const opened = await GatewayClient.connect({
    ...{ path, role: 'brain', environment, configHash, name: 'test' },
    onPushed: (some) => void pushed.push(...some),
  });
  if (!opened.ok) throw new Error(opened.error.sentence);
  return { client: opened.value, pushed };
}
const entryOf = (n: number) => ({ key: 'fills', text: String(n) });
const texts = (pushed: readonly Pushed[]): readonly string[] => pushed.flatMap(({ entries = [] }) => entries.map(({ text }) => text));
const numbers = (upTo: number): readonly string[] => Array.from({ length: upTo }, (_, n) => String(n + 1));

test('each push is handed on, and of those that wait together the newest, with the entries of all in their order', async () => {
  const { client, pushed } = await connected();
  gateway.push({ header: '1' }, [entryOf(1)]);
  await until('the first', () => pushed.length === 1);
  gateway.push({ header: '2' }, [entryOf(2)]);
  gateway.push({ header: '3' });
  gateway.push({ header: '4' }, [entryOf(3), entryOf(4)]);
  await until('the newest', () => pushed.at(-1)?.docs['header'] === '4');
  expect(pushed.map(({ docs }) => docs['header'])).toEqual(['1', '4']);
  expect(texts(pushed)).toEqual(numbers(4));
  await client[Symbol.asyncDispose]();
});

test('whoever finds a long queue is told of few of its moments, and of every entry', async () => {
  const { client, pushed } = await connected();
  const long = 'x'.repeat(10_000);
  for (let n = 1; n <= 100; n++) gateway.push({ header: String(n), book: long }, [entryOf(n)]);
  await until('the newest', () => pushed.at(-1)?.docs['header'] === '100');
  expect(pushed.length).toBeLessThan(30);
  expect(texts(pushed)).toEqual(numbers(100));
  await client[Symbol.asyncDispose]();
});

test('pushes that add to one another are handed on together, from the newest whole one on', async () => {
  const { client, pushed } = await connected();
  const add = (n: number, base: number) =>
    gateway.pushed({ type: 'snapshot', at: n, base, docs: { header: String(n) }, entries: [entryOf(n)] });
  gateway.push({ header: '1' }, [entryOf(1)]);
  add(2, 1);
  gateway.push({ header: '3' }, [entryOf(3)]);
  add(4, 3);
  await until('the newest', () => pushed.at(-1)?.docs['header'] === '4');
  expect(pushed.map(({ docs }) => docs['header'])).toEqual(['3', '4']);
  expect(texts(pushed)).toEqual(numbers(4));
  await client[Symbol.asyncDispose]();
});
