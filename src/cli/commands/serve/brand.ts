/** The file of `--brand`, read and checked before the server starts. */

import { decodeUtf8 } from '../../../core/bytes.js';
import { ValidationError } from '../../../core/errors.js';
import { type Brand, parseBrand } from '../../../core/protocol/brand.js';
import { usageError } from '../../exit/cli-error.js';
import { systemReason } from '../../exit/reason.js';
import { readUpTo } from '../../files/bounded-read.js';
import type { Terminal } from '../../terminal/terminal.js';

/** More than any brand takes, in bytes. */
const MOST_BYTES = 16_384;

const ADVICE = 'write it as {"name": "…", "url": "https://…", "colour": "#0d6b60", "imprint": "https://…"}';

/**
 * Reads the file.
 * @throws CliError exit 2 when it cannot be read or is no brand, with what is wrong in it.
 */
export async function readBrand(path: string, terminal: Terminal): Promise<Brand> {
  const bytes = await bytesOf(path, terminal);
  try {
    return parseBrand(JSON.parse(decodeUtf8(bytes)));
  } catch (cause) {
    // What is not UTF-8 is a TypeError, and what is not JSON a SyntaxError: its message holds a piece of the file.
    const reason = cause instanceof ValidationError ? cause.message : 'it is no JSON in UTF-8';
    throw usageError(`${path} is no brand: ${reason}`, ADVICE, cause);
  }
}

async function bytesOf(path: string, terminal: Terminal): Promise<Uint8Array> {
  try {
    const { bytes } = await readUpTo(path, MOST_BYTES, 'the brand', terminal);
    if (bytes.length < MOST_BYTES) return bytes;
  } catch (cause) {
    throw usageError(`the brand ${path} cannot be read: ${systemReason(cause)}`, undefined, cause);
  }
  throw usageError(`${path} is no brand: it is larger than 16 KB`, ADVICE);
}
