/**
 * Who is let in: a request for this machine by name, from the page itself or from nobody's page, with a method that its path knows. So no
 * other page can read or act, whatever name it has pointed at this machine, and a file that is not served has no path. Pure.
 */
export type Asked = {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
};
export type Barred = { readonly status: number; readonly sentence: string; readonly allow?: string };
export type Passed = { readonly path: string; readonly query: URLSearchParams };
export const ACT_PATH = '/api/act';
export const STREAM_PATH = '/api/stream';

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;
const TARGET_MAX = 1_000;

export function pass(asked: Asked): Passed | Barred {
  const { method, target, host, origin, fetchSite } = asked;
  if (host === undefined || !LOOPBACK.test(host))
    return { status: 421, sentence: 'This page answers to 127.0.0.1, [::1] and localhost only; from another machine use ssh -L.' };
  if (origin !== undefined && origin !== `http://${host}`) return FOREIGN;
  if (!target.startsWith('/') || target.length > TARGET_MAX) return { status: 400, sentence: 'This is no path of the dashboard.' };
  const { pathname: path, searchParams: query } = new URL(`http://dashboard.invalid${target}`);
  if (path !== '/' && fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return FOREIGN;
  const allow = path === ACT_PATH ? ['POST'] : ['GET', 'HEAD'];
  if (!allow.includes(method)) return { status: 405, sentence: `Allowed here: ${allow.join(', ')}.`, allow: allow.join(', ') };
  if (path === ACT_PATH && origin === undefined) return FOREIGN;
  return { path, query };
}

const FOREIGN: Barred = { status: 403, sentence: 'Another page asks: only the dashboard itself may.' };

/** Of `Authorization: Bearer …`; '' where there is none. */
export const bearerOf = (header: string | undefined): string => /^Bearer ([A-Za-z0-9_-]{1,200})$/.exec(header ?? '')?.[1] ?? '';

/** Scripts and styles from here only, nothing in line, no frame, no form, and no reader of another origin. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};
