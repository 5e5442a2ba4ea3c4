/** The four dashboards: trading, performance, risk, system health. What they show is what the processes' pages of metrics tell. */
import type { Dashboard, Panel } from './panel.ts';

const S = '{symbol=~"$symbol"}';
const UP = { '0': 'down', '1': 'up' } as const;
const YES = { '0': 'no', '1': 'yes' } as const;

const quantiles = (metric: string, labels = ''): Panel['queries'] =>
  ['0.5', '0.99'].map(
    (q) =>
      [`histogram_quantile(${q}, sum by (le) (rate(mmbot_${metric}_bucket${labels}[$__rate_interval])))`, `p${Number(q) * 100}`] as const,
  );

const buckets = (metric: string, labels = ''): Panel['queries'] => [
  [`sum by (le) (rate(mmbot_${metric}_bucket${labels}[$__rate_interval]))`, '{{le}}'],
];

const trading: Dashboard = {
  uid: 'mmbot-trading',
  title: 'mmbot / Trading',
  bySymbol: true,
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Mode',
          kind: 'stat',
          width: 6,
          words: YES,
          queries: [['mmbot_gateway_mode == 1', '{{mode}}']],
          description: 'what the gateway lets through',
        },
        {
          title: 'Lease of a brain',
          kind: 'stat',
          width: 4,
          green: 1,
          words: { '0': 'none', '1': 'held' },
          queries: [['mmbot_gateway_lease_held', 'lease']],
        },
        {
          title: 'Why nothing is quoted',
          kind: 'stat',
          width: 14,
          red: 1,
          words: YES,
          queries: [
            ['mmbot_gateway_reason == 1', '{{reason}}'],
            [`mmbot_gateway_symbol_reason${S} == 1`, '{{symbol}} {{reason}}'],
          ],
        },
      ],
    },
    {
      title: 'Orders',
      panels: [
        { title: 'Open orders', queries: [[`sum by (symbol, status) (mmbot_orders_open${S})`, '{{symbol}} {{status}}']] },
        {
          title: 'Commands of the brain a second',
          unit: 'ops',
          queries: [['sum by (kind) (rate(mmbot_brain_actions_total[$__rate_interval]))', '{{kind}}']],
        },
        {
          title: 'Refusals by code',
          unit: 'ops',
          queries: [['sum by (answer) (rate(mmbot_commands_total{answer!="taken"}[$__rate_interval]))', '{{answer}}']],
        },
        { title: 'Fills a minute', queries: [[`60 * rate(mmbot_fills_total${S}[$__rate_interval])`, '{{symbol}}']] },
        {
          title: 'Ended orders a second',
          unit: 'ops',
          queries: [['sum by (status) (rate(mmbot_orders_ended_total[$__rate_interval]))', '{{status}}']],
        },
        {
          title: 'What came of each turn',
          unit: 'ops',
          description: 'reasons as in scripts/mm why',
          queries: [['sum by (reason) (rate(mmbot_brain_decisions_total[$__rate_interval]))', '{{reason}}']],
        },
      ],
    },
    {
      title: 'Position and profit',
      panels: [
        {
          title: 'Position, base units',
          queries: [
            [`mmbot_position_size${S}`, '{{symbol}}'],
            [`mmbot_position_limit${S}`, '{{symbol}} limit'],
          ],
        },
        { title: 'Net profit', queries: [[`mmbot_brain_net_pnl${S}`, '{{symbol}} {{asset}}']] },
        { title: 'Where it comes from', description: 'fees positive are paid', queries: [[`mmbot_brain_pnl${S}`, '{{symbol}} {{part}}']] },
        { title: 'Traded a second', queries: [[`deriv(mmbot_traded_notional${S}[$__rate_interval])`, '{{symbol}} {{asset}}']] },
        { title: 'Unrealized', queries: [[`mmbot_unrealized_pnl${S}`, '{{symbol}} {{asset}}']] },
        { title: 'Hard exits', queries: [[`increase(mmbot_brain_hard_exits_total${S}[$__range])`, '{{symbol}} {{kind}}']] },
      ],
    },
  ],
};

const performance: Dashboard = {
  uid: 'mmbot-performance',
  title: 'mmbot / Performance',
  rows: [
    {
      title: 'From the market to the order',
      panels: [
        { title: 'Frame to order written', unit: 's', queries: quantiles('tick_to_order_seconds') },
        { title: 'Command to bytes written', unit: 's', queries: quantiles('command_to_wire_seconds') },
        { title: 'One turn of the brain', unit: 's', queries: quantiles('brain_turn_seconds') },
        { title: 'Frame to order, all of it', kind: 'heatmap', width: 24, queries: buckets('tick_to_order_seconds') },
      ],
    },
    {
      title: 'At the exchange',
      panels: [
        { title: 'Written to acknowledged', unit: 's', queries: quantiles('order_call_seconds', '{step="acknowledged"}') },
        { title: 'Written to told on the private stream', unit: 's', queries: quantiles('order_call_seconds', '{step="told"}') },
        { title: 'Fill to told', unit: 's', queries: quantiles('fill_delay_seconds') },
        { title: 'Market data under way', unit: 's', queries: quantiles('venue_message_delay_seconds') },
        {
          title: 'REST calls, p99 by path',
          unit: 's',
          width: 16,
          queries: [
            [
              'histogram_quantile(0.99, sum by (le, method, path) (rate(mmbot_venue_call_seconds_bucket[$__rate_interval])))',
              '{{method}} {{path}}',
            ],
          ],
        },
      ],
    },
    {
      title: 'Inside',
      panels: [
        { title: 'Snapshot to Redis', unit: 's', queries: quantiles('redis_write_seconds') },
        { title: 'Snapshot from Redis', unit: 's', queries: quantiles('redis_read_seconds') },
        {
          title: 'Timers late, p99',
          unit: 's',
          queries: [['histogram_quantile(0.99, sum by (le, job) (rate(mmbot_loop_lag_seconds_bucket[$__rate_interval])))', '{{job}}']],
        },
        {
          title: 'Pauses for garbage, seconds a second',
          unit: 'percentunit',
          queries: [['sum by (job, kind) (rate(nodejs_gc_duration_seconds_sum{job=~"mmbot-.*"}[$__rate_interval]))', '{{job}} {{kind}}']],
        },
        {
          title: 'Processor',
          unit: 'percentunit',
          queries: [['rate(process_cpu_seconds_total{job=~"mmbot-.*"}[$__rate_interval])', '{{job}}']],
        },
        { title: 'Memory', unit: 'bytes', queries: [['process_resident_memory_bytes{job=~"mmbot-.*"}', '{{job}}']] },
      ],
    },
  ],
};

const risk: Dashboard = {
  uid: 'mmbot-risk',
  title: 'mmbot / Risk',
  bySymbol: true,
  rows: [
    {
      title: 'Money',
      panels: [
        {
          title: 'Equity',
          queries: [
            ['mmbot_equity', '{{asset}}'],
            ['mmbot_wallet_balance', '{{asset}} wallet'],
          ],
        },
        { title: 'Profit of the day', queries: [['mmbot_day_pnl', '{{asset}}']] },
        { title: 'Drawdown', unit: 'percentunit', red: 0.03, queries: [['mmbot_brain_drawdown_ratio', 'from the highest equity']] },
        {
          title: 'Margin ratio',
          unit: 'percentunit',
          red: 0.5,
          description: '1 is liquidation',
          queries: [['mmbot_margin_ratio', 'ratio']],
        },
        { title: 'Free margin', queries: [['mmbot_available_balance', '{{asset}}']] },
        {
          title: 'Realized, fees, funding',
          queries: [
            [`mmbot_realized_pnl${S}`, '{{symbol}} realized'],
            [`-mmbot_fees_paid${S}`, '{{symbol}} fees'],
            [`mmbot_funding_received${S}`, '{{symbol}} funding'],
          ],
        },
      ],
    },
    {
      title: 'Exposure',
      panels: [
        { title: 'Notional of each position', queries: [[`mmbot_position_notional${S}`, '{{symbol}} {{asset}}']] },
        {
          title: 'Gross notional',
          queries: [
            ['mmbot_gross_notional', 'held'],
            ['mmbot_gross_notional_limit', 'limit'],
          ],
        },
        {
          title: 'Share of the position limit',
          unit: 'percentunit',
          kind: 'bargauge',
          red: 0.9,
          queries: [[`abs(mmbot_position_size${S}) / (mmbot_position_limit${S} > 0)`, '{{symbol}}']],
        },
        { title: 'Leverage set', kind: 'bargauge', queries: [[`mmbot_leverage${S}`, '{{symbol}}']] },
      ],
    },
    {
      title: 'Breakers and monitors',
      panels: [
        {
          title: 'Circuit breakers that are not closed',
          kind: 'state-timeline',
          width: 12,
          red: 1,
          words: YES,
          queries: [['mmbot_brain_breaker{state!="closed"}', '{{where}} {{state}}']],
        },
        {
          title: 'Readings of the account',
          width: 12,
          description: 'each in the unit that its name says',
          queries: [['mmbot_brain_risk_reading{where="account"}', '{{monitor}}']],
        },
        { title: 'Readings of the symbols', width: 12, queries: [['mmbot_brain_risk_reading{where=~"$symbol"}', '{{where}} {{monitor}}']] },
        {
          title: 'Alarms and moves of breakers',
          width: 12,
          queries: [
            ['increase(mmbot_brain_risk_events_total[$__rate_interval])', '{{kind}}'],
            ['increase(mmbot_alarms_raised_total[$__rate_interval])', '{{code}}'],
          ],
        },
      ],
    },
  ],
};

const system: Dashboard = {
  uid: 'mmbot-system',
  title: 'mmbot / System health',
  bySymbol: true,
  rows: [
    {
      title: 'Processes',
      panels: [
        { title: 'Processes', kind: 'stat', green: 1, words: UP, queries: [['up{job=~"mmbot-.*"}', '{{job}}']] },
        {
          title: 'Alerts of Prometheus',
          kind: 'stat',
          red: 1,
          words: { '1': 'firing' },
          queries: [['ALERTS{alertstate="firing",alertname=~"Mmbot.*"}', '{{alertname}} {{symbol}}']],
        },
        { title: 'Starts', unit: 's', kind: 'bargauge', queries: [['mmbot_start_seconds', '{{job}} {{milestone}}']] },
        {
          title: 'Why the brain does not trade',
          kind: 'stat',
          red: 1,
          words: YES,
          queries: [
            ['mmbot_brain_blocked == 1', '{{reason}}'],
            ['mmbot_brain_run_failed == 1', 'strategy {{run}} failed'],
          ],
        },
        { title: 'Messages of alerts', queries: [['increase(mmbot_alert_messages_total[$__range])', '{{channel}} {{result}}']] },
        {
          title: 'Watchdog',
          queries: [
            ['mmbot_gateway_silent_seconds', 'gateway silent, s'],
            ['mmbot_watchdog_acts_total', 'acts'],
            ['mmbot_watchdog_venue_failures_total', 'reads that failed'],
          ],
        },
      ],
    },
    {
      title: 'Data',
      panels: [
        { title: 'Streams', kind: 'state-timeline', green: 1, words: UP, queries: [['mmbot_stream_state{state="live"}', '{{stream}}']] },
        {
          title: 'Books',
          kind: 'state-timeline',
          green: 1,
          words: { '0': 'not live', '1': 'live' },
          queries: [[`mmbot_book_state{state="live",symbol=~"$symbol"}`, '{{symbol}}']],
        },
        {
          title: 'Age of the books',
          unit: 's',
          queries: [
            [`mmbot_book_age_seconds${S}`, '{{symbol}}'],
            [`mmbot_mark_age_seconds${S}`, '{{symbol}} mark'],
          ],
        },
        {
          title: 'Gaps and rebuilt books',
          queries: [
            [`increase(mmbot_book_gaps_total${S}[$__rate_interval])`, '{{symbol}} gaps'],
            [`increase(mmbot_book_resyncs_total${S}[$__rate_interval])`, '{{symbol}} rebuilt'],
          ],
        },
        {
          title: 'Depth messages a second',
          unit: 'ops',
          queries: [[`rate(mmbot_book_messages_total${S}[$__rate_interval])`, '{{symbol}}']],
        },
        { title: 'Age of snapshots at the brain', unit: 's', queries: [['mmbot_snapshot_age_seconds', 'age']] },
      ],
    },
    {
      title: 'Exchange and surroundings',
      panels: [
        {
          title: 'Rate limits used',
          unit: 'percentunit',
          red: 0.9,
          queries: [['mmbot_rate_budget_used / mmbot_rate_budget_limit', '{{window}}']],
        },
        {
          title: 'REST calls that failed',
          queries: [
            ['sum by (outcome, path) (increase(mmbot_venue_calls_total{outcome!="ok"}[$__rate_interval]))', '{{outcome}} {{path}}'],
          ],
        },
        {
          title: 'Ends of streams, unreadable messages',
          queries: [
            ['increase(mmbot_venue_streams_closed_total[$__rate_interval])', '{{stream}} closed'],
            ['increase(mmbot_venue_messages_refused_total[$__rate_interval])', '{{stream}} refused'],
          ],
        },
        {
          title: 'Redis',
          queries: [
            ['mmbot_redis_down', 'down'],
            ['increase(mmbot_redis_writes_lost_total[$__rate_interval])', 'lost, {{why}}'],
            ['increase(mmbot_redis_reconnects_total[$__rate_interval])', 'returns'],
          ],
        },
        {
          title: 'Ledger',
          queries: [
            ['mmbot_ledger_unavailable', 'unavailable'],
            ['mmbot_ledger_rows_waiting', 'rows waiting'],
            ['increase(mmbot_ledger_doubts_total[$__rate_interval])', '{{kind}}'],
          ],
        },
        {
          title: 'Notices, stalls, clients cut off',
          queries: [
            ['increase(mmbot_notices_total[$__rate_interval])', '{{level}}'],
            ['increase(mmbot_stalls_total[$__rate_interval])', 'stalls'],
            ['increase(mmbot_clients_cut_total[$__rate_interval])', 'cut, {{why}}'],
          ],
        },
      ],
    },
  ],
};

export const DASHBOARDS: Readonly<Record<string, Dashboard>> = { trading, performance, risk, system };
