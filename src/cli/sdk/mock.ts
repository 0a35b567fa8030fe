/**
 * A vault in memory for the tests of programs that use `zephr/vault`. It holds names and bindings and no values, sends
 * nothing and starts nothing; what it records has no field for a value.
 */

import { checkBinding } from '../../broker/requests/bindings.js';
import { ZephrError } from '../../core/errors.js';
import { isForProcesses } from '../../vault/policy.js';
import { checkPlace } from '../../vault/records.js';
import { formatSlot } from '../../vault/request-slots.js';
import { CliError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { CallOptions, CallResponse } from './call.js';
import { withWayOut } from './errors.js';
import { isInBody, slotsIn } from './request.js';
import type { RunOptions, RunResult } from './run.js';
import type { ListedSecret } from './secrets.js';

/** What may be done with a secret of a test, as `zephr vault bind` would say it. Without hosts it is for commands. */
export interface TestBinding {
  readonly hosts?: readonly string[];
  /** Such as `bearer` or `header:X-Key`. */
  readonly as?: string;
  readonly methods?: readonly string[];
}

/** A request that the program made. */
export interface RecordedCall {
  readonly method: string;
  /** Without its query. */
  readonly url: string;
  /** Names, and their places in the request. */
  readonly secrets: readonly { readonly name: string; readonly as: string }[];
  readonly agent: string | null;
  /** The code of the error that it ended with; null where it was sent. */
  readonly refused: string | null;
}

/** A command that the program started. */
export interface RecordedRun {
  readonly command: string;
  readonly args: readonly string[];
  /** Names. */
  readonly secrets: readonly string[];
  readonly refused: string | null;
}

/** What a host of the test answers. */
export interface TestAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: empty. */
  readonly body?: string | Uint8Array;
}

export interface TestVaultOptions {
  /** The secrets, by name. */
  readonly secrets?: Readonly<Record<string, TestBinding>>;
  /** What hosts answer. Default: 200, and an empty body. */
  readonly answer?: (call: RecordedCall) => TestAnswer;
  /** How commands end. Default: with 0, having printed nothing. */
  readonly end?: (run: RecordedRun) => Partial<RunResult>;
}

/** The functions of `zephr/vault`, and what was done with them. */
export interface TestVault {
  callWithSecret(url: string | URL, options?: CallOptions): Promise<CallResponse>;
  runWithSecrets(command: string, args?: readonly string[], options?: RunOptions): Promise<RunResult>;
  listSecrets(): Promise<ListedSecret[]>;
  /** Keeps the name; the value is dropped. */
  setSecret(name: string, value: string | Uint8Array): Promise<void>;
  deleteSecret(name: string): Promise<boolean>;
  readonly calls: readonly RecordedCall[];
  readonly runs: readonly RecordedRun[];
}

/**
 * Makes a vault for a test. It refuses what a vault with these bindings would refuse, with the same errors.
 * @example
 * const vault = createTestVault({ secrets: { API_KEY: { hosts: ['api.example.com'] } } });
 * await programUnderTest(vault);
 * expect(vault.calls[0].secrets).toEqual([{ name: 'API_KEY', as: 'bearer' }]);
 */
export function createTestVault({
  secrets = {},
  answer = () => ({}),
  end = () => ({}),
}: TestVaultOptions = {}): TestVault {
  const kept = new Map(Object.entries(secrets));
  for (const name of kept.keys()) checkPlace({ project: 'default', environment: 'default', name });
  const calls: RecordedCall[] = [];
  const runs: RecordedRun[] = [];
  const bindingOf = (name: string): TestBinding => {
    const binding = kept.get(name);
    if (binding !== undefined) return binding;
    throw new CliError(EXIT.notFound, 'NO_SUCH_NAME', `there is no secret ${name}`);
  };
  return {
    calls,
    runs,
    async callWithSecret(url, options = {}) {
      const target = new URL(url);
      const slots = slotsIn(options);
      const hasBody = options.body !== undefined || options.json !== undefined;
      const method = (options.method ?? (hasBody || slots.some(isInBody) ? 'POST' : 'GET')).toUpperCase();
      const error = errorOf(() => {
        for (const { name, slot } of slots)
          checkBinding(name, bindingOf(name), { url: target, method, slot });
      }, target.host);
      const call: RecordedCall = {
        method,
        url: target.origin + target.pathname,
        secrets: slots.map(({ name, slot }) => ({ name, as: formatSlot(slot) })),
        agent: options.agent ?? null,
        refused: error?.code ?? null,
      };
      calls.push(call);
      if (error !== null) throw error;
      return responseOf(answer(call));
    },
    async runWithSecrets(command, args = [], { only } = {}) {
      const names = only ?? [...kept].filter(([, binding]) => isForProcesses(binding)).map(([name]) => name);
      const error = errorOf(() => {
        for (const name of names) if (!isForProcesses(bindingOf(name))) throw forNoCommand(name);
      });
      const run: RecordedRun = { command, args: [...args], secrets: names, refused: error?.code ?? null };
      runs.push(run);
      if (error !== null) throw error;
      return { code: 0, signal: null, stdout: null, stderr: null, ...end(run) };
    },
    async listSecrets() {
      return [...kept].sort().map(([name, { hosts = [] }]) => ({
        name,
        project: 'default',
        environment: 'default',
        hosts,
        changedAt: new Date(0),
        expiresAt: null,
      }));
    },
    async setSecret(name) {
      checkPlace({ project: 'default', environment: 'default', name });
      kept.set(name, kept.get(name) ?? {});
    },
    deleteSecret: async (name) => kept.delete(name),
  };
}

function forNoCommand(name: string): CliError {
  return new CliError(EXIT.notAllowed, 'NOT_ALLOWED', `${name} is bound to hosts, and for no command`);
}

/** What programs get for what the work throws; null when it throws nothing. */
function errorOf(work: () => void, host: string | null = null): ZephrError | null {
  try {
    work();
    return null;
  } catch (thrown) {
    const error = withWayOut(thrown, host);
    if (error instanceof ZephrError) return error;
    throw error;
  }
}

function responseOf({ status = 200, headers = {}, body = '' }: TestAnswer): CallResponse {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const text = () => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]),
    ),
    body: bytes,
    redacted: false,
    durationMs: 0,
    text,
    json: () => JSON.parse(text()),
  };
}
