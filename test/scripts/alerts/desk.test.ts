import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ALERTS_FILE, AlertDesk, readMemory, writeAck } from '../../../scripts/alerts/desk.ts';
import type { Seen } from '../../../scripts/alerts/incidents.ts';
import { openChannels } from '../../../scripts/alerts/open-channels.ts';
import { Outbox } from '../../../scripts/alerts/outbox.ts';
import { redactorOf } from '../../../shared/redact.ts';
import type { AlarmCode } from '../../../shared/alarm.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { AlertsConfig } from '../../../shared/config-safety.ts';
import { Random } from '../../../shared/random.ts';
import { CHANNEL_ENV, channelsTo, HttpReceiver, MailReceiver } from '../../kit/alert-receivers.ts';

const START = Date.UTC(2026, 10, 27, 12, 0, 0);
const MINUTE = 60_000;
let http: HttpReceiver;
let mail: MailReceiver;
let folder = '';
let clock: VirtualClock;
let alerts: { readonly desk: AlertDesk; readonly outbox: Outbox; readonly secrets: readonly string[]; readonly results: string[] };

beforeAll(async () => {
  [http, mail] = await Promise.all([HttpReceiver.open(), MailReceiver.open(CHANNEL_ENV.ALERT_MAIL)]);
});
afterAll(async () => {
  await Promise.all([http[Symbol.asyncDispose](), mail[Symbol.asyncDispose]()]);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmbot-alerts-'));
  clock = new VirtualClock(START);
  http.received.splice(0);
  http.answers.splice(0);
  mail.mails.splice(0);
  alerts = open();
});
afterEach(() => {
  alerts.outbox[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** Warnings to Slack, critical ones to Slack and Telegram, and by mail when nobody acknowledges. */
function open(over: object = {}) {
  const { channels, env, secrets } = channelsTo(http, mail);
  const routes = { info: ['hook'], warning: ['slack'], critical: ['slack', 'telegram'], escalation: ['mail'] };
  const config = AlertsConfig.parse({ channels, routes, ...over });
  const opened = openChannels(config, { env, configFile: join(folder, 'config.json'), clock });
  if (!opened.ok) throw new Error(opened.error.join());
  const redact = redactorOf([...opened.value.secrets, 'venue-secret-0a1b']);
  const results: string[] = [];
  const outbox = new Outbox({
    ...{ channels: opened.value.channels, clock, random: new Random(1), redact },
    onResult: (channel, result, sentence) => results.push(`${channel} ${result} ${redact(sentence)}`),
  });
  const desk = new AlertDesk({ config, from: 'sim 2daf3c', folder, outbox, clock, redact, onProblem: (what) => results.push(what) });
  return { desk, outbox, secrets, results };
}

const state = (code: AlarmCode, symbol: string | null = null, sentence = `${code} holds`): Seen => ({ code, symbol, sentence });
/** A second at a time, with these states, as the watchdog does; time stands still while a message is on its way. */
async function pass(ms: number, seen: readonly Seen[] = [], blind: readonly AlarmCode[] = []): Promise<void> {
  for (let passed = 0; passed <= ms; passed += 1_000) {
    alerts.desk.tick({ seen, blind });
    while (alerts.outbox.sending > 0) await sleep(1);
    if (passed < ms) clock.advance(1_000);
  }
}
const texts = (): readonly string[] => http.received.map(({ path, body }) => `${path.split('/')[1]}: ${body.text ?? body.subject}`);

test('a state is told when it has lasted, once, to the channels of its severity, and again when it is over', async () => {
  await pass(9_000, [state('mode')]);
  expect(http.received).toEqual([]);
  await pass(600_000, [state('mode')]);
  expect(http.received.map(({ body }) => body.text)).toEqual([
    '[mmbot sim 2daf3c] WARNING mode\n2026-11-27T12:00:10Z warning mode: mode holds\nacknowledge: scripts/mm ack a1',
  ]);
  await pass(3_000);
  expect(http.received.map(({ body }) => body.text).at(-1)).toBe(
    '[mmbot sim 2daf3c] RECOVERED mode\n2026-11-27T12:10:09Z warning mode: over after 10 min',
  );
  await pass(60_000);
  expect(http.received).toHaveLength(2);
});

test('what comes close together is one message, worst first; another severity has its own channels', async () => {
  alerts.desk.event(state('position-corrected', 'BTCUSDT'));
  alerts.desk.event(state('restart'));
  alerts.desk.event(state('hard-exit', 'ETHUSDT'));
  await pass(1_000, [state('symbol-halted', 'BTCUSDT'), state('stop-missing', 'ETHUSDT')]);
  expect(http.received).toEqual([]);
  await pass(3_000, [state('symbol-halted', 'BTCUSDT'), state('stop-missing', 'ETHUSDT')]);
  expect(texts().toSorted()).toEqual([
    expect.stringMatching(/^bot110201543:telegram-token-77aa: \[mmbot sim 2daf3c\] CRITICAL symbol-halted BTCUSDT \(and 1 more\)\n/),
    'my: [mmbot sim 2daf3c] INFO hard-exit ETHUSDT',
    expect.stringMatching(/^services: \[mmbot sim 2daf3c\] CRITICAL symbol-halted BTCUSDT \(and 1 more\)\n/),
    expect.stringMatching(/^services: \[mmbot sim 2daf3c\] WARNING position-corrected BTCUSDT \(and 1 more\)\n/),
  ]);
});

test('the same again is told no sooner than the throttle allows, with the count of what came meanwhile', async () => {
  for (let i = 0; i < 5; i++) {
    alerts.desk.event(state('position-corrected', 'BTCUSDT', `correction ${i}`));
    await pass(MINUTE);
  }
  expect(texts()).toHaveLength(1);
  await pass(15 * MINUTE);
  expect(http.received.at(-1)?.body.text).toContain('position-corrected BTCUSDT: correction 4 (4 times since it was told last)');
  await pass(60 * MINUTE);
  expect(texts()).toHaveLength(2);
});

test('a state that comes and goes within the throttle is told once, and once more if it stays', async () => {
  const flap = [state('mode')];
  for (let i = 0; i < 3; i++) {
    await pass(20_000, flap);
    await pass(20_000);
  }
  expect(texts().map((text) => text.split('\n')[0])).toEqual([
    'services: [mmbot sim 2daf3c] WARNING mode',
    'services: [mmbot sim 2daf3c] RECOVERED mode',
  ]);
  await pass(16 * MINUTE, flap);
  expect(texts()).toHaveLength(3);
});

test('a critical one that nobody acknowledges goes to further channels, once; acknowledged in time it does not', async () => {
  const held = [state('gateway-silent')];
  await pass(11 * MINUTE, held);
  await mail.count(1);
  expect(mail.mails[0]?.text).toContain('Subject: [mmbot sim 2daf3c] UNACKNOWLEDGED gateway-silent');
  expect(mail.mails[0]?.text.replaceAll(/=\r\n/g, '')).toContain('gateway-silent holds (nobody has acknowledged it for 10 min)');
  await pass(30 * MINUTE, held);
  expect(mail.mails).toHaveLength(1);
  await pass(5_000);
  await mail.count(2); // whoever was told hears of the end
  alerts.desk.event(state('forced-close', 'BTCUSDT'));
  await pass(5_000);
  writeAck(folder, [alerts.desk.open().find(({ code }) => code === 'forced-close')?.id ?? '']);
  await pass(20 * MINUTE);
  expect([mail.mails.length, alerts.desk.open()]).toEqual([2, []]);
});

test('what cannot be judged now is neither begun nor over', async () => {
  await pass(15_000, [state('brain-silent')]);
  await pass(60_000, [state('gateway-silent')], ['brain-silent']);
  expect(alerts.desk.open().map(({ code }) => code)).toEqual(['brain-silent', 'gateway-silent']);
  await pass(5_000, [state('brain-silent')]);
  expect(alerts.desk.open().map(({ code }) => code)).toEqual(['brain-silent']);
});

test('an event in a state, and a state after its event, are one', async () => {
  alerts.desk.event(state('margin-call'));
  await pass(5_000, [state('margin-call')]);
  alerts.desk.event(state('margin-call'));
  await pass(20 * MINUTE, [state('margin-call')]);
  await pass(5_000);
  const slack = texts().filter((text) => text.startsWith('services'));
  expect(slack.map((text) => text.split('\n')[0])).toEqual([
    'services: [mmbot sim 2daf3c] CRITICAL margin-call',
    'services: [mmbot sim 2daf3c] RECOVERED margin-call',
  ]);
});

test('a restart of the watchdog repeats nothing, and goes on with throttle, escalation and recovery', async () => {
  await pass(5_000, [state('gateway-silent')]);
  expect(texts()).toHaveLength(2);
  alerts.outbox[Symbol.dispose]();
  alerts = open();
  await pass(MINUTE, [state('gateway-silent')]);
  expect(texts()).toHaveLength(2);
  await pass(10 * MINUTE, [state('gateway-silent')]);
  await mail.count(1);
  await pass(5_000);
  expect(texts()).toHaveLength(4);
});

test('rules may be switched off, made worse and made patient', async () => {
  alerts.outbox[Symbol.dispose]();
  alerts = open({ rules: { restart: { enabled: false }, mode: { severity: 'critical', afterMs: 0 } } });
  alerts.desk.event(state('restart'));
  await pass(5_000, [state('mode')]);
  expect(texts()).toHaveLength(2);
  expect(texts()[0]).toContain('CRITICAL mode');
});

test('no secret is in a message, a file, or what is told of a failure', async () => {
  http.answers.push({ status: 500, body: `internal: ${alerts.secrets.join(' ')}` });
  alerts.desk.event(state('position-corrected', null, `signature of venue-secret-0a1b, ${CHANNEL_ENV.ALERT_WECOM}`));
  await pass(3_000);
  await http.count(1);
  const shown = JSON.stringify([
    http.received.map(({ body }) => body),
    alerts.results,
    readFileSync(join(folder, ALERTS_FILE), 'utf8'),
    [...alerts.outbox.failing()],
  ]);
  for (const secret of [...alerts.secrets, 'venue-secret-0a1b']) expect(shown).not.toContain(secret);
  expect(shown).toContain('signature of (hidden)');
  expect(alerts.results[0]).toMatch(/^slack failed HTTP 500: internal: \(hidden\)/);
});

test('acknowledging works without the watchdog, for single ones and for all', async () => {
  await pass(3_000, [state('gateway-silent'), state('margin-call')]);
  writeAck(folder, []);
  await pass(1_000, [state('gateway-silent'), state('margin-call')]);
  expect(alerts.desk.open().map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
  expect(existsSync(join(folder, 'alerts-ack'))).toBe(false);
  expect(readMemory(folder)?.incidents).toHaveLength(2);
  expect(readMemory(join(folder, 'nowhere'))).toBeNull();
});
