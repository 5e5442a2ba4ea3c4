/** Redis: there, new enough, keeps what it is given, and is nobody else's. Pure. */
import type { Config } from '../../../shared/config.ts';
import { hidePassword } from '../../../shared/config-problem.ts';
import type { Check, RedisFacts } from '../facts.ts';
import { failed, type Finding, fine, unsure, warned } from '../finding.ts';

const VERSION_MIN = [6, 2] as const;
const PING_WARN_MS = 5;
const MEMORY_WARN = 0.8;
/** Documents, streams and klines of many symbols stay well below. */
const MEMORY_MIN = 64 * 1_024 * 1_024;

export const redisChecks: Check = ({ redis }, config) => {
  const { url } = config.redis;
  if (!redis.ok)
    return [
      failed('redis', `does not answer at ${hidePassword(url)}: ${redis.error}`, 'systemctl start redis-server, or correct redis.url'),
    ];
  const facts = redis.value;
  return [
    version(facts),
    role(facts),
    rights(facts),
    speed(facts),
    memory(facts),
    saving(facts),
    exposure(facts, config),
    encryption(config),
  ];
};

function version({ version }: RedisFacts): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1]);
  return old
    ? failed('redis-version', `${version} is older than ${VERSION_MIN.join('.')}`, 'install a newer redis-server or valkey-server')
    : fine('redis-version', version);
}

const role = ({ role: told }: RedisFacts): Finding =>
  told === 'master'
    ? fine('redis-role', 'takes writes')
    : failed('redis-role', `it is a ${told}: nothing can be written there`, 'point redis.url at the primary');

/** Asked as the user that this process is: it need not be the gateway's. */
const rights = ({ mayScript }: RedisFacts): Finding =>
  mayScript
    ? fine('redis-rights', 'runs a script for us')
    : warned(
        'redis-rights',
        'runs no script for this user: as the gateway it could write nothing',
        'as an admin of Redis: ACL SETUSER mmbot-gateway +eval (and in users.acl); nothing, where the gateway logs in as another user than this one',
      );

const speed = ({ pingMs }: RedisFacts): Finding =>
  pingMs <= PING_WARN_MS
    ? fine('redis-speed', `answers in ${pingMs.toFixed(1)} ms`)
    : warned(
        'redis-speed',
        `answers in ${pingMs.toFixed(1)} ms: snapshots arrive late`,
        'run Redis on this machine, and nothing slow beside it (SLOWLOG GET)',
      );

/** What is evicted is missing from a snapshot, and a mixed snapshot stops the quotes. */
function memory({ maxMemory, usedMemory, policy }: RedisFacts): Finding {
  if (maxMemory === 0) return fine('redis-memory', 'no limit');
  const said = `limit ${Math.round(maxMemory / 1_048_576)} MB, policy ${policy}`;
  if (policy !== 'noeviction')
    return (policy.startsWith('allkeys') ? failed : warned)(
      'redis-memory',
      `${said}: keys of a snapshot vanish when memory is short`,
      'redis-cli CONFIG SET maxmemory-policy noeviction (and in redis.conf)',
    );
  if (usedMemory <= MEMORY_WARN * maxMemory && maxMemory >= MEMORY_MIN) return fine('redis-memory', said);
  return warned(
    'redis-memory',
    `${said}, ${Math.round((100 * usedMemory) / maxMemory)} % used: writes are refused when it is full`,
    'redis-cli CONFIG SET maxmemory 256mb (and in redis.conf)',
  );
}

/** The ledger holds what must last; Redis may forget, but it must not refuse to write. */
function saving({ lastSaveOk, lastAppendOk, settings }: RedisFacts): Finding {
  const told = settings.ok ? settings.value : null;
  if (!lastAppendOk)
    return failed(
      'redis-saving',
      'its last write to the append file failed: it refuses to write',
      'free its disk, then redis-cli BGREWRITEAOF',
    );
  if (!lastSaveOk && (told === null || told.stopsOnSaveError))
    return failed(
      'redis-saving',
      'its last save to disk failed: it refuses to write',
      'free its disk, or redis-cli CONFIG SET stop-writes-on-bgsave-error no',
    );
  if (!told) return unsure('redis-saving', 'it does not tell how it saves', 'allow CONFIG GET, or look into redis.conf');
  if (told.appendOnly && told.fsync === 'always')
    return warned(
      'redis-saving',
      'it flushes to disk at each write: every snapshot waits for that',
      'redis-cli CONFIG SET appendfsync everysec',
    );
  return fine(
    'redis-saving',
    told.appendOnly || told.save !== '' ? 'saves to disk' : 'saves nothing, and needs not: what must last is in the ledger',
  );
}

const isLoopback = (address: string): boolean => /^-?(?:127\.|::1$|localhost$)/.test(address);

/** Who can write there can pretend to be the gateway to the brain. */
function exposure({ settings, openToAll }: RedisFacts, { redis }: Config): Finding {
  const fix = 'redis-cli CONFIG SET bind 127.0.0.1 (and in redis.conf), or set requirepass and put it into redis.url';
  if (!settings.ok)
    return unsure('redis-exposure', `it does not tell who reaches it: ${settings.error}`, 'look into redis.conf: bind, requirepass, ACL');
  const { bind, protectedMode, password } = settings.value;
  const outside = bind.length === 0 || bind.some((address) => !isLoopback(address));
  if (!outside) return fine('redis-exposure', 'only this machine reaches it');
  const where = bind.join(' ') || 'every address';
  const open = openToAll.ok ? openToAll.value : !password;
  if (open && !protectedMode) return failed('redis-exposure', `listens on ${where}, and lets anybody in without a password`, fix);
  if (open) return warned('redis-exposure', `listens on ${where}; only protected-mode keeps others out`, fix);
  return redis.url.startsWith('unix:')
    ? warned(
        'redis-exposure',
        `listens on ${where} with a password, and we come by its socket`,
        'redis-cli CONFIG SET bind 127.0.0.1 (and in redis.conf)',
      )
    : fine('redis-exposure', `listens on ${where}, with a password`);
}

function encryption({ redis: { url } }: Config): Finding | null {
  if (url.startsWith('unix:') || url.startsWith('rediss:') || !URL.canParse(url)) return null;
  return isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
    ? null
    : warned(
        'redis-encryption',
        'it is on another machine, and the line is not encrypted',
        'a Redis on this machine, or rediss://… in redis.url',
      );
}
