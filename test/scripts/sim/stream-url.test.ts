import { expect, test } from 'vitest';
import { parseStreamUrl } from '../../../scripts/sim/stream-url.ts';

test.each([
  ['/public/ws/btcusdt@depth@100ms', { route: 'public', combined: false, streams: ['btcusdt@depth@100ms'], keys: [] }],
  ['/market/stream?streams=a@aggTrade/b@aggTrade', { route: 'market', combined: true, streams: ['a@aggTrade', 'b@aggTrade'], keys: [] }],
  ['/ws/a@aggTrade', { route: 'public', combined: false, streams: ['a@aggTrade'], keys: [] }],
  ['/public/stream', { route: 'public', combined: true, streams: [], keys: [] }],
  ['/private/ws/K', { route: 'private', combined: false, streams: [], keys: [{ listenKey: 'K', events: null }] }],
  [
    '/private/stream?listenKey=K1&events=A/B&listenKey=K2',
    {
      route: 'private',
      combined: true,
      streams: [],
      keys: [
        { listenKey: 'K1', events: new Set(['A', 'B']) },
        { listenKey: 'K2', events: null },
      ],
    },
  ],
  ['/public/ws/%zz', { route: 'public', combined: false, streams: ['%zz'], keys: [] }],
  ['/elsewhere/ws/a', null],
  ['//', null],
  ['/', null],
])('parseStreamUrl() reads %s', (url, want) => {
  expect(parseStreamUrl(url)).toEqual(want);
});
