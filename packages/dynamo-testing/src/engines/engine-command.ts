/** What an engine is looked for on: this process, unless a test says otherwise. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
}

/** A program that serves DynamoDB. */
export interface EngineCommand {
  readonly file: string;
  readonly args: (port: number) => readonly string[];
}

/** Why an engine cannot be started here, in words that say what to install. */
export interface EngineMissing {
  readonly missing: string;
}
