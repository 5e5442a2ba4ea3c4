/**
 * Telegram, DingTalk, WeCom, Slack and a server of one's own. Sources, read 2026-11: core.telegram.org/bots/api#sendmessage;
 * open.dingtalk.com "Custom robot access" (signature: HMAC-SHA256 of "timestamp\nsecret", base64, percent-encoded);
 * developer.work.weixin.qq.com "Group robot"; api.slack.com/messaging/webhooks.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Result } from '../../../shared/result.ts';
import { type Message, severityOf, subjectOf, textOf } from '../message.ts';
import type { Channel } from './channel.ts';
import { acceptedBy, acceptedIn, post, type Posted } from './post.ts';

export type Way = { readonly name: string; readonly clock: Clock; readonly timeoutMs: number };
type Request = { readonly url: string; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };

/** Telegram takes 4096 characters, WeCom 2048 bytes, DingTalk 20000 bytes. */
const TELEGRAM_MAX = 4_000;
const WECOM_BYTES_MAX = 2_000;

export const telegram = (
  way: Way,
  { origin, token, chatId }: { readonly origin: string; readonly token: string; readonly chatId: string },
): Channel =>
  channel(way, {
    request: (message) => ({
      url: `${origin.replace(/\/$/, '')}/bot${token}/sendMessage`,
      body: { chat_id: chatId, text: textOf(message).slice(0, TELEGRAM_MAX), disable_web_page_preview: true },
    }),
    judge: (posted) => acceptedIn(posted, ({ ok }) => ok === true),
  });

export const dingtalk = (
  way: Way,
  { origin, token, secret }: { readonly origin: string; readonly token: string; readonly secret: string },
): Channel =>
  channel(way, {
    request: (message) => {
      const timestamp = way.clock.wallMs();
      const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
      const query = new URLSearchParams({ access_token: token, timestamp: String(timestamp), sign });
      return { url: `${origin.replace(/\/$/, '')}/robot/send?${query}`, body: { msgtype: 'text', text: { content: textOf(message) } } };
    },
    judge: (posted) => acceptedIn(posted, ({ errcode }) => errcode === 0),
  });

export const wecom = (way: Way, { origin, key }: { readonly origin: string; readonly key: string }): Channel =>
  channel(way, {
    request: (message) => ({
      url: `${origin.replace(/\/$/, '')}/cgi-bin/webhook/send?${new URLSearchParams({ key })}`,
      body: { msgtype: 'text', text: { content: cutBytes(textOf(message), WECOM_BYTES_MAX) } },
    }),
    judge: (posted) => acceptedIn(posted, ({ errcode }) => errcode === 0),
  });

export const slack = (way: Way, { url }: { readonly url: string }): Channel =>
  channel(way, { request: (message) => ({ url, body: { text: textOf(message) } }), judge: acceptedBy });

/** The message in its parts, for programs. */
export const webhook = (way: Way, { url, token }: { readonly url: string; readonly token: string | null }): Channel =>
  channel(way, {
    request: (message) => ({
      url,
      body: { version: 1, severity: severityOf(message), subject: subjectOf(message), ...message },
      ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
    }),
    judge: acceptedBy,
  });

type Made = { readonly request: (message: Message) => Request; readonly judge: (posted: Posted) => Result<null, string> };

const channel = ({ name, clock, timeoutMs }: Way, { request, judge }: Made): Channel => ({
  name,
  send: async (message) => {
    const posted = await post({ ...request(message), clock, timeoutMs });
    return posted.ok ? judge(posted.value) : posted;
  },
});

/** Never in the middle of a character. */
function cutBytes(text: string, bytesMax: number): string {
  let end = text.length;
  while (Buffer.byteLength(text.slice(0, end)) > bytesMax)
    end -= Math.max(1, Math.ceil((Buffer.byteLength(text.slice(0, end)) - bytesMax) / 4));
  return text.slice(0, /[\uD800-\uDBFF]$/.test(text.slice(0, end)) ? end - 1 : end);
}
