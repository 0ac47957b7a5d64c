import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

const signatureMs = 300_000;

/** A request as the server saw it. */
interface SeenRequest {
  readonly body: string;
  /** Whether its signature's time was refused: nothing was applied. */
  readonly isRefused: boolean;
}

/** DynamoDB on loopback, with a clock that this machine's is off from. */
export interface SkewedServer extends AsyncDisposable {
  readonly requests: SeenRequest[];
  /** Its time is this much later than the machine's. */
  aheadMs: number;
  /** What it answers requests with whose signature it takes. @default 200 and `{}` */
  reply: { readonly status: number; readonly body: string };
  /** How long it waits with each answer. */
  delayMs: number;
  client(options?: DynamoDBClientConfig): DynamoDBClient;
}

/** Starts a server that refuses signatures more than five minutes off, and answers `{}`, or what it is given, else. */
export async function skewedServer(aheadMs: number): Promise<SkewedServer> {
  const clients: DynamoDBClient[] = [];
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, {
          date: new Date(Date.now() + skewed.aheadMs).toUTCString(),
          'content-type': 'application/x-amz-json-1.0',
        });
        setTimeout(() => response.end(body), skewed.delayMs);
      },
      (error: unknown) => response.destroy(error as Error),
    );
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const isRefused = Math.abs(Date.now() + skewed.aheadMs - signedAt(request)) > signatureMs;
    skewed.requests.push({ body, isRefused });
    if (!isRefused) return skewed.reply;
    const refusal = { code: 'InvalidSignatureException', message: 'Signature expired' };
    return { status: 400, body: JSON.stringify(refusal) };
  }

  const skewed: SkewedServer = {
    requests: [],
    aheadMs,
    reply: { status: 200, body: '{}' },
    delayMs: 0,
    client(options) {
      const { port } = server.address() as AddressInfo;
      const client = new DynamoDBClient({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        ...options,
      });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return skewed;
}

function signedAt({ headers }: IncomingMessage): number {
  const signed = String(headers['x-amz-date']);
  return Date.parse(signed.replace(/(.{4})(..)(..)T(..)(..)(..)Z/u, '$1-$2-$3T$4:$5:$6Z'));
}
