import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Asked, bearerOf, pass } from '../../../scripts/dashboard/gate.ts';
import { checkConfig, overlay, problemLine } from '../../../shared/config.ts';

const asked = (over: Partial<Asked> = {}): Asked => ({
  ...{ method: 'GET', target: '/', host: '127.0.0.1:18090', origin: undefined, fetchSite: undefined },
  ...over,
});
const statusOf = (over: Partial<Asked>): number | null => {
  const passed = pass(asked(over));
  return 'status' in passed ? passed.status : null;
};
const ORIGIN = 'http://127.0.0.1:18090';

test.each([
  ['the page', {}, null],
  ['the page by another port of a tunnel', { host: 'localhost:9000' }, null],
  ['the page by IPv6', { host: '[::1]:18090' }, null],
  ['a name that was pointed at this machine', { host: 'evil.example:18090' }, 421],
  ['a name that only begins like ours', { host: '127.0.0.1.evil.example' }, 421],
  ['no host at all', { host: undefined }, 421],
  ['a page of another origin', { origin: 'https://evil.example' }, 403],
  ['a page on another port of this machine', { origin: 'http://127.0.0.1:3000' }, 403],
  ['a page of a file', { origin: 'null' }, 403],
  ['a stream for another site', { target: '/api/stream', fetchSite: 'cross-site' }, 403],
  ['a script for another port', { target: '/page/main.ts', fetchSite: 'same-site' }, 403],
  ['a link to the page from another site', { fetchSite: 'cross-site' }, null],
  ['an action by GET', { target: '/api/act' }, 405],
  ['a page by POST', { method: 'POST', origin: ORIGIN }, 405],
  ['an action without an origin', { method: 'POST', target: '/api/act' }, 403],
  ['an action of the page', { method: 'POST', target: '/api/act', origin: ORIGIN, fetchSite: 'same-origin' }, null],
  ['a proxy request', { target: 'http://127.0.0.1:18090/' }, 400],
  ['a very long path', { target: `/${'a'.repeat(2_000)}` }, 400],
])('pass() judges %s', (_name, over, status) => {
  expect(statusOf(over)).toBe(status);
});

test('pass() takes the query apart', () => {
  const passed = pass(asked({ target: '/api/stream?symbol=BTCUSDT' }));
  expect('path' in passed && [passed.path, passed.query.get('symbol')]).toEqual(['/api/stream', 'BTCUSDT']);
});

test.each([
  ['Bearer abc-DEF_1', 'abc-DEF_1'],
  ['bearer abc', ''],
  ['Basic abc', ''],
  ['Bearer a b', ''],
  [undefined, ''],
])('bearerOf() reads %s', (header, token) => {
  expect(bearerOf(header)).toBe(token);
});

test.each(['0.0.0.0', '192.168.1.5', 'example.org', '::'])(
  'the configuration does not let the page listen on %s, and says what to do instead',
  (host) => {
    const checked = checkConfig(overlay(JSON.parse(readFileSync('config.json', 'utf8')), { dashboard: { host } }));
    expect('problems' in checked && checked.problems.map(problemLine)).toEqual([
      expect.stringMatching(/^dashboard\.host: .*this machine only.*ssh -L/),
    ]);
  },
);
