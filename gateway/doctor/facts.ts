/** What the doctor looks at, gathered before anything is judged. No secret is in it. */
import type { Config } from '../../shared/config.ts';
import type { Finding, Known } from './finding.ts';

export type MachineFacts = {
  /** Of this very process, such as 'v26.10.0'. */
  readonly node: string;
  /** `ulimit -n`, soft. */
  readonly openFiles: Known<number>;
  /** Where the run folder is, or will be. Inodes are null where the file system counts none. */
  readonly disk: Known<{ readonly freeBytes: number; readonly freeInodes: number | null }>;
  /** Whether the machine's clock is kept by a time service. */
  readonly timeSync: Known<boolean>;
};

export type RedisFacts = {
  readonly pingMs: number;
  readonly version: string;
  readonly role: string;
  readonly maxMemory: number;
  readonly usedMemory: number;
  readonly policy: string;
  readonly lastSaveOk: boolean;
  readonly lastAppendOk: boolean;
  /** What CONFIG GET tells; a server may refuse to. */
  readonly settings: Known<{
    readonly bind: readonly string[];
    readonly protectedMode: boolean;
    readonly password: boolean;
    readonly fsync: string;
    readonly appendOnly: boolean;
    readonly stopsOnSaveError: boolean;
    readonly save: string;
  }>;
  /** Whether anybody may log on without a password (ACL). */
  readonly openToAll: Known<boolean>;
  /** Each tick is written by a script. */
  readonly mayScript: boolean;
};

/** `null`: there is none. */
export type FileFacts = {
  readonly config: { readonly path: string; readonly mode: number };
  readonly local: { readonly path: string; readonly mode: number } | null;
  readonly runDir: { readonly path: string; readonly writable: boolean; readonly mode: number | null; readonly ours: boolean };
  /** A sentence when no socket path fits. */
  readonly socket: Known<string>;
  readonly socketFile: boolean;
  readonly panicFile: string | null;
  /** Whether a gateway process holds the account's folder. */
  readonly locked: boolean;
  readonly ledger: { readonly path: string; readonly bytes: number; readonly sound: Known<true> } | null;
  /** Folders of this environment's accounts. */
  readonly accounts: readonly string[];
};

export type OwnProcess = { readonly pid: number; readonly kind: 'gateway' | 'brain' | 'watchdog'; readonly config: string | null };

/** Only `data` proves a stream: an open one may stay silent for ever. */
export type RouteFact =
  | { readonly state: 'data'; readonly afterMs: number }
  | { readonly state: 'silent' | 'failed'; readonly sentence: string };

export type RightsFacts = {
  readonly withdraw: boolean | null;
  readonly futures: boolean | null;
  readonly addressList: boolean | null;
};
export type AccountFacts = {
  readonly hedgeMode: boolean;
  readonly multiAssets: boolean;
  readonly canTrade: boolean | null;
  readonly equity: Readonly<Record<string, number>>;
  readonly symbols: readonly { readonly symbol: string; readonly leverage: number; readonly isolated: boolean }[];
  /** Open orders on our symbols that are not ours. */
  readonly foreignOrders: Known<number>;
};
export type ContractFacts = {
  readonly symbol: string;
  readonly quoteAsset: string;
  readonly trading: boolean;
  readonly minNotional: number;
  readonly mark: number;
};
export type VenueFacts = {
  readonly host: string;
  /** Fastest of some round trips, ms. */
  readonly rest: Known<number>;
  /** The venue's clock before this machine's, ms. */
  readonly clockAheadMs: Known<number>;
  readonly streams: { readonly public: RouteFact; readonly market: RouteFact; readonly private: RouteFact | null };
  /** Null: orders leave over REST. */
  readonly orderSocket: RouteFact | null;
  /** Null: the environment has no account at the venue. */
  readonly account: Known<AccountFacts> | null;
  /** Null: the environment's hosts do not tell them. */
  readonly rights: Known<RightsFacts> | null;
  readonly contracts: Known<readonly ContractFacts[]>;
  /** Whether a host of this configuration trades real money. */
  readonly realMoney: boolean;
};

/** A report of `mm probe`, as far as it is judged here. */
export type ProbeFacts = {
  readonly environment: string;
  readonly host: string;
  /** Whether that host is one of the venue itself, and no stand-in such as the simulator. */
  readonly atVenue: boolean;
  readonly finishedMs: number | null;
  readonly answers: Readonly<Record<string, 'as-assumed' | 'differs' | 'unanswered'>>;
};

export type Facts = {
  readonly nowMs: number;
  readonly machine: MachineFacts;
  readonly redis: Known<RedisFacts>;
  readonly files: FileFacts;
  readonly processes: Known<readonly OwnProcess[]>;
  /** The name of the account. */
  readonly key: Known<string>;
  readonly venue: VenueFacts;
  /** Null: none was ever written. */
  readonly probe: Known<ProbeFacts> | null;
  /** Ids of what the venue's documents leave open. */
  readonly unverified: readonly string[];
};

export type Check = (facts: Facts, config: Config) => readonly (Finding | null)[];
