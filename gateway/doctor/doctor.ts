/** All that the doctor looks at, judged. Pure: facts in, findings out. */
import type { Config } from '../../shared/config.ts';
import { accountChecks } from './checks/account.ts';
import { fileChecks } from './checks/files.ts';
import { machineChecks } from './checks/machine.ts';
import { probeChecks } from './checks/probe.ts';
import { redisChecks } from './checks/redis.ts';
import { venueChecks } from './checks/venue.ts';
import type { Check, Facts } from './facts.ts';
import type { Finding } from './finding.ts';

const CHECKS: readonly Check[] = [machineChecks, redisChecks, fileChecks, venueChecks, accountChecks, probeChecks];

export const diagnose = (facts: Facts, config: Config): readonly Finding[] =>
  CHECKS.flatMap((check) => check(facts, config)).filter((finding) => finding !== null);
