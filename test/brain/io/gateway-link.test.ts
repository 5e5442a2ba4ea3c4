import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { GatewayLink, type LinkOptions } from '../../../brain/io/gateway-link.ts';
import { systemClock } from '../../../shared/clock.ts';
import { rootLog } from '../../../shared/log.ts';
import { Random } from '../../../shared/random.ts';
import type { Stamp } from '../../../shared/snapshot.ts';
import { ScriptedGateway, until } from '../../kit/scripted-gateway.ts';

const lines = (): { readonly stream: PassThrough; readonly text: () => string } => {
  const stream = new PassThrough();
  return { stream, text: () => String(stream.read() ?? '') };
};

function open(gateway: ScriptedGateway, over: Partial<LinkOptions> = {}) {
  const seen = { welcomes: [] as number[], lost: 0, fatal: [] as [string, number][], pushed: [] as object[] };
  const { stream, text } = lines();
  const link = new GatewayLink({
    path: gateway.path,
    environment: 'sim',
    configHash: 'cccccccccccc',
    leaseMs: 50,
    clock: systemClock(),
    random: new Random(1),
    log: rootLog({ process: 'test', level: 'info', stream }),
    push: false,
    onPushed: (pushes) => void seen.pushed.push(...pushes.map(({ docs }) => docs)),
    onWelcome: async ({ brainEpoch }) => void seen.welcomes.push(brainEpoch),
    onLost: () => void seen.lost++,
    processed: () => null,
    onFatal: (sentence, code) => void seen.fatal.push([sentence, code]),
    ...over,
  });
  return { link, seen, logged: text };
}

test('it says hello as the brain of this config, and serves only once the welcome was dealt with', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const dealt = Promise.withResolvers<void>();
  const { link } = open(gateway, { onWelcome: () => dealt.promise });
  await using _ = link;
  await until('hello', () => gateway.of('hello').length === 1);
  expect(gateway.of('hello')[0]).toMatchObject({ role: 'brain', environment: 'sim', configHash: 'cccccccccccc', schema: 1 });
  expect([link.connected, await link.request({ type: 'cancelAll' })]).toEqual([false, null]);
  dealt.resolve();
  await until('connected', () => link.connected);
  expect(await link.request({ type: 'cancelAll' })).toMatchObject({ type: 'taken' });
});

test('answers find their requests, in whatever order they come', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const { link } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  const held: number[] = [];
  gateway.script = (command) => {
    if (command.type !== 'cancel') return undefined;
    held.push(command.id);
    if (held.length < 3) return null;
    return held
      .reverse()
      .map((id) => JSON.stringify({ id, type: 'taken', seq: id }))
      .join('\n');
  };
  const answers = await Promise.all(['1', '2', '3'].map((clientId) => link.request({ type: 'cancel', clientId })));
  const ids = gateway.of('cancel').map(({ id }) => id);
  expect(answers.map((answer) => answer?.type === 'taken' && answer.seq)).toEqual(ids);
});

test('a command that is not answered within a second is told as silence, and the next one goes on', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const { link } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  gateway.script = ({ type }) => (type === 'cancelAll' ? null : undefined);
  expect(await link.request({ type: 'cancelAll' })).toBeNull();
  expect(await link.request({ type: 'cancel', clientId: '1' })).toMatchObject({ type: 'taken' });
});

test.each([
  ['no JSON', 'hello?'],
  ['another contract', '{"id":0,"type":"sure"}'],
])('a line that is %s does no harm', async (_name, line) => {
  await using gateway = await new ScriptedGateway().listen();
  const { link } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  gateway.script = ({ type }) => (type === 'cancelAll' ? line : undefined);
  const silent = link.request({ type: 'cancelAll' });
  expect(await link.request({ type: 'cancel', clientId: '1' })).toMatchObject({ type: 'taken' });
  expect(await silent).toBeNull();
});

test('it beats four times a lease with the snapshot last acted on', async () => {
  await using gateway = await new ScriptedGateway().listen();
  gateway.leaseMs = 40;
  let processed: Stamp | null = null;
  const { link } = open(gateway, { processed: () => processed });
  await using _ = link;
  await until('two beats', () => gateway.of('heartbeat').length >= 2);
  expect(gateway.of('heartbeat')[0]?.processed).toBeNull();
  processed = { epoch: 3, seq: 77 };
  await until('a beat with progress', () => gateway.of('heartbeat').at(-1)?.processed?.seq === 77);
});

test('a lost connection is opened again at once, with a new lease', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const { link, seen } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  gateway.cut();
  await until('connected again', () => seen.welcomes.length === 2 && link.connected, 500);
  expect([seen.lost, seen.welcomes]).toEqual([1, [1, 2]]);
});

test('it waits for a gateway that is not there, with one line, however long', async () => {
  await using gateway = new ScriptedGateway();
  const { link, seen, logged } = open(gateway);
  await using _ = link;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(logged().match(/Waiting for the gateway/g)).toHaveLength(1);
  expect(seen.fatal).toEqual([]);
  await gateway.listen();
  await until('connected', () => link.connected);
});

test('a request under way when the connection breaks is told as silence', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const { link } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  gateway.script = ({ type }) => (type === 'cancelAll' ? null : undefined);
  const answer = link.request({ type: 'cancelAll' });
  await until('asked', () => gateway.of('cancelAll').length === 1);
  gateway.cut();
  expect(await answer).toBeNull();
});

test.each(['no-lease', 'stale-epoch'])('a refusal "%s" makes it ask for a new lease', async (code) => {
  await using gateway = await new ScriptedGateway().listen();
  const { link, seen } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  gateway.script = ({ type }) => (type === 'cancelAll' ? { type: 'refused', code, sentence: 'no' } : undefined);
  expect(await link.request({ type: 'cancelAll' })).toMatchObject({ type: 'refused', code });
  await until('a new lease', () => seen.welcomes.length === 2);
});

test.each(['wrong-config', 'wrong-environment', 'wrong-schema'])('a hello refused as "%s" ends the brain with code 2', async (code) => {
  await using gateway = await new ScriptedGateway().listen();
  gateway.script = ({ type }) => (type === 'hello' ? { type: 'refused', code, sentence: 'Cannot greet' } : undefined);
  const { link, seen } = open(gateway);
  await using _ = link;
  await until('the end', () => seen.fatal.length > 0);
  expect(seen.fatal[0]).toEqual(['The gateway refused: Cannot greet', 2]);
});

test('another brain in the way is waited for as long as it may be dying, then it is the end with code 4', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const rival = { type: 'refused', code: 'brain-present', sentence: 'brain 7 is alive' };
  gateway.script = ({ type }) => (type === 'hello' ? rival : undefined);
  const { link, seen } = open(gateway);
  await using _ = link;
  await until('the end', () => seen.fatal.length > 0);
  expect(gateway.of('hello').length).toBeGreaterThan(3);
  expect(seen.fatal[0]).toEqual(['The gateway refused: brain 7 is alive', 4]);
});

test('a rival that dies in time is no reason to end', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const rival = { type: 'refused', code: 'brain-present', sentence: 'brain 7 is alive' };
  gateway.script = ({ type }) => (type === 'hello' && gateway.of('hello').length < 3 ? rival : undefined);
  const { link, seen } = open(gateway);
  await using _ = link;
  await until('connected', () => link.connected);
  expect(seen.fatal).toEqual([]);
});

test('with the push feed it subscribes, and hands on what is pushed', async () => {
  await using gateway = await new ScriptedGateway().listen();
  const { link, seen } = open(gateway, { push: true });
  await using _ = link;
  await until('connected', () => link.connected);
  expect(gateway.of('subscribe')).toHaveLength(1);
  gateway.push({ 'mm:binance:seq': {} });
  await until('pushed', () => seen.pushed.length === 1);
  expect(seen.pushed[0]).toEqual({ 'mm:binance:seq': {} });
});
