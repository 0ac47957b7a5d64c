/** What is known about a lock that somebody holds. */
export interface LockStatus {
  readonly key: string;
  /** When the lease ends, if it is not renewed. */
  readonly expiresAt: Date;
  /** The fencing number of the holder; `undefined` where no client of this package ever held it. */
  readonly fence: number | undefined;
  /** Who holds it: what the holder's `DynamoLock` was given as `holder`. */
  readonly holder: string | undefined;
  /** What the holder passed as `info`. */
  readonly info: unknown;
  /** When it was taken, by the holder's clock. */
  readonly acquiredAt: Date | undefined;
  /** For how long it was taken, in milliseconds. */
  readonly leaseMs: number | undefined;
}
