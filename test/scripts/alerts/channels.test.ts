import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from '../../../scripts/alerts/channels/channel.ts';
import type { Message } from '../../../scripts/alerts/message.ts';
import { openChannels } from '../../../scripts/alerts/open-channels.ts';
import { systemClock, VirtualClock } from '../../../shared/clock.ts';
import type { ChannelConfig } from '../../../shared/config-safety.ts';
import { CHANNEL_ENV, channelsTo, HttpReceiver, MailReceiver } from '../../kit/alert-receivers.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-channels-'));
const AT = Date.UTC(2026, 10, 27, 12, 0, 5);
const MESSAGE: Message = {
  ...{ kind: 'raised', from: 'sim 2daf3c', atMs: AT },
  lines: [
    { id: 'a1', code: 'gateway-silent', severity: 'critical', symbol: null, sentence: 'no sign of life for 15 s', atMs: AT },
    { id: 'a2', code: 'symbol-halted', severity: 'critical', symbol: 'BTCUSDT', sentence: 'nothing new is opened', atMs: AT },
  ],
};
const TEXT = [
  '[mmbot sim 2daf3c] CRITICAL gateway-silent (and 1 more)',
  '2026-11-27T12:00:05Z critical gateway-silent: no sign of life for 15 s',
  '2026-11-27T12:00:05Z critical symbol-halted BTCUSDT: nothing new is opened',
  'acknowledge: scripts/mm ack a1 a2',
].join('\n');

let http: HttpReceiver;
let mail: MailReceiver;
let byName: ReadonlyMap<string, Channel>;
let secrets: readonly string[];
const clock = systemClock();
const open = (channels: Record<string, ChannelConfig>, env: NodeJS.ProcessEnv) =>
  openChannels({ channels }, { env, configFile: join(dir, 'config.json'), clock });

beforeAll(async () => {
  [http, mail] = await Promise.all([HttpReceiver.open(), MailReceiver.open(CHANNEL_ENV.ALERT_MAIL)]);
  const given = channelsTo(http, mail);
  const opened = open(given.channels, given.env);
  if (!opened.ok) throw new Error(opened.error.join());
  byName = new Map(opened.value.channels.map((channel) => [channel.name, channel]));
  secrets = opened.value.secrets;
  expect(secrets).toEqual(expect.arrayContaining(given.secrets));
});
afterAll(async () => {
  await Promise.all([http[Symbol.asyncDispose](), mail[Symbol.asyncDispose]()]);
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  http.received.splice(0);
  mail.mails.splice(0);
});
const send = (name: string) => {
  const channel = byName.get(name);
  if (!channel) throw new Error(`no channel ${name}`);
  return channel.send(MESSAGE);
};

describe('send() as the receiver sees it', () => {
  test('e-mail: subject, text, sender and all receivers, logged on', async () => {
    expect(await send('mail')).toEqual({ ok: true, value: null });
    const [got] = mail.mails;
    expect(got).toMatchObject({ from: 'mmbot@example.org', to: ['me@example.org', 'you@example.org'], user: 'robot' });
    expect(got?.text).toContain('Subject: [mmbot sim 2daf3c] CRITICAL gateway-silent (and 1 more)\r\n');
    expect(got?.text).toContain('X-Priority: 1 (Highest)');
    expect(got?.text.split('\r\n\r\n').slice(1).join('\n\n').trim().replaceAll('\r\n', '\n')).toBe(TEXT);
  });

  test('Telegram', async () => {
    expect(await send('telegram')).toEqual({ ok: true, value: null });
    expect(http.received).toMatchObject([
      { path: `/bot${CHANNEL_ENV.ALERT_TELEGRAM}/sendMessage`, body: { chat_id: '-1001', text: TEXT, disable_web_page_preview: true } },
    ]);
  });

  test('DingTalk, signed', async () => {
    expect(await send('dingtalk')).toEqual({ ok: true, value: null });
    const [got] = http.received;
    expect(got).toMatchObject({
      path: '/robot/send',
      body: { msgtype: 'text', text: { content: TEXT } },
      query: { access_token: CHANNEL_ENV.ALERT_DINGTALK_TOKEN },
    });
    const { timestamp, sign } = got?.query ?? {};
    const secret = CHANNEL_ENV.ALERT_DINGTALK_SECRET;
    expect(Math.abs(Number(timestamp) - Date.now())).toBeLessThan(60_000);
    expect(sign).toBe(createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'));
  });

  test('WeCom', async () => {
    expect(await send('wecom')).toEqual({ ok: true, value: null });
    expect(http.received).toMatchObject([
      { path: '/cgi-bin/webhook/send', query: { key: CHANNEL_ENV.ALERT_WECOM }, body: { msgtype: 'text', text: { content: TEXT } } },
    ]);
  });

  test('Slack', async () => {
    expect(await send('slack')).toEqual({ ok: true, value: null });
    expect(http.received).toMatchObject([{ path: '/services/T000/B000/slack-path-8d9e', body: { text: TEXT } }]);
  });

  test("a server of one's own: the parts, and a bearer token", async () => {
    expect(await send('hook')).toEqual({ ok: true, value: null });
    const [got] = http.received;
    expect(got?.headers['authorization']).toBe(`Bearer ${CHANNEL_ENV.ALERT_WEBHOOK_TOKEN}`);
    expect(got?.body).toEqual({ version: 1, severity: 'critical', subject: TEXT.split('\n')[0], ...MESSAGE });
  });
});

describe('what is refused', () => {
  test.each([
    ['telegram', { status: 401, body: '{"ok":false,"description":"Unauthorized"}' }, /^HTTP 401: .*Unauthorized/],
    ['dingtalk', { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' }, /^HTTP 200: .*sign not match/],
    ['wecom', { status: 200, body: '{"errcode":93000,"errmsg":"invalid webhook url"}' }, /invalid webhook url/],
    ['wecom', { status: 200, body: '<html>' }, /^HTTP 200: <html>/],
    ['slack', { status: 404, body: 'no_service' }, /^HTTP 404: no_service/],
    ['hook', { status: 503, body: '' }, /^HTTP 503/],
  ])('%s says so in one line', async (name, answer, line) => {
    http.answers.push(answer);
    const result = await send(name);
    expect(result).toEqual({ ok: false, error: expect.stringMatching(line) });
  });

  test('by the mail server, whole or for one of the receivers', async () => {
    mail.refused.add('you@example.org');
    expect(await send('mail')).toEqual({ ok: false, error: 'refused for 1 of 2 receivers' });
    mail.refused.clear();
    const { channels, env } = channelsTo(http, mail);
    const wrong = open({ mail: channels['mail'] as ChannelConfig }, { ...env, ALERT_MAIL: 'wrong-password' });
    const [channel] = wrong.ok ? wrong.value.channels : [];
    expect(await channel?.send(MESSAGE)).toEqual({ ok: false, error: expect.stringMatching(/Invalid login/) });
  });

  test('nobody there, and a server that never answers, end in time', async () => {
    const virtual = new VirtualClock();
    const given = { hook: { kind: 'webhook', urlEnv: 'HOOK', timeoutMs: 5_000 } } as const;
    const from = (url: string) => openChannels({ channels: given }, { env: { HOOK: url }, configFile: 'config.json', clock: virtual });
    const [gone] = ((opened) => (opened.ok ? opened.value.channels : []))(from('http://127.0.0.1:1/hook'));
    expect(await gone?.send(MESSAGE)).toEqual({ ok: false, error: expect.stringMatching(/ECONNREFUSED|bad port/) });
    http.answers.push(null);
    const [slow] = ((opened) => (opened.ok ? opened.value.channels : []))(from(`${http.origin}/slow`));
    const sent = slow?.send(MESSAGE);
    await http.count(1);
    virtual.advance(5_000);
    expect(await sent).toEqual({ ok: false, error: 'no answer within 5000 ms' });
  });
});

describe('openChannels()', () => {
  const problem = (config: ChannelConfig, env: NodeJS.ProcessEnv = {}) => {
    const opened = open({ phone: config }, env);
    return opened.ok ? 'good' : opened.error;
  };

  test('tells what is missing in one line each, and never a secret', () => {
    const base = { timeoutMs: 1_000 } as const;
    expect(problem({ ...base, kind: 'slack', urlEnv: 'NOPE' })).toEqual([
      'alerts.channels.phone: environment variable NOPE is empty: allowed is "urlEnv": "NAME" or "file": "path of a 0600 file"',
    ]);
    expect(problem({ ...base, kind: 'wecom', origin: http.origin })).toEqual([expect.stringContaining('neither keyEnv nor file is given')]);
    const plain = problem({ ...base, kind: 'slack', urlEnv: 'URL' }, { URL: 'http://hooks.example.org/very-secret' });
    expect(plain).toEqual([expect.stringContaining('its url is not https://')]);
    expect(JSON.stringify(plain)).not.toContain('very-secret');
    const open = {
      kind: 'email',
      host: 'mail.example.org',
      port: 25,
      tls: 'none',
      from: 'a@b',
      to: ['c@d'],
      ...base,
    } satisfies ChannelConfig;
    expect(problem(open)).toEqual([expect.stringContaining('tls "none" is for a server on loopback')]);
  });

  test('secrets may come from a file that nobody else can read', () => {
    const file = join(dir, 'dingtalk.json');
    writeFileSync(file, JSON.stringify({ token: 'file-token', secret: 'file-secret' }), { mode: 0o600 });
    const config = { kind: 'dingtalk', file: 'dingtalk.json', origin: http.origin, timeoutMs: 1_000 } as const;
    const opened = open({ phone: config }, {});
    expect(opened).toMatchObject({ ok: true, value: { secrets: ['file-token', 'file-secret'] } });
    writeFileSync(join(dir, 'exposed.json'), '{"key":"x"}', { mode: 0o644 });
    expect(problem({ kind: 'wecom', file: 'exposed.json', origin: http.origin, timeoutMs: 1_000 })).toEqual([
      expect.stringMatching(/0644 lets others read a key/),
    ]);
    expect(problem({ kind: 'wecom', file: 'dingtalk.json', origin: http.origin, timeoutMs: 1_000 })).toEqual([
      expect.stringContaining('dingtalk.json holds no "key"'),
    ]);
  });
});
