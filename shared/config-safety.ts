/** The sections `watchdog` and `alerts` of config.json. Secrets of channels stand in neither: only where they come from. */
import * as z from 'zod';
import { ALARM_CODES, SEVERITIES } from './alarm.ts';

const ms = (min: number, max: number) => z.int().min(min).max(max);

export const WatchdogConfig = z
  .strictObject({
    policy: z
      .enum(['alert', 'cancel', 'flatten'])
      .default('cancel')
      .describe('what it does about orders and positions that a dead gateway left: tell; cancel our orders; close the positions, too'),
    silenceMs: ms(3_000, 600_000).default(15_000).describe('a gateway without a sign of life for longer than this counts as dead'),
    lookMs: ms(100, 60_000).default(1_000).describe('period of its looks at the gateway'),
    venueLookMs: ms(5_000, 3_600_000)
      .default(60_000)
      .describe('how often it reads the account while all is well, to prove its own way there'),
    weightShare: z
      .number()
      .min(0.001)
      .max(0.2)
      .default(0.02)
      .describe('largest share of the request weight for those looks; they get rarer to stay below it'),
    metricsPort: z.int().min(0).max(65_535).nullable().default(9_466).describe('port of /metrics on loopback; 0 any free one, null off'),
  })
  .refine((watchdog) => watchdog.silenceMs >= 3 * watchdog.lookMs, {
    path: ['silenceMs'],
    message: 'at least three times lookMs, so that one lost answer kills nobody',
  })
  .describe('the process that acts when the gateway is dead (npm run watchdog)');

/** Upper case, and shorter than a token, so that a token pasted here is refused and never printed as a name. */
const variable = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]{0,59}$/, 'the name of a variable such as "MMBOT_SLACK_URL", not the secret itself')
  .optional()
  .describe('name of the environment variable that holds it');
const origin = z.string().regex(/^https?:\/\/[^\s/?#@]+\/?$/, 'scheme, host and port such as "https://api.telegram.org"');
const common = {
  file: z.string().optional().describe('path of a file with mode 0600 that holds the secrets as JSON, by the names in operations.md'),
  timeoutMs: ms(500, 60_000).default(10_000).describe('a message without an answer for longer than this is tried again'),
};
const address = z.string().regex(/^[^\s@<>]+@[^\s@<>]+$/, 'an address such as "me@example.org"');

export const ChannelConfig = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('email').describe('by SMTP'),
      ...common,
      host: z.string().min(1).max(200).describe('SMTP server'),
      port: z.int().min(1).max(65_535).default(587).describe('port of the SMTP server'),
      tls: z
        .enum(['tls', 'starttls', 'none'])
        .default('starttls')
        .describe('encrypted from the first byte (465), from STARTTLS on and only so (587), or not at all (loopback)'),
      user: z.string().max(200).optional().describe('name to log on with; without it nobody logs on'),
      passwordEnv: variable,
      from: address.describe('sender'),
      to: z.array(address).min(1).max(20).describe('receivers'),
    }),
    z.strictObject({
      kind: z.literal('telegram').describe('a bot that writes to a chat'),
      ...common,
      tokenEnv: variable,
      chatId: z
        .string()
        .regex(/^(-?\d{1,20}|@\w{1,64})$/, 'a chat id such as "-1001234567890" or "@channel"')
        .describe('where it writes'),
      origin: origin.default('https://api.telegram.org').describe('server of the bot API'),
    }),
    z.strictObject({
      kind: z.literal('dingtalk').describe('a signed robot of a DingTalk group'),
      ...common,
      tokenEnv: variable,
      secretEnv: variable,
      origin: origin.default('https://oapi.dingtalk.com').describe('server of the robot API'),
    }),
    z.strictObject({
      kind: z.literal('wecom').describe('a robot of a WeCom group'),
      ...common,
      keyEnv: variable,
      origin: origin.default('https://qyapi.weixin.qq.com').describe('server of the robot API'),
    }),
    z.strictObject({ kind: z.literal('slack').describe('an incoming webhook of Slack'), ...common, urlEnv: variable }),
    z.strictObject({
      kind: z.literal('webhook').describe('JSON by POST to a server of your own'),
      ...common,
      urlEnv: variable,
      tokenEnv: variable,
    }),
  ])
  .describe('one way to a person');
export type ChannelConfig = Readonly<z.infer<typeof ChannelConfig>>;

const channelName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a short name in small letters such as "phone"');
const route = (what: string) => z.array(channelName).max(20).default([]).describe(what);

export const AlertRule = z.strictObject({
  enabled: z.boolean().default(true).describe('false: never sent'),
  severity: z.enum(SEVERITIES).optional().describe('instead of the usual one'),
  afterMs: ms(0, 86_400_000).optional().describe('a state that lasts is told only after this long'),
});
export type AlertRule = Readonly<z.infer<typeof AlertRule>>;

export const AlertsConfig = z
  .strictObject({
    channels: z.record(channelName, ChannelConfig).default({}).describe('ways to a person, each under a name of your own'),
    routes: z
      .strictObject({
        info: route('channels of messages that are good to know'),
        warning: route('channels of what may need a person'),
        critical: route('channels of what needs one now'),
        escalation: route('further channels of a critical one that nobody has acknowledged'),
      })
      .prefault({})
      .describe('who hears what'),
    escalateAfterMs: ms(10_000, 86_400_000)
      .default(600_000)
      .describe('a critical one that nobody has acknowledged for this long goes to the escalation channels'),
    throttleMs: ms(1_000, 86_400_000).default(900_000).describe('the same alarm is sent again no sooner; what came meanwhile is counted'),
    groupMs: ms(0, 60_000).default(2_000).describe('alarms that come this close together go out as one message'),
    rules: z.partialRecord(z.enum(ALARM_CODES), AlertRule).default({}).describe('changes to single rules, by code'),
  })
  .superRefine(({ channels, routes }, context) => {
    for (const [severity, names] of Object.entries(routes))
      for (const [i, name] of names.entries())
        if (!Object.hasOwn(channels, name))
          context.addIssue({ code: 'custom', path: ['routes', severity, i], message: knownNames(Object.keys(channels)) });
  })
  .describe('who is told what, and how; sent by the watchdog');
export type AlertsConfig = Readonly<z.infer<typeof AlertsConfig>>;
export type WatchdogConfig = Readonly<z.infer<typeof WatchdogConfig>>;

const knownNames = (names: readonly string[]): string =>
  names.length === 0 ? 'the name of a channel in alerts.channels; there is none' : `the name of a channel: ${names.join(', ')}`;
