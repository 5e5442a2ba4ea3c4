/** The way to a running gateway for a person's tools: its operator socket, found from the config, with what to do when nobody answers. */
import type { Answer } from '../../shared/command.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { GatewayClient, type Request } from '../../shared/io/gateway-client.ts';
import { Header } from '../../shared/snapshot.ts';
import { brainSocketPath, findAccountDir, operatorBeside } from '../../shared/socket-path.ts';
import { EXIT, movedPortsHint, Problem } from './tool.ts';

/** Says hello, as operator or as one who only asks; a problem with exit code 3 when no gateway is there, 4 when it refuses. */
export async function openOperator(loaded: Loaded, name: string, role: 'operator' | 'observer' = 'operator'): Promise<GatewayClient> {
  const path = operatorSocket(loaded);
  const connected = await GatewayClient.connect({ path, role, environment: loaded.config.environment, name });
  if (connected.ok) return connected.value;
  const { refused, sentence } = connected.error;
  throw refused ? new Problem(EXIT.refused, [sentence]) : notRunning(sentence, loaded);
}

export const notRunning = (sentence: string, loaded: Loaded): Problem =>
  new Problem(EXIT.unreachable, [`${sentence}: start it with npm run gateway, or everything with npm start${movedPortsHint(loaded)}`]);

function operatorSocket(loaded: Loaded): string {
  const { environment, gateway } = loaded.config;
  if (gateway.socketPath !== null) return operatorBeside(gateway.socketPath);
  const accountDir = findAccountDir({ runDir: loaded.runDir, environment });
  if (!accountDir.ok) throw new Problem(EXIT.unreachable, [`${accountDir.error}${movedPortsHint(loaded)}`]);
  const path = brainSocketPath({ accountDir: accountDir.value, configured: null, runtimeDir: process.env['XDG_RUNTIME_DIR'] });
  if (!path.ok) throw new Problem(EXIT.usage, [path.error]);
  return operatorBeside(path.value);
}

/** The answer to a command; a refusal is a problem with exit code 4, silence one with 3. */
export async function ask(client: GatewayClient, command: Request): Promise<Exclude<Answer, { type: 'refused' }>> {
  const answer = await client.request(command);
  if (answer === null)
    throw new Problem(EXIT.unreachable, [`the gateway did not answer "${command.type}": what became of it is not known`]);
  if (answer.type === 'refused') throw new Problem(EXIT.refused, [`the gateway refused (${answer.code}): ${answer.sentence}`]);
  return answer;
}

/** Data of a query. */
export async function query(client: GatewayClient, what: Omit<Extract<Request, { type: 'query' }>, 'type'>): Promise<unknown> {
  const answer = await ask(client, { type: 'query', ...what });
  if (answer.type !== 'data') throw new Problem(EXIT.failed, [`the gateway answered query "${what.what}" with ${answer.type}`]);
  return answer.data;
}

export const headerNow = async (client: GatewayClient): Promise<Header> => Header.parse(await query(client, { what: 'status' }));
