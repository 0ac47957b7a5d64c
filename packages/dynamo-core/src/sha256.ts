import { nodeModule } from './node-module.js';

/** The SHA-256 of a text or of bytes, in letters that a URL may hold. */
export function sha256(data: string | Uint8Array): string {
  return nodeModule('node:crypto').createHash('sha256').update(data).digest('base64url');
}
