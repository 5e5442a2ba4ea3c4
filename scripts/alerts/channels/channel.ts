/** A way to a person. It tries once; whoever calls it tries again. */
import type { Result } from '../../../shared/result.ts';
import type { Message } from '../message.ts';

export interface Channel {
  /** As in the configuration. */
  readonly name: string;
  /** Ends within the channel's own time limit. The sentence of a failure may hold a secret: it is hidden before it is shown. */
  send(message: Message): Promise<Result<null, string>>;
}
