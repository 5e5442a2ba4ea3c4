/**
 * An edit of the configuration as the page takes it. Where the gateway is and what it trades stay as when the page began: its actions go to the
 * gateway whose figures it shows, above all the emergency stop, whatever is written for the next start. Pure.
 */
import type { Loaded } from '../../shared/config-file.ts';

export function afterEdit(began: Loaded, edited: Loaded): Loaded {
  const { environment, venue, symbols, redis, endpoints, runDir, gateway } = began.config;
  const { socketPath, metricsPort } = gateway;
  const own = { environment, venue, symbols, redis, endpoints, runDir, gateway: { ...edited.config.gateway, socketPath, metricsPort } };
  return { file: began.file, runDir: began.runDir, config: { ...edited.config, ...own } };
}
