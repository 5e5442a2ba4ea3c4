/// <reference lib="dom" />
/** Alerts, and the parameters in force. */
import { fillList, fillTable, make, part, setText } from './dom.ts';
import { clock, dayAndTime } from './format.ts';
import type { Panel } from './panel.ts';

const ALARMS_SHOWN = 60;

export const alerts: Panel = {
  id: 'p-alerts',
  needs: ['alerts', 'alarms'],
  draw: (view) => {
    const open = view.get('alerts')?.open ?? null;
    setText(part('p-alerts', 'small'), open === null ? 'no watchdog here' : `${open.length} open`);
    const held = (open ?? []).map(({ id, sinceMs, severity, code, symbol, sentence, acknowledged }) => ({
      ...{ time: dayAndTime(sinceMs), title: `mm ack ${id}`, tone: severity === 'critical' ? 'sell' : 'warn-text' },
      text: `${id} ${severity} ${code}${symbol === null ? '' : ` ${symbol}`}${acknowledged ? ' (acknowledged)' : ''}: ${sentence}`,
    }));
    const raised = view
      .log('alarms')
      .toReversed()
      .slice(0, ALARMS_SHOWN)
      .map(({ atMs, severity, code, sentence }) => ({
        ...{ time: clock(atMs), tone: severity === 'critical' ? 'sell' : severity === 'warning' ? 'warn-text' : 'dim' },
        text: `${code}: ${sentence}`,
      }));
    const none = view.get('alerts')?.raisedKnown ? 'nothing was raised in this run of the gateway' : 'unknown: no gateway answers';
    fillList(part('p-alerts', 'ol'), [...held, ...raised], none);
  },
};

export const parameters: Panel = {
  id: 'p-parameters',
  needs: ['parameters'],
  draw: (view) => {
    const box = part('p-parameters', '.scroll');
    const open = new Set([...box.querySelectorAll('details[open]')].map((one) => one.querySelector('summary')?.textContent));
    const isFirst = box.children.length === 0;
    const groups = (view.get('parameters') ?? []).map(({ title, rows }, i) => {
      const details = document.createElement('details');
      details.open = open.has(title) || (isFirst && i === 0);
      const body = make('tbody');
      fillTable(body, {
        rows: rows.map(({ name, value, what }) => ({
          cells: [
            { text: name, title: what },
            { text: value, title: what },
          ],
        })),
        columns: 2,
      });
      const rowsTable = make('table');
      rowsTable.append(body);
      details.append(make('summary', title), rowsTable);
      return details;
    });
    box.replaceChildren(...groups);
  },
};
