import {
  N,
  numberOf,
  S,
  type DynamoTransport,
  type Item,
  type TableDefinition,
} from '@x/dynamo-core';
import { connect } from '@x/dynamo-core/mechanism';

import type { MatrixContext } from '@x/conformance';

/** Requests as a primitive sends them: none of them lasts for ever. */
export function boundedDynamo({ dynamo, tableName, clock }: MatrixContext): DynamoTransport {
  return connect({ dynamo, tableName, clock }, 'counters').transport;
}

export const definition: TableDefinition = {
  name: 'counters',
  partitionKey: { name: 'id', type: 'S' },
};

/** What a counter is made of. */
type CounterContext = Omit<MatrixContext, 'dynamo'> & { readonly dynamo: DynamoTransport };

/** Adds without any means to know its own increment again. */
export class NaiveCounter {
  readonly #context: CounterContext;

  constructor(context: CounterContext) {
    this.#context = context;
  }

  async incr(id: string): Promise<number | undefined> {
    const { dynamo, tableName } = this.#context;
    const { Attributes } = await dynamo.call('UpdateItem', {
      TableName: tableName,
      Key: { id: S(id) },
      UpdateExpression: 'ADD #count :one',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':one': N(1) },
      ReturnValues: 'ALL_NEW',
    });
    return numberOf(Attributes, 'count');
  }
}

/** Keeps the id of the last increment beside the count: a repeat finds itself and adds nothing. */
export class ExactCounter {
  readonly #context: CounterContext;

  constructor(context: CounterContext) {
    this.#context = context;
  }

  async incr(id: string): Promise<number | undefined> {
    const { dynamo, tableName, options } = this.#context;
    try {
      const { Attributes } = await dynamo.call('UpdateItem', {
        TableName: tableName,
        Key: { id: S(id) },
        UpdateExpression: 'SET #last = :token ADD #count :one',
        ConditionExpression: 'attribute_not_exists(#last) OR #last <> :token',
        ExpressionAttributeNames: { '#count': 'count', '#last': 'last' },
        ExpressionAttributeValues: { ':one': N(1), ':token': S(options.random.id()) },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      return numberOf(Attributes, 'count');
    } catch (error) {
      const item = (error as { readonly Item?: Item }).Item;
      if (item === undefined) throw error;
      return numberOf(item, 'count');
    }
  }

  /** Waits for a minute before it reads: shows that the clock moves by itself. */
  async *read(...ids: string[]): AsyncGenerator<number> {
    const { dynamo, tableName, clock } = this.#context;
    await clock.sleep(60_000);
    for (const id of ids) {
      const get = { TableName: tableName, Key: { id: S(id) }, ConsistentRead: true };
      yield numberOf((await dynamo.call('GetItem', get)).Item, 'count') ?? 0;
    }
  }
}
