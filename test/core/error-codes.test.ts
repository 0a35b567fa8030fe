/** That the types of error codes name what core and client throw, and nothing else. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type {
  EncryptionErrorCode,
  NetworkErrorCode,
  ValidationErrorCode,
} from '../../src/core/error-codes.js';

/** Complete by the compiler's word. */
const VALIDATION: Record<ValidationErrorCode, true> = {
  AMBIGUOUS_LINK: true,
  EMPTY_SECRET: true,
  GATE_NOT_OFFERED: true,
  INVALID_ANSWERS: true,
  INVALID_API_KEY: true,
  INVALID_BASE64URL: true,
  INVALID_CALLBACK: true,
  INVALID_CLAIM: true,
  INVALID_CODE: true,
  INVALID_EXPIRY: true,
  INVALID_GATES: true,
  INVALID_HINT: true,
  INVALID_IDEMPOTENCY_KEY: true,
  INVALID_KEY: true,
  INVALID_LIMIT: true,
  INVALID_LINK: true,
  INVALID_LINK_VERSION: true,
  INVALID_META: true,
  INVALID_PASSPHRASE: true,
  INVALID_REPLY: true,
  INVALID_SECRET: true,
  INVALID_SERVER: true,
  INVALID_SPLIT: true,
  INVALID_TIMEOUT: true,
  INVALID_VIEWS: true,
  INVALID_BRAND: true,
  INVALID_WAIT: true,
  LENGTH_MISMATCH: true,
  LINK_OF_ANOTHER_KIND: true,
  MISSING_KEY: true,
  NEEDS_VERSION_2: true,
  PASSPHRASE_REQUIRED: true,
  SECRET_TOO_LARGE: true,
  TOO_LARGE_FOR_MEMORY: true,
  UNEXPECTED_PASSPHRASE: true,
  UNKNOWN_KEY_VERSION: true,
  UNSUPPORTED_BY_SERVER: true,
  VALIDATION_ERROR: true,
};

const ENCRYPTION: Record<EncryptionErrorCode, true> = {
  DECRYPTION_FAILED: true,
  ENCRYPTION_ERROR: true,
  INVALID_KEY: true,
  NOT_TEXT: true,
  UNKNOWN_KEY_VERSION: true,
};

const NETWORK: Record<NetworkErrorCode, true> = {
  CONNECTION_LOST: true,
  CONNECTION_REFUSED: true,
  HOST_LOOKUP_FAILED: true,
  HOST_NOT_FOUND: true,
  INVALID_REPLY: true,
  GATES_NOT_KEPT: true,
  LINK_PROOF_NOT_KEPT: true,
  NETWORK_ERROR: true,
  REDIRECTED: true,
  REPLY_TOO_LARGE: true,
  TIMEOUT: true,
  TLS_ERROR: true,
  UNSUPPORTED_BY_SERVER: true,
};

const src = fileURLToPath(new URL('../../src', import.meta.url));
const sources = ['core', 'client']
  .flatMap((room) =>
    readdirSync(join(src, room), { recursive: true, encoding: 'utf8' }).map((file) => join(src, room, file)),
  )
  .filter((file) => file.endsWith('.ts') && !file.endsWith('error-codes.ts'))
  .map((file) => readFileSync(file, 'utf8'));

/** What stands between the parentheses that open at the end of each match of `opening`. */
function argumentsAfter(opening: RegExp): string[] {
  return sources.flatMap((source) =>
    [...source.matchAll(opening)].map(({ 0: match, index }) => {
      const start = index + match.length;
      let end = start;
      for (let depth = 1; depth > 0; end++) depth += { '(': 1, ')': -1 }[source[end] ?? ')'] ?? 0;
      return source.slice(start, end - 1);
    }),
  );
}

function codesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => [...text.matchAll(/'([A-Z][A-Z0-9_]{3,})'/g)].map(([, code]) => code ?? ''));
}

describe.each([
  ['ValidationError', VALIDATION],
  ['EncryptionError', ENCRYPTION],
  ['NetworkError', NETWORK],
] as const)('the codes of a %s', (name, codes) => {
  it('have a type that names each that is thrown', () => {
    const thrown = codesIn(argumentsAfter(new RegExp(`new ${name}\\(`, 'g')));
    expect(thrown.length).toBeGreaterThan(0);
    expect(thrown.filter((code) => !(code in codes))).toEqual([]);
  });

  it('have a type that names no others', () => {
    const all = new Set(codesIn(sources));
    expect(Object.keys(codes).filter((code) => !all.has(code))).toEqual([]);
  });
});
