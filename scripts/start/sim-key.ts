/** The API key of a run on the simulator: its public one, or an Ed25519 pair of the run's own where orders leave over the WebSocket API. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, SIM_CREDENTIALS } from '../../shared/config.ts';
import type { Credentials } from '../../shared/config-file.ts';

export type SimKey = {
  readonly credentials: Credentials;
  /** Options of the simulator that make it known there. */
  readonly simArgs: readonly string[];
  /** File that holds it, for the gateway; null: none is needed. */
  readonly file: string | null;
};

/** The account keeps its name, so that its folder and its state are the same with either key. */
export function makeSimKey({ gateway }: Config, dir: string): SimKey {
  if (gateway.orderEntry === 'rest') return { credentials: SIM_CREDENTIALS, simArgs: [], file: null };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { apiKey } = SIM_CREDENTIALS;
  const credentials = { apiKey, secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  const [file, publicFile] = [join(dir, 'sim-key.json'), join(dir, 'sim-key.pem')];
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  rmSync(file, { force: true }); // an older one would keep its mode
  writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { credentials, simArgs: ['--account', `${apiKey}:@${publicFile}:500000:500000`], file };
}
