/** All metrics of a gateway that are read at a scrape; what they cost between two scrapes is a few additions. */
import type { Metrics } from '../../../shared/metrics.ts';
import { meterAccount } from './account.ts';
import { meterHealth } from './health.ts';
import { meterMarket } from './market.ts';
import type { Measured } from './measured.ts';
import { meterOrders } from './orders.ts';

export function registerMeters(metrics: Metrics, measured: Measured): void {
  meterHealth(metrics, measured);
  meterMarket(metrics, measured);
  meterOrders(metrics, measured);
  meterAccount(metrics, measured);
}
