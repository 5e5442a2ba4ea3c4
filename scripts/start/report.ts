/** The end of a run in words, for a terminal: the same figures as the JSON summary. */
import type { Start } from './child.ts';
import type { Summary } from './summary.ts';

/** Of many starts the newest. */
const STARTS_SHOWN = 5;

export function report(summary: Summary): string {
  const { book, orders, pnl, tpsl } = summary;
  const restarts = Object.entries(summary.restarts).filter(([, count]) => count > 0);
  return [
    `${summary.strategy} on ${summary.environment}, seed ${summary.seed}: ${summary.seconds} s, ${summary.snapshots} snapshots, ${book.messages} depth messages`,
    `orders   ${orders.placed} placed, ${orders.amended} amended, ${orders.canceled} canceled, ${orders.rejected} rejected, ${orders.openLeft} left open`,
    `fills    ${summary.fills}, volume ${summary.volume}, take-profits ${tpsl.takeProfits}, stop-losses ${tpsl.stopLosses}`,
    ...Object.entries(summary.symbols).map(
      ([symbol, { position }]) =>
        `${symbol}  position by brain ${position.brain}, ledger ${position.ledger}, exchange ${position.exchange}${position.entryPrice ? `, entry ${position.entryPrice}` : ''}`,
    ),
    `profit   realized ${pnl.realized}, unrealized ${pnl.unrealized}, fees ${pnl.fees}, funding ${pnl.funding}`,
    `book     ${book.gaps} gaps, ${book.gapsUnresolved} unresolved, ${book.equalToExchange ? 'equal to' : 'NOT compared or not equal to'} the exchange's`,
    ...(restarts.length > 0 ? [`restarts ${restarts.map(([name, count]) => `${name} ${count}`).join(', ')}`] : []),
    ...Object.entries(summary.starts).flatMap(([name, starts]) => starts.slice(-STARTS_SHOWN).map((start) => startLine(name, start))),
    ...Object.entries(summary.ended).map(([name, word]) => `${name.padEnd(8)} ${word ?? 'said nothing at its end'}`),
    ...summary.errors.map((error) => `problem  ${error}`),
    summary.ok ? 'All agrees.' : 'NOT OK: see above and the logs.',
    '',
  ].join('\n');
}

/** Times from the spawn. */
function startLine(name: string, { after, ms }: Start): string {
  const told = (value: number | null): string => (value === null ? 'never' : `${(value / 1_000).toFixed(2)} s`);
  return `${name.padEnd(8)} started${after === null ? '' : ` after ${after}`}: protected ${told(ms.protected)}, ready ${told(ms.ready)}, quoting ${told(ms.quoting)}`;
}
