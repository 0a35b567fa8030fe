/** Requests with secrets of the vault, made by a command, the SDK or an agent's tool. */

import type { Logged } from '../../broker/audit/uses.js';
import { type MaskedForms, Masker, maskedForms } from '../../broker/masking/masker.js';
import type { HeaderList } from '../../broker/requests/headers.js';
import type { OutgoingRequest } from '../../broker/requests/injection.js';
import { sendLogged } from '../../broker/requests/logged.js';
import type { RedactedResponse } from '../../broker/requests/redaction.js';
import type { SecretUse } from '../../broker/requests/send.js';
import { resolveInSystem } from '../../net/resolve.js';
import type { Surroundings } from '../../vault/project.js';
import type { Slot } from '../../vault/request-slots.js';
import type { Vault } from '../../vault/vault.js';
import { trustFor } from '../settings/connection.js';
import type { CommonFlags } from '../settings/settings.js';
import type { Terminal } from '../terminal/terminal.js';
import { askPerson } from './approval.js';
import { secretIn } from './place.js';

const NOTHING = maskedForms([]);

/** A secret's name, and its place in the request. */
export interface NamedSlot {
  readonly name: string;
  readonly slot: Slot;
}

/** How a request is made whose response is held in memory. */
export interface HeldCall {
  readonly terminal: Terminal;
  readonly vault: Vault;
  readonly place: Surroundings;
  readonly now: () => number;
  readonly logged: Logged;
  readonly flags?: Pick<CommonFlags, 'caFile'>;
  readonly redirects: number;
  readonly signal: AbortSignal;
  /** Of the body: what is longer is cut. */
  readonly mostBytes: number;
  /** What is masked besides the secrets of the request. */
  readonly maskedToo?: MaskedForms;
  /** Told of each byte of the body that has come: how many they are. */
  readonly onBytes?: (count: number) => void;
}

/** A response without the secrets of its request, all of it. */
export interface HeldResponse {
  readonly status: number;
  /** By their names in lower case: all values of each. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Uint8Array;
  readonly isCut: boolean;
  readonly redacted: boolean;
  /** That all of it took. */
  readonly milliseconds: number;
}

/**
 * Makes a request. Where a secret takes a person's word, that is asked for as {@link askPerson} does.
 * @throws as {@link sendLogged} and {@link askPerson}; CliError `NO_SUCH_NAME`; what `signal` gives.
 */
export async function callAndHold(
  request: OutgoingRequest,
  slots: readonly NamedSlot[],
  held: HeldCall,
): Promise<HeldResponse> {
  const { terminal, vault, place, now, logged, flags = {}, redirects, signal } = held;
  const started = now();
  const uses = usesOf(slots, vault, place);
  const trust = await trustFor(flags, terminal);
  const options = { resolve: resolveInSystem, trust, now, redirects, signal };
  const { agent } = logged;
  const response = await sendLogged(request, uses, options, logged, () =>
    askPerson(request, uses, { terminal, agent, signal }),
  );
  const { bytes, isCut } = await readBody(response, held);
  return {
    status: response.status,
    headers: valuesByName(masked(response.headers, held.maskedToo)),
    body: bytes,
    isCut,
    redacted: response.redacted(),
    milliseconds: Math.round(now() - started),
  };
}

/**
 * The secrets, each with its value and its policy.
 * @throws CliError exit 5 `NO_SUCH_NAME`.
 */
export function usesOf(slots: readonly NamedSlot[], vault: Vault, place: Surroundings): SecretUse[] {
  return slots.map(({ name, slot }) => ({ ...secretIn(vault, name, place), slot }));
}

/** All values of each header, by its name in lower case, as the SDK of AgentSecrets reads them. */
export function valuesByName(headers: HeaderList): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return Object.fromEntries(values);
}

/** The body, or its beginning. Where it is cut, what a secret may have begun with is left out. */
async function readBody(
  response: RedactedResponse,
  { mostBytes, maskedToo = NOTHING, onBytes }: HeldCall,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean }> {
  const masker = new Masker(maskedToo);
  const pieces: Uint8Array[] = [];
  let [come, length] = [0, 0];
  for await (const chunk of response.body) {
    come += chunk.length;
    onBytes?.(come);
    for (const piece of masker.push(chunk)) {
      pieces.push(piece);
      length += piece.length;
    }
    if (length <= mostBytes) continue;
    response.close();
    return { bytes: Buffer.concat(pieces).subarray(0, mostBytes), isCut: true };
  }
  const bytes = Buffer.concat([...pieces, ...masker.end()]);
  return { bytes: bytes.subarray(0, mostBytes), isCut: bytes.length > mostBytes };
}

function masked(headers: HeaderList, forms: MaskedForms = NOTHING): HeaderList {
  const mask = (text: string) => {
    const masker = new Masker(forms);
    return Buffer.concat([...masker.push(Buffer.from(text, 'latin1')), ...masker.end()]).toString('latin1');
  };
  return headers.map(([name, value]) => [mask(name), mask(value)]);
}
