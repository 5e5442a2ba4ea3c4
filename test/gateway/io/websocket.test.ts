import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { openSocket } from '../../../gateway/io/websocket.ts';

test('a frame comes as its text and as its bytes, also in parts; a binary one does not come', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.send(Buffer.from([1, 2, 3]), { binary: true });
    socket.send('{"a":"é"}');
    socket.send('{"b":', { fin: false });
    socket.send('2}');
  });
  const { port } = server.address() as AddressInfo;
  const heard: [string, string][] = [];
  await new Promise<void>((resolve) => {
    const socket = openSocket(`ws://127.0.0.1:${port}`, {
      onOpen: () => {},
      onPong: () => {},
      onText: (text, bytes) => {
        heard.push([text, bytes ? new TextDecoder().decode(bytes) : 'none']);
        if (heard.length === 2) socket.destroy();
      },
      onClosed: () => resolve(),
    });
  });
  expect(heard).toEqual([
    ['{"a":"é"}', '{"a":"é"}'],
    ['{"b":2}', '{"b":2}'],
  ]);
  server.close();
});
