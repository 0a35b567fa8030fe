/**
 * A request for a secret (core/protocol/PROTOCOL.md section 8): its keys, its message, and the keys of its answers. Who
 * asks keeps a seed of 32 bytes; the request's link pins public key and message, so that no server can put others in
 * their place.
 */

import { encodeBase64url } from '../base64url.js';
import { type Bytes, concatBytes, encodeUtf8, equalBytes } from '../bytes.js';
import { decryptionFailed, ValidationError } from '../errors.js';
import { sha256 } from '../web-crypto.js';
import { decodeSealed } from './aes-gcm.js';
import { readFrame, writeFrame } from './frame.js';
import { deriveAesKey, expand, importSecret } from './hkdf.js';
import {
  deriveKeyPair,
  type HpkeContext,
  type HpkeKeyPair,
  openWith,
  PUBLIC_KEY_BYTES,
  sealTo,
} from './hpke.js';
import { decodeObject, textProblem } from './meta.js';
import { openChunks, sealChunks } from './stream.js';

/** What only who asks can derive. */
export interface CollectKeys {
  /** 16 bytes: lets who has the link see the message and make an answer. */
  readonly linkSecret: Bytes;
  /** 32 bytes that show a server that their sender asked. */
  readonly receipt: Bytes;
  /** Opens the answers' keys. */
  readonly keyPair: HpkeKeyPair;
}

/** What everybody with the request's link can derive. */
export interface AnswerKeys {
  /** 32 bytes that show a server that their sender has the link. */
  readonly proof: Bytes;
  /** Seals the message, once. */
  readonly messageKey: CryptoKey;
  /** Binds an answer's key to the link: who does not know it, the server too, cannot make one. */
  readonly info: Bytes;
}

const FINGERPRINT_BYTES = 16;
const LINK_SECRET_BYTES = 16;

/** What who asks says to who answers. It may hold any character: escape it before it goes to a terminal. */
export interface RequestMessage {
  /** At most 1,000 characters. */
  readonly message?: string;
  /** Who asks, in their own words: at most 64 characters. */
  readonly from?: string;
}

const LONGEST = { message: 1_000, from: 64 } as const satisfies Record<keyof RequestMessage, number>;

/** Derives the keys of who asks from their seed of 32 bytes. */
export async function deriveCollectKeys(seed: Bytes): Promise<CollectKeys> {
  const secret = await importSecret(seed);
  const [linkSecret, receipt, ikm] = await Promise.all([
    expand(secret, 'zephr/r1/link-secret', LINK_SECRET_BYTES),
    expand(secret, 'zephr/r1/receipt', 32),
    expand(secret, 'zephr/r1/hpke', 32),
  ]);
  return { linkSecret, receipt, keyPair: await deriveKeyPair(ikm) };
}

/** Derives the keys of who answers from the link's secret of 16 bytes. */
export async function deriveAnswerKeys(linkSecret: Bytes): Promise<AnswerKeys> {
  const secret = await importSecret(linkSecret);
  const [proof, messageKey, info] = await Promise.all([
    expand(secret, 'zephr/r1/proof', 32),
    deriveAesKey(secret, 'zephr/r1/message-key'),
    expand(secret, 'zephr/r1/answer-info', 32),
  ]);
  return { proof, messageKey, info: concatBytes(encodeUtf8('zephr/r1/answer'), info) };
}

/**
 * Seals the message, padded, as one chunk. One seed seals one message: its key and nonce are always the same.
 * @throws ValidationError `INVALID_META` for a text that is too long, or not well-formed Unicode.
 */
export async function sealMessage(message: RequestMessage, { messageKey }: AnswerKeys): Promise<Bytes> {
  const known = checkMessage(message);
  const meta = Object.keys(known).length === 0 ? new Uint8Array(0) : encodeUtf8(JSON.stringify(known));
  const sealed: Bytes[] = [];
  for await (const chunk of sealChunks(messageKey, writeFrame(meta, [], 0))) sealed.push(chunk);
  return concatBytes(...sealed);
}

/** The members of a message. @throws ValidationError as {@link sealMessage}. */
export function checkMessage(message: RequestMessage): RequestMessage {
  const { known, problem } = inspect(message);
  if (problem !== null) throw new ValidationError(problem, 'INVALID_META');
  return known;
}

/**
 * Opens a sealed message.
 * @throws EncryptionError for what {@link sealMessage} would not have made.
 */
export async function openMessage(sealed: Bytes, { messageKey }: AnswerKeys): Promise<RequestMessage> {
  const { meta, content } = await readFrame(openChunks(messageKey, [sealed]));
  if ((await content.next()).done !== true) throw decryptionFailed('the message has content');
  const { known, problem } = inspect(decodeObject(meta));
  if (problem !== null) throw decryptionFailed(problem);
  return known;
}

/** The 16 bytes of a link that pin a public key and a sealed message. */
export async function fingerprintOf(publicKey: Bytes, sealedMessage: Bytes): Promise<Bytes> {
  const message = await sha256(sealedMessage);
  const whole = await sha256(concatBytes(encodeUtf8('zephr/r1/x25519'), publicKey, message));
  return whole.slice(0, FINGERPRINT_BYTES);
}

/**
 * Checks that a server gave the public key and the message that the link names.
 * @throws EncryptionError when one of them was put in place by somebody else.
 */
export async function checkFingerprint(
  fingerprint: Bytes,
  publicKey: Bytes,
  sealedMessage: Bytes,
): Promise<void> {
  const own = await fingerprintOf(publicKey, sealedMessage);
  if (publicKey.length !== PUBLIC_KEY_BYTES || !equalBytes(fingerprint, own)) {
    throw decryptionFailed('the request is not the one that the link names');
  }
}

/**
 * The `wrapped_key` of an answer: its key, 32 bytes, for who asked alone.
 * @param requestId the request's id, which the wrapped key is bound to
 * @param ephemeralIkm random, unless a known answer is wanted
 * @throws EncryptionError for a public key that is none.
 */
export async function wrapAnswerKey(
  key: Bytes,
  publicKey: Bytes,
  { info }: AnswerKeys,
  requestId: string,
  ephemeralIkm?: Bytes,
): Promise<string> {
  return encodeBase64url(await sealTo(publicKey, contextOf(info, requestId), key, ephemeralIkm));
}

/**
 * The key in an answer's `wrapped_key`.
 * @throws EncryptionError when it was made for another request, without its link, or is no key.
 */
export async function unwrapAnswerKey(
  wrapped: string,
  { keyPair }: CollectKeys,
  { info }: AnswerKeys,
  requestId: string,
): Promise<Bytes> {
  const key = await openWith(keyPair, contextOf(info, requestId), decodeSealed(wrapped));
  if (key.length !== 32) throw decryptionFailed('the wrapped key is not 32 bytes');
  return key;
}

function contextOf(info: Bytes, requestId: string): HpkeContext {
  return { info, aad: encodeUtf8(requestId) };
}

/** The members of a message, and what is wrong with the first one that breaks its rule. */
function inspect(object: object): { readonly known: RequestMessage; readonly problem: string | null } {
  const known: { -readonly [member in keyof RequestMessage]: string } = {};
  for (const member of ['message', 'from'] as const) {
    const value: unknown = Reflect.get(object, member);
    if (value === undefined) continue;
    const problem = textProblem(member, value);
    if (problem !== null) return { known, problem };
    const text = String(value);
    if ([...text].length > LONGEST[member]) {
      return { known, problem: `the ${member} has more than ${LONGEST[member]} characters` };
    }
    known[member] = text;
  }
  return { known, problem: null };
}
