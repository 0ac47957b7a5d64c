import { sha256 } from '@x/dynamo-core/mechanism';

/**
 * What a body is about: its digest; of each part of a form, as clients write each repeat of one with
 * another boundary between the parts.
 */
export function bodyDigests(body: Uint8Array, contentType: string | null | undefined): string[] {
  const found = /^multipart\/.*[; ]boundary=("[^"]+"|[^;\s]+)/i.exec(contentType ?? '');
  if (!found) return [sha256(body)];
  const boundary = `--${found[1]?.replaceAll('"', '')}`;
  return Buffer.from(body).toString('latin1').split(boundary).map(sha256);
}
