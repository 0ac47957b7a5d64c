import {
  jsonCodec,
  N,
  S,
  UnreadableRowError,
  type AttributeValue,
  type Codec,
} from '@x/dynamo-core';

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  /** In their order; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** Whether it is kept in spite of its status. */
  readonly isKept?: boolean;
}

/** Those of one connection, and of one moment; trailers come without a length, which an answer has. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'trailer',
  'transfer-encoding',
]);

/** The answer without the headers that its connection sets. */
export function answerOf(
  status: number,
  headers: Iterable<readonly [string, string]>,
  body: Uint8Array,
): Answer {
  const kept = [...headers].filter(([name]) => !ofConnection.has(name.toLowerCase()));
  return { status, headers: kept, body };
}

/** Answers as attributes: the body as the bytes that it is. */
export const answerCodec: Codec<Answer> = {
  encode: ({ status, headers, body }): AttributeValue => ({
    M: { status: N(status), headers: S(JSON.stringify(headers)), body: { B: body } },
  }),
  decode: ({ M }, key): Answer => {
    const { status, headers, body } = M ?? {};
    if (status?.N === undefined || headers?.S === undefined || body?.B === undefined) {
      throw new UnreadableRowError(key, 'it holds no answer to a request');
    }
    return {
      status: Number(status.N),
      headers: jsonCodec.decode(headers, key) as Answer['headers'],
      body: body.B,
    };
  },
};

/** An answer of our own, as problem details (RFC 9457). */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = JSON.stringify({ status, title: titles[status], detail });
  return {
    status,
    headers: [['content-type', 'application/problem+json'], ...Object.entries(headers)],
    body: new TextEncoder().encode(body),
  };
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  409: 'Conflict',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
};

/** In place of an answer that cannot be kept: its request has been carried out all the same. */
export function unkeepable(why: string): Answer {
  const detail = `The request was carried out, but its answer cannot be repeated: ${why}`;
  return { ...problem(500, detail), isKept: true };
}

/** Whether the request would be answered like this again. Others may be tried again. */
export function isFinal({ status, isKept }: Answer): boolean {
  return (
    isKept === true ||
    (status >= 200 && status < 500 && ![401, 408, 409, 425, 429].includes(status))
  );
}
