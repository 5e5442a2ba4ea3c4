/** The section `dashboard` of config.json: where the page is served, to whom, and how often it is refreshed. */
import * as z from 'zod';
import { ms } from './config-units.ts';

const LOOPBACK = '"127.0.0.1", "::1" or "localhost": the page is for this machine only; from another one use ssh -L';

export const DashboardConfig = z
  .strictObject({
    port: z.int().min(0).max(65_535).default(18_090).describe('port of the page on loopback; 0 any free one'),
    host: z
      .string()
      .regex(/^(127\.0\.0\.1|::1|localhost)$/, LOOPBACK)
      .default('127.0.0.1')
      .describe('loopback address it listens on'),
    tokenFile: z
      .string()
      .min(1)
      .max(400)
      .nullable()
      .default(null)
      .describe('file with mode 0600 that holds the token of the actions, made when it is not there; null: <runDir>/dashboard.token'),
    refreshMs: ms(100, 5_000).default(200).describe('period of the refresh of an open page, ms'),
  })
  .describe('the live page (npm run dashboard, and part of npm start)');
export type DashboardConfig = Readonly<z.infer<typeof DashboardConfig>>;
