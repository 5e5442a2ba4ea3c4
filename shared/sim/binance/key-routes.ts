/** What a key may do, and how often. */
import { rateLimitRows } from './limits.ts';
import type { Context, Route } from './route.ts';

/** When every simulated key was made. */
const CREATED_MS = 1_700_000_000_000;

export const KEY_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/rateLimit/order': { security: 'signed', weight: 1, run: ({ figures }) => rateLimitRows(figures).slice(1) },
  'GET /sapi/v1/account/apiRestrictions': { security: 'signed', weight: 1, run: restrictions },
};

/** Binance wallet docs, API key permission; on the venue it lives on another host. */
function restrictions({ key }: Context): unknown {
  const { canTrade = false, canWithdraw = false, addresses = null } = key?.spec ?? {};
  return {
    ipRestrict: addresses !== null,
    createTime: CREATED_MS,
    enableReading: true,
    enableWithdrawals: canWithdraw,
    enableInternalTransfer: false,
    enableMargin: false,
    enableFutures: canTrade,
    permitsUniversalTransfer: false,
    enableVanillaOptions: false,
    enablePortfolioMarginTrading: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: false,
  };
}
