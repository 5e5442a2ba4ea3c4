import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledge, alertLines, openAlerts } from '../../../scripts/alerts/commands.ts';
import { ALERTS_FILE } from '../../../scripts/alerts/desk.ts';
import type { Incident } from '../../../scripts/alerts/incidents.ts';
import { testChannels, testedLines } from '../../../scripts/alerts/test-channels.ts';
import { Problem } from '../../../scripts/lib/tool.ts';
import { type Loaded, loadConfig } from '../../../shared/config-file.ts';
import { CHANNEL_ENV, channelsTo, HttpReceiver, MailReceiver } from '../../kit/alert-receivers.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-mm-alerts-'));
let http: HttpReceiver;
let mail: MailReceiver;
let loaded: Loaded;
const incident = (over: Partial<Incident>): Incident => ({
  ...{
    id: 'a1',
    code: 'mode',
    symbol: null,
    severity: 'warning',
    sentence: 'blind',
    kind: 'state',
    sinceMs: Date.UTC(2026, 0, 1),
    sentMs: 1,
  },
  ...{ told: [], more: 0, acknowledged: false, escalated: false, closedMs: null, ...over },
});
const folder = join(dir, 'run', 'sim-0123');

beforeAll(async () => {
  [http, mail] = await Promise.all([HttpReceiver.open(), MailReceiver.open(CHANNEL_ENV.ALERT_MAIL)]);
  const { channels, env } = channelsTo(http, mail);
  Object.assign(process.env, env);
  const base = JSON.parse(readFileSync(join(import.meta.dirname, '../../../config.json'), 'utf8'));
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...base, alerts: { channels } }));
  const read = loadConfig(join(dir, 'config.json'));
  if (!read.ok) throw new Error(read.error.join());
  loaded = read.value;
});
afterAll(async () => {
  await Promise.all([http[Symbol.asyncDispose](), mail[Symbol.asyncDispose]()]);
  rmSync(dir, { recursive: true });
});

test('alert-test sends one message to each channel, or to the one that is named, and tells what became of it', async () => {
  http.answers.push({ status: 500, body: 'sorry' });
  const one = await testChannels(loaded, 'slack');
  expect(one).toEqual([{ channel: 'slack', result: 'HTTP 500: sorry', ms: expect.any(Number) }]);
  const all = await testChannels(loaded, undefined);
  expect(all.map(({ channel, result }) => `${channel} ${result}`)).toEqual(
    ['mail', 'telegram', 'dingtalk', 'wecom', 'slack', 'hook'].map((name) => `${name} sent`),
  );
  expect(mail.mails[0]?.text).toContain('Subject: [mmbot sim] TEST test');
  expect(http.received.at(-1)?.body).toMatchObject({ kind: 'test', lines: [{ code: 'test' }] });
  expect(testedLines(one)[0]).toMatch(/^CHANNEL +MS +RESULT/);
  await expect(testChannels(loaded, 'fax')).rejects.toThrow('--channel fax: allowed is one of mail, telegram');
});

test('alerts lists what is open; ack takes ids of those, or all', () => {
  expect(() => openAlerts(loaded)).toThrow(Problem);
  mkdirSync(folder, { recursive: true });
  expect(() => openAlerts(loaded)).toThrow('no watchdog has told of an alert here');
  const incidents = [
    incident({}),
    incident({ id: 'a2', code: 'stop-missing', symbol: 'BTCUSDT', escalated: true }),
    incident({ id: 'a3', closedMs: 5 }),
  ];
  writeFileSync(join(folder, ALERTS_FILE), JSON.stringify({ ids: 3, incidents }));
  expect(openAlerts(loaded).map(({ id }) => id)).toEqual(['a1', 'a2']);
  expect(alertLines(openAlerts(loaded))).toEqual([
    expect.stringMatching(/^ID +SINCE +SEVERITY +CODE +SYMBOL +STATE$/),
    expect.stringMatching(/^a1 +2026-01-01T00:00:00 +warning +mode +new$/),
    expect.stringMatching(/^a2 .*BTCUSDT +escalated$/),
    '',
    'a1: blind',
    'a2: blind',
  ]);
  expect(alertLines([])).toEqual(['no open alert']);
  expect(() => acknowledge(loaded, ['a3'])).toThrow('a3: allowed is the id of an open alert: a1, a2');
  acknowledge(loaded, ['a1']);
  acknowledge(loaded, []);
  expect(readFileSync(join(folder, 'alerts-ack'), 'utf8')).toBe('a1\n*\n');
});
