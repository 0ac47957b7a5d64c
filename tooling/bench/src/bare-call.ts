import * as sdk from '@aws-sdk/client-dynamodb';
import type { DynamoOperation, DynamoTransport } from '@x/dynamo-core';

type Command = Parameters<sdk.DynamoDBClient['send']>[0];

/**
 * What an operation of a primitive sends, sent by the bare client: the operation runs once on a
 * transport that remembers its one request.
 */
export async function bareCall(
  client: sdk.DynamoDBClient,
  transport: DynamoTransport,
  operation: (dynamo: DynamoTransport) => () => Promise<unknown>,
): Promise<() => Promise<unknown>> {
  const sent: { readonly name: DynamoOperation; readonly input: object }[] = [];
  const remembering: DynamoTransport = {
    call: (name, input, options) => {
      sent.push({ name, input });
      return transport.call(name, input, options);
    },
  };
  await operation(remembering)();
  const [request, ...more] = sent;
  if (request === undefined || more.length > 0) {
    throw new Error(`Cannot compare: it sends ${sent.length} requests instead of one`);
  }
  const commands = sdk as unknown as Record<string, new (input: object) => Command>;
  const Sent = commands[`${request.name}Command`] as (typeof commands)[string];
  return () => client.send(new Sent(request.input));
}
