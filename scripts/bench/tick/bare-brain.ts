/** The second process of the bare pipeline: a line with the best bid in, a line with the price out. */
import { createConnection } from 'node:net';
import { frame } from '../../../shared/framing.ts';
import { onLines } from './bare.ts';

const socket = createConnection(process.argv[2] ?? '');
socket.once('close', () => process.exit());
onLines(socket, (text) => {
  const { bid, behind } = JSON.parse(text) as { bid: string; behind: number };
  socket.write(frame({ price: (Number(bid) - behind).toFixed(1) }));
});
