/** Accounts and API keys as the command line names them. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { fullKey, type KeySpec } from '../../shared/sim/binance/keys.ts';
import { parseAtoms } from '../../shared/units.ts';
import type { SimAccount } from './simulator.ts';

export const ACCOUNT_FORM = 'KEY:SECRET:USDT[:USDC]';
export const KEY_FORM = 'ACCOUNT:KEY:SECRET with :no-trading :withdrawals :ip=ADDRESS as wanted';

/** Throws `InvalidArgumentError`. */
export function readAccount(text: string): SimAccount {
  const [apiKey, secret, usdt, usdc = '0', ...rest] = text.split(':');
  const [inUsdt, inUsdc] = [parseAtoms(usdt ?? ''), parseAtoms(usdc)];
  if (!apiKey || !secret || inUsdt === null || inUsdc === null || rest.length > 0)
    throw new InvalidArgumentError(`allowed: ${ACCOUNT_FORM}.`);
  return { apiKey, secret: secretOf(secret), balances: { USDT: inUsdt, USDC: inUsdc } };
}

/** One more key of an account. Throws `InvalidArgumentError`. */
export function readKey(text: string): KeySpec {
  const [account, apiKey, secret, ...rights] = text.split(':');
  if (!account || !apiKey || !secret) throw new InvalidArgumentError(`allowed: ${KEY_FORM}.`);
  return rights.reduce(restrict, fullKey({ account, apiKey, secret: secretOf(secret) }));
}

function restrict(key: KeySpec, right: string): KeySpec {
  if (right === 'no-trading') return { ...key, canTrade: false };
  if (right === 'withdrawals') return { ...key, canWithdraw: true };
  if (/^ip=[\d.]+$/.test(right)) return { ...key, addresses: [...(key.addresses ?? []), right.slice(3)] };
  throw new InvalidArgumentError(`allowed: ${KEY_FORM}.`);
}

/** `@FILE` is a public key in a file. */
function secretOf(text: string): string {
  if (!text.startsWith('@')) return text;
  try {
    return readFileSync(text.slice(1), 'utf8');
  } catch (problem) {
    throw new InvalidArgumentError(`cannot read ${text.slice(1)} (${problem instanceof Error ? problem.message : String(problem)}).`);
  }
}
