import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  LightClient,
  nodeHttp,
  type HttpRequest,
  type HttpResponse,
  type HttpSender,
} from '@x/dynamo-light-client';
import type { EngineClientOptions, FaultHandler } from '@x/dynamo-testing';

type SdkHandler = DynamoDBClient['config']['requestHandler'];
type SdkRequest = Parameters<SdkHandler['handle']>[0];
type SdkResponse = Awaited<ReturnType<SdkHandler['handle']>>;

const known: ReadonlySet<string> = new Set<keyof EngineClientOptions>(['faults', 'maxAttempts']);

/** Whether `DYNAMO_TRANSPORT` asks for the light client. */
export function isLightAskedFor(): boolean {
  const transport = process.env['DYNAMO_TRANSPORT'] ?? 'sdk';
  if (transport === 'sdk' || transport === 'light') return transport === 'light';
  throw new Error(`DYNAMO_TRANSPORT is 'sdk' or 'light', not '${transport}'`);
}

/** Whether the client's options mean the same to the light client. */
export function canBeLight(options: EngineClientOptions): boolean {
  return Object.keys(options).every((name) => known.has(name));
}

/**
 * Makes `client` a transport too, which the packages take before its `send`: their requests go through
 * the returned light client, the commands of a test through the SDK. Both meet the same faults.
 */
export function throughLightClient(
  client: DynamoDBClient,
  endpoint: string,
  { faults, maxAttempts }: { faults: FaultHandler | undefined; maxAttempts: number | undefined },
): LightClient {
  const http = faults === undefined ? nodeHttp() : withFaults(nodeHttp(), faults);
  const make = (): LightClient =>
    new LightClient({
      endpoint,
      region: process.env['AWS_REGION'] ?? 'us-east-1',
      credentials: () => client.config.credentials(),
      http,
      maxAttempts,
    });
  let light = make();
  let log = faults?.log;
  const call: LightClient['call'] = (...request) => {
    // With each plan of faults a client anew, as the budget of repeats is a client's: hundreds of plans
    // would use it up.
    if (log !== faults?.log) light = make();
    log = faults?.log;
    return light.call(...request);
  };
  Object.assign(client, { call, usesSockets: light.usesSockets });
  return light;
}

/** What stands around the SDK's handler stands around the sender. */
function withFaults(http: HttpSender, faults: FaultHandler): HttpSender {
  return {
    destroy: () => http.destroy?.(),
    async send({ url, headers, body, signal }) {
      const send = async (request: SdkRequest): Promise<SdkResponse> =>
        sdkResponse(await http.send({ url, signal, ...requestOf(request) }));
      const handler = faults.around({ handle: send } as SdkHandler);
      const request = { headers: fieldsOf(headers), body } as unknown as SdkRequest;
      return responseOf(await handler.handle(request, { abortSignal: signal } as object));
    },
  };
}

function fieldsOf(headers: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) fields[headers[i] ?? ''] = headers[i + 1] ?? '';
  return fields;
}

/** A fault that changes the body sets its length, which the sender does itself. */
function requestOf({ headers, body }: SdkRequest): Pick<HttpRequest, 'headers' | 'body'> {
  const fields = Object.entries<string>(headers).filter(([name]) => name !== 'content-length');
  return { headers: fields.flat(), body: String(body) };
}

function sdkResponse({ status, header, text }: HttpResponse): SdkResponse {
  const headers: Record<string, string> = {};
  for (const name of ['date', 'x-amzn-requestid', 'retry-after', 'x-amz-retry-after']) {
    const value = header(name);
    if (value !== undefined) headers[name] = value;
  }
  return { response: { statusCode: status, headers, body: Buffer.from(text) } } as SdkResponse;
}

async function responseOf({ response }: SdkResponse): Promise<HttpResponse> {
  const { statusCode: status, headers } = response;
  const body: unknown = response.body;
  const whole = body instanceof Uint8Array ? [body] : (body as AsyncIterable<Uint8Array>);
  const chunks: Uint8Array[] = [];
  for await (const chunk of whole) chunks.push(chunk);
  return { status, text: Buffer.concat(chunks).toString(), header: (name) => headers[name] };
}
