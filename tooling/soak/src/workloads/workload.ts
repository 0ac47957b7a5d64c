import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

import type { Worker } from '../client/worker.js';
import type { Round } from '../run/round.js';
import type { SoakTables } from '../run/tables.js';
import type { Findings } from './findings.js';

/** Makes one or some calls. */
type Step = () => Promise<void>;

/** What a check can ask, without faults. */
export interface Stored {
  readonly dynamo: DynamoDBClient;
  readonly tables: SoakTables;
}

/** What clients do with one primitive, and what must hold of all that they did in a round. */
export interface Workload {
  readonly name: string;
  /** Whether its clients may be stopped for seconds and go on; they have no other workloads then. */
  readonly isPaused?: boolean;
  /** In a client: sets up and returns what is done again and again. */
  readonly start: (worker: Worker) => Step;
  /** When a round has ended for all: judges it. */
  readonly check: (round: Round, findings: Findings, stored: Stored) => void | Promise<void>;
}
