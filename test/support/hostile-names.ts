/** Names of files that a sender may give who wrote his own client, and blobs that no client of ours seals. */

import { encodeBase64url } from '../../src/core/base64url.js';
import { type Bytes, concatBytes, encodeUtf8 } from '../../src/core/bytes.js';
import { writeFrame } from '../../src/core/crypto/frame.js';
import type { UnlockedKey } from '../../src/core/crypto/key-schedule.js';
import { sealChunks } from '../../src/core/crypto/stream.js';

export interface HostileNames {
  readonly what: string;
  readonly names: readonly string[];
  /** What the files are called in the end; null where the secret is refused. */
  readonly survives: readonly string[] | null;
}

/** Names that must do nothing outside of their folder, and overwrite nothing. */
export function gatherHostile(): readonly HostileNames[] {
  const refused = (what: string, ...names: string[]) => ({ what, names, survives: null });
  const harmless = (what: string, names: readonly string[], survives = names) => ({ what, names, survives });
  return [
    refused('the parent folder', '..'),
    refused('a path upwards', '../mine'),
    refused('an absolute path', '/tmp/zephr-hostile'),
    refused('a path of Windows', '..\\mine'),
    refused('a control character', 'a\x1b[2Jb'),
    refused('no name', ''),
    refused('names that differ in case', 'readme', 'README'),
    refused('names that differ in normalization', 'caf\u00e9', 'cafe\u0301'),
    harmless('a device of Windows', ['con', 'nul.txt']),
    harmless('dots and blanks at the end', ['trailing.', 'blank ']),
    harmless('marks that turn the direction', ['exe.\u202etxt'], ['exe._txt']),
    harmless(
      'names that are alike once they are harmless',
      ['a\u202e', 'a\u202d', '.x', '_x'],
      ['a_', 'a_.1', '_x', '_x.1'],
    ),
    harmless('a file that a shell runs', ['.bashrc'], ['_bashrc']),
    harmless('an option', ['-rf'], ['_rf']),
    harmless('255 and 256 bytes', ['a'.repeat(255), 'b'.repeat(256)], ['a'.repeat(240), 'b'.repeat(240)]),
  ];
}

/** A blob whose meta is not checked. */
export async function blobOf(meta: unknown, { encryptionKey }: UnlockedKey): Promise<string> {
  const frame = writeFrame(encodeUtf8(JSON.stringify(meta)), [], 0);
  const sealed: Bytes[] = [Uint8Array.of(0x02)];
  for await (const chunk of sealChunks(encryptionKey, frame)) sealed.push(chunk);
  return encodeBase64url(concatBytes(...sealed));
}
