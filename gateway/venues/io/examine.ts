/** The venue that the configuration names, looked at by the doctor. */
import type { VenueFacts } from '../../doctor/facts.ts';
import { endpointsOf, isTestHost, tradesRealMoney } from '../binance/endpoints.ts';
import { type Examined, examineBinance } from '../binance/io/examine.ts';
import { OPEN_FACTS } from '../binance/unverified.ts';
import type { Config } from '../../../shared/config.ts';

const EXAMINERS = { binance: examineBinance } as const;

export const examineVenue = (asked: Examined): Promise<VenueFacts> => EXAMINERS[asked.config.venue](asked);

/** Ids of what the venue's documents leave open. */
export const unverifiedOf = (_venue: Config['venue']): readonly string[] => OPEN_FACTS.map(({ id }) => id);

/** Whether the hosts of this configuration trade real money, whatever its environment is called. */
export const isRealMoney = (config: Config): boolean => tradesRealMoney(endpointsOf(config));

/** Whether a probe of that host asked the venue itself. */
export const isTestVenue = (host: string): boolean => isTestHost(host);
