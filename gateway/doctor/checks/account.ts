/** The key and the account behind it: rights, modes, leverage, and limits against what is there. Pure. */
import { type Config, leverageMaxOf, limitsOf } from '../../../shared/config.ts';
import type { AccountFacts, Check, ContractFacts, Facts, RightsFacts } from '../facts.ts';
import { failed, type Finding, fine, unsure, warned } from '../finding.ts';

/** Above it a market that halves its price takes everything. */
const GROSS_WARN = 5;

export const accountChecks: Check = (facts, config) => {
  const { account } = facts.venue;
  const contracts = facts.venue.contracts;
  const listed = contracts.ok
    ? contracts.value.flatMap((contract) =>
        contract.trading ? [] : [failed('symbol', `${contract.symbol} does not trade now`, `take it out of symbols`)],
      )
    : [unlisted(facts, contracts.error)];
  if (account === null) return [...(facts.key.ok ? [] : [key(facts)]), ...listed]; // paper has none
  const known = account.ok ? inAccount(account.value, { facts, config }) : [accountUnread(facts, account.error)];
  return [key(facts), ...rights(facts, config), ...known, ...listed];
};

/** Where nobody answers, nothing is known of the symbols. */
const unlisted = ({ venue }: Facts, why: string): Finding =>
  venue.rest.ok
    ? failed('symbol', why, 'correct symbols in config.json')
    : unsure('symbol', `the contracts cannot be read: ${why}`, 'see rest');

function key({ key: told }: Facts): Finding {
  return told.ok
    ? fine('key', `account ${told.value}`)
    : failed('key', told.error, 'scripts/mm keys add, or name it under credentials in config.local.json');
}

const accountUnread = ({ venue }: Facts, why: string): Finding =>
  failed('account', `cannot be read at ${venue.host}: ${why}`, 'scripts/test-balance says what to do');

const SWITCH = 'on the website of the exchange, page API Management: ';

function rights({ venue }: Facts, { environment }: Config): readonly Finding[] {
  if (venue.rights === null)
    return environment === 'sim'
      ? []
      : [unsure('key-rights', `the hosts of ${environment} do not tell them`, `${SWITCH}no withdrawals, futures on, an address list`)];
  if (!venue.rights.ok) return [unsure('key-rights', venue.rights.error, `${SWITCH}no withdrawals, futures on, an address list`)];
  return rightsOf(venue.rights.value);
}

function rightsOf({ withdraw, futures, addressList }: RightsFacts): readonly Finding[] {
  const trade =
    futures === null
      ? unsure('key-futures', 'whether it may trade futures is not told', `${SWITCH}Enable Futures`)
      : futures
        ? fine('key-futures', 'it may trade futures')
        : failed(
            'key-futures',
            'it may not trade futures',
            `${SWITCH}Enable Futures (a key older than the futures account must be made anew)`,
          );
  const out =
    withdraw === null
      ? unsure('key-withdrawals', 'whether it may withdraw is not told', `${SWITCH}Enable Withdrawals off`)
      : withdraw
        ? failed(
            'key-withdrawals',
            'it may withdraw: who steals it takes everything',
            `${SWITCH}Enable Withdrawals off, or a key without it`,
          )
        : fine('key-withdrawals', 'it may not withdraw');
  const from =
    addressList === null
      ? unsure('key-addresses', 'whether it has an address list is not told', `${SWITCH}trusted addresses only`)
      : addressList
        ? fine('key-addresses', 'works from listed addresses only')
        : warned('key-addresses', 'it works from any address', `${SWITCH}trusted addresses, only those of this machine`);
  return [trade, out, from];
}

type At = { readonly facts: Facts; readonly config: Config };

function inAccount(account: AccountFacts, { facts, config }: At): readonly Finding[] {
  const contracts = facts.venue.contracts.ok ? facts.venue.contracts.value : [];
  return [
    account.hedgeMode
      ? failed('position-mode', 'hedge mode', 'while flat: switch to one-way mode on the website (Preferences, Position Mode)')
      : fine('position-mode', 'one-way'),
    account.multiAssets
      ? warned(
          'asset-mode',
          'multi-assets: losses in one asset are margin for all',
          'single-asset mode on the website, or leave it when you mean it',
        )
      : fine('asset-mode', 'single asset'),
    ...(account.canTrade === false ? [failed('account-trading', 'the venue does not let this account trade', 'its website says why')] : []),
    foreign(account, config),
    ...leverages(account, config),
    ...sizes(account, { contracts, config }),
  ];
}

function foreign({ foreignOrders }: AccountFacts, { account }: Config): Finding {
  if (!foreignOrders.ok) return unsure('foreign-orders', foreignOrders.error, 'look at the open orders on the website');
  if (foreignOrders.value === 0) return fine('foreign-orders', 'none on our symbols');
  const said = `${foreignOrders.value} open orders on our symbols are not ours`;
  return account.exclusive
    ? warned(
        'foreign-orders',
        `${said}, and account.exclusive says that nobody else trades here: symbol-wide cancels would take them`,
        'cancel them, or set account.exclusive to false',
      )
    : warned(
        'foreign-orders',
        `${said}: no quotes there, because the dead-man countdown would cancel them`,
        'cancel them, or use an account of its own',
      );
}

function leverages({ symbols }: AccountFacts, config: Config): readonly Finding[] {
  return config.symbols.map((symbol) => {
    const row = symbols.find((one) => one.symbol === symbol);
    if (!row) return unsure(`leverage-${symbol}`, 'the venue does not tell it', 'look at the symbol on the website');
    const max = leverageMaxOf(config, symbol);
    const said = `${row.leverage}x, ${row.isolated ? 'isolated' : 'cross'}`;
    if (row.leverage <= max) return fine(`leverage-${symbol}`, said);
    return failed(
      `leverage-${symbol}`,
      `${said}: account.maxLeverage allows ${max}x`,
      `set ${symbol} to ${max}x or less on the website, or raise account.leverage.${symbol}`,
    );
  });
}

type Sized = { readonly contracts: readonly ContractFacts[]; readonly config: Config };

function sizes(account: AccountFacts, { contracts, config }: Sized): readonly Finding[] {
  const equityOf = (asset: string): number => account.equity[asset] ?? 0;
  const assets = [...new Set(contracts.map(({ quoteAsset }) => quoteAsset))];
  const total = assets.reduce((sum, asset) => sum + equityOf(asset), 0);
  const empty = assets
    .filter((asset) => equityOf(asset) <= 0)
    .map((asset) => failed('equity', `no ${asset} on the futures account`, `transfer ${asset} to it`));
  const gross = Number(config.limits.maxGrossNotional);
  const times = total > 0 ? gross / total : Number.POSITIVE_INFINITY;
  const whole =
    empty.length > 0
      ? []
      : times > GROSS_WARN
        ? [
            warned(
              'limit-gross',
              `limits.maxGrossNotional ${gross} is ${times.toFixed(1)} times the equity of ${total.toFixed(2)}`,
              `lower it to ${Math.floor(total)} or so`,
            ),
          ]
        : [fine('limit-gross', `${gross} is ${times.toFixed(2)} times the equity of ${total.toFixed(2)}`)];
  return [...empty, ...whole, ...contracts.flatMap((contract) => positionLimit(contract, { account, config }))];
}

function positionLimit(
  contract: ContractFacts,
  { account, config }: { readonly account: AccountFacts; readonly config: Config },
): readonly Finding[] {
  const { symbol, mark, minNotional, quoteAsset } = contract;
  const id = `limit-${symbol}`;
  const limits = limitsOf(config, symbol);
  if (!limits) return [warned(id, 'it has no limits, so it may not trade', `limits.symbols.${symbol} or limits.default`)];
  if (Number(limits.maxOrderNotional) < minNotional)
    return [
      failed(
        id,
        `maxOrderNotional ${limits.maxOrderNotional} is below the venue's smallest order of ${minNotional}`,
        `raise limits.symbols.${symbol}.maxOrderNotional`,
      ),
    ];
  const leverage = account.symbols.find((one) => one.symbol === symbol)?.leverage ?? 1;
  const worth = Number(limits.maxPosition) * mark;
  const room = (account.equity[quoteAsset] ?? 0) * leverage;
  return [
    worth > room
      ? warned(
          id,
          `maxPosition ${limits.maxPosition} is worth ${worth.toFixed(0)}, more than equity times leverage, ${room.toFixed(0)}: the venue will refuse orders`,
          `lower limits.symbols.${symbol}.maxPosition, or add ${quoteAsset}`,
        )
      : fine(id, `maxPosition ${limits.maxPosition} is worth ${worth.toFixed(0)} of ${room.toFixed(0)} possible`),
  ];
}
