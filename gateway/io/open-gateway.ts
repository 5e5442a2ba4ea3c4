/** A gateway from its parts, running; or why it does not run. */
import { err, ok, type Result } from '../../shared/result.ts';
import { Gateway, type OpenFault } from './gateway.ts';
import type { GatewayOptions } from './gateway-options.ts';

/** What was opened before a failure is closed again. */
export async function openGateway(options: GatewayOptions): Promise<Result<Gateway, OpenFault>> {
  const gateway = new Gateway(options);
  const hindrance = await gateway.start();
  if (hindrance === null) return ok(gateway);
  await gateway[Symbol.asyncDispose]();
  return err(hindrance);
}
