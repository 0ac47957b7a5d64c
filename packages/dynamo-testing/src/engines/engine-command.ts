/** A program that serves DynamoDB. */
export interface EngineCommand {
  readonly file: string;
  readonly args: (port: number) => readonly string[];
}

/** Why an engine cannot be started here, in words that say what to install. */
export interface EngineMissing {
  readonly missing: string;
}
