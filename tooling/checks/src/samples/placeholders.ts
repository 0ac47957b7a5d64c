/**
 * What stands for the reader's own code in a sample ("do the work here"). They do nothing, and they
 * are global, so that no sample has to explain them.
 */
export const placeholders: Readonly<Record<string, () => Promise<void>>> = {
  performCriticalOperation: async () => {},
  sendWelcomeEmail: async () => {},
  processPasswordReset: async () => {},
  chargeCustomer: async () => {},
  doWork: async () => {},
};

/** Their declarations, for the type-checker. */
export function declarePlaceholders(): string {
  const lines = Object.keys(placeholders).map(
    (name) => `declare function ${name}(...given: unknown[]): Promise<void>;`,
  );
  return `${lines.join('\n')}\n`;
}
