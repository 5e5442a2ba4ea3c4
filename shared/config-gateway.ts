/** The section `gateway` of config.json. */
import * as z from 'zod';
import { ms } from './config-units.ts';
import { symbolName } from './limits.ts';

const stopPercent = z.number().min(0).max(50).describe('percent of the entry price; 0: no stop at the venue');

export const GatewayConfig = z
  .strictObject({
    socketPath: z.string().nullable().default(null).describe('brain socket; null: <runDir>/<environment>-<account>/gateway.sock'),
    metricsPort: z.int().min(0).max(65_535).nullable().default(9_464).describe('port of /metrics on loopback; 0 any free one, null off'),
    recvWindowMs: ms(100, 60_000).default(1_500).describe('venue refuses signed requests later than this'),
    orderEntry: z
      .enum(['rest', 'websocket'])
      .default('rest')
      .describe('how orders leave: REST, or the WebSocket API (Ed25519 key only) with REST while that is down'),
    requestTimeoutMs: ms(200, 60_000).default(3_000).describe('after it an unanswered order is `unknown` and queried'),
    leaseMs: ms(200, 60_000).default(2_000).describe('without a heartbeat for this long the brain counts as dead'),
    deadManMs: ms(5_000, 600_000).default(30_000).describe('countdown at the venue that cancels all when we vanish'),
    deadManRefreshMs: ms(1_000, 300_000).default(10_000).describe('how often the countdown is re-armed'),
    disasterStop: z
      .strictObject({
        percent: stopPercent.default(2),
        symbols: z.record(symbolName, stopPercent).default({}).describe('the distance on single symbols'),
        workingType: z.enum(['mark', 'last']).default('mark').describe('the price that triggers it'),
        graceMs: ms(500, 60_000).default(3_000).describe('a position without a confirmed stop for longer than this may not grow, ms'),
      })
      .prefault({})
      .describe('stop held by the venue for every position, wider than exits.stopLossPercent; it works when all of ours is dead'),
    blind: z
      .strictObject({
        alarmMs: ms(500, 600_000)
          .default(3_000)
          .describe('a position whose book is not live and whose mark is old is alarmed after this, ms'),
        closeMs: ms(0, 86_400_000).default(60_000).describe('and closed at market after this, ms; 0: never'),
      })
      .prefault({})
      .describe('a position that nobody can see'),
    ledger: z
      .strictObject({
        durability: z
          .enum(['process', 'power'])
          .default('process')
          .describe(
            'an order is on disk before it leaves: so that it survives kill -9, or a power failure too (a disk flush for each order)',
          ),
        keepDays: z.int().min(1).max(3_650).default(30).describe('orders, fills and refusals older than this are dropped, days'),
        maxMb: z.int().min(20).max(1_000_000).default(2_000).describe('above this size the oldest go earlier (never of the last hour), MB'),
      })
      .prefault({})
      .describe('the record of every order and fill on disk'),
    reconcileMs: ms(10_000, 60_000)
      .default(30_000)
      .describe('period in which open orders and positions are compared with the venue; all of the account every fourth time'),
    bookStaleMs: ms(100, 60_000).default(3_000).describe('without a depth frame for this long a book is stale'),
    keepAliveMs: ms(60_000, 3_000_000).default(1_500_000).describe('period of the user-stream keep-alive'),
    onStart: z
      .enum(['cancel', 'adopt'])
      .default('cancel')
      .describe('quotes that a dead gateway or brain left: cancelled, or kept for its successor where they still fit limits and book'),
    onShutdown: z.enum(['keep-position', 'flatten']).default('keep-position').describe('what becomes of a position at a clean stop'),
  })
  .refine((gateway) => gateway.deadManRefreshMs * 2 <= gateway.deadManMs, {
    path: ['deadManRefreshMs'],
    message: 'at most half of deadManMs, so that one lost call does not cancel the quotes',
  })
  .prefault({})
  .describe('the process that holds the keys and the connections to the exchange');
