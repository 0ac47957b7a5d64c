import type { DynamoInput, DynamoOperation, DynamoOutput, DynamoTransport } from '@x/dynamo-core';
import { describe, expect, it } from 'vitest';

import { Printer } from './printer.js';
import { step, type Step } from './step.js';
import { terminalStyle } from './style.js';
import { goOnTour } from './tour.js';

/** Answers every request with a cost and a row. */
class AnsweringTransport implements DynamoTransport {
  readonly inputs: unknown[] = [];

  async call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
  ): Promise<DynamoOutput<O>> {
    this.inputs.push({ operation, ...input });
    const Item = { name: { S: 'stored' }, key: { S: 'a' } };
    return { Item, ConsumedCapacity: { CapacityUnits: 0.5 } } as unknown as DynamoOutput<O>;
  }
}

async function tourOf(...steps: readonly Step[]): Promise<{
  readonly printed: string;
  readonly failed: readonly string[];
  readonly inputs: readonly unknown[];
}> {
  const lines: string[] = [];
  const transport = new AnsweringTransport();
  const printer = new Printer((line) => lines.push(line), terminalStyle({ isTTY: false }));
  const failed = await goOnTour(steps, transport, printer);
  return { printed: lines.join('\n'), failed, inputs: transport.inputs };
}

const Key = { key: { S: 'a' } };

describe('goOnTour()', () => {
  it('prints the code as it stands in the source, the request, its cost and the result', async () => {
    const reading = step('Reading', 'Why one reads.', async (show) => {
      await show(async () => {
        const { Item } = await show.dynamo.call('GetItem', { TableName: 'people', Key });
        return Item?.['name']; // (unbalanced in a comment is fine: "[")
      });
    });
    const { printed, inputs } = await tourOf(reading);
    expect(printed).toContain('1/1  Reading');
    expect(printed).toContain(
      "  > const { Item } = await show.dynamo.call('GetItem', { TableName: 'people', Key });\n    return",
    );
    expect(printed).toMatch(/sends {3}GetItem +0\.5 read units/);
    expect(printed).toContain("returns { S: 'stored' }");
    expect(inputs).toEqual([
      { operation: 'GetItem', TableName: 'people', Key, ReturnConsumedCapacity: 'TOTAL' },
    ]);
  });

  it('prints expressions with the names of the attributes', async () => {
    const writing = step('Writing', 'Why one writes.', async (show) => {
      await show(() =>
        show.dynamo.call('UpdateItem', {
          TableName: 'people',
          Key,
          UpdateExpression: 'SET #n = :n REMOVE #o',
          ConditionExpression: 'attribute_exists(#n)',
          ExpressionAttributeNames: { '#n': 'name', '#o': 'owner' },
        }),
      );
    });
    const { printed } = await tourOf(writing);
    expect(printed).toMatch(/SET name = :n\n +REMOVE owner\n +IF attribute_exists\(name\)/);
  });

  it('prints a row with its key first and without recording the read', async () => {
    const storing = step('Storing', 'Why one stores.', (show) => show.row('people', Key));
    const { printed } = await tourOf(storing);
    expect(printed).toMatch(/stored in people\n +key +\{ S: 'a' \}\n +name +\{ S: 'stored' \}/);
    expect(printed).not.toContain('sends');
  });

  it('names the steps that failed and goes on with the others', async () => {
    const failing = step('Failing', 'Why one fails.', () => Promise.reject(new Error('no luck')));
    const going = step('Going on', 'Why one goes on.', async (show) => show.note('Still here.'));
    const { printed, failed } = await tourOf(failing, going);
    expect(failed).toEqual(['Failing']);
    expect(printed).toContain('no luck');
    expect(printed).toContain('Still here.');
  });

  it('fails a step whose refusal does not happen', async () => {
    const lax = step('Lax', 'Why one refuses.', async (show) => {
      await show.refused(() => 1);
    });
    expect((await tourOf(lax)).failed).toEqual(['Lax']);
  });

  it('prints a refusal that does happen', async () => {
    const strict = step('Strict', 'Why one refuses.', async (show) => {
      await show.refused(() => Promise.reject(new TypeError('not this')));
    });
    const { printed, failed } = await tourOf(strict);
    expect(failed).toEqual([]);
    expect(printed).toContain("  > Promise.reject(new TypeError('not this'))");
    expect(printed).toContain('sends   nothing');
    expect(printed).toContain('throws  TypeError: not this');
  });

  it('prints no escape sequences where there is no terminal', async () => {
    const { printed } = await tourOf(
      step('Plain', 'Why.', async (show) => void (await show(() => 1))),
    );
    expect(printed).not.toContain('\u001B');
  });
});
