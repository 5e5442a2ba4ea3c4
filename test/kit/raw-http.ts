/** One HTTP request without any client's kindness: what came back, byte for byte, and how it ended. */
import { request } from 'node:http';

export type RawAnswer = {
  /** Null when not even a head came. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly end: 'whole' | 'reset';
};

export type RawRequest = { readonly port: number; readonly method: string; readonly target: string; readonly apiKey?: string };

export function rawHttp({ port, method, target, apiKey }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const sent = apiKey === undefined ? {} : { 'X-MBX-APIKEY': apiKey };
    let [status, headers, body]: [number | null, RawAnswer['headers'], string] = [null, {}, ''];
    const finish = (end: RawAnswer['end']): void => resolve({ status, headers, body, end });
    const call = request({ host: '127.0.0.1', port, method, path: target, headers: sent, agent: false }, (response) => {
      status = response.statusCode ?? null;
      headers = response.headers;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => finish('whole'));
      response.on('error', () => finish('reset'));
    });
    call.on('error', () => finish('reset'));
    call.end();
  });
}
