/** The secrets that a proxy may put into requests, and which of them a request is about. */

import type { Policy } from '../../vault/records.js';
import { formatSlot, parseSlot } from '../../vault/request-slots.js';
import { InjectionError, PolicyError, UnknownSecretError } from '../broker-error.js';
import type { MaskedForms, NamedSecret } from '../masking/masker.js';
import { checkBinding, isBoundTo } from '../requests/bindings.js';
import { headerOf, namedInHeader } from '../requests/headers.js';
import type { OutgoingRequest } from '../requests/injection.js';
import { isInBody, slotsOf } from '../requests/placeholders.js';
import { formsIn, type SecretUse } from '../requests/send.js';

/** A secret of the vault, and what programs have in its place. */
export interface BrokeredSecret extends NamedSecret {
  readonly policy: Policy;
  /** Milliseconds since 1970; undefined for never. */
  readonly expiresAt?: number | undefined;
  /** What the environment of a command has in its place. */
  readonly placeholder?: string | undefined;
}

/** They do not change: what the vault says later makes another object. */
export class BrokeredSecrets {
  readonly #byName: ReadonlyMap<string, BrokeredSecret>;
  readonly #bound = new Map<string, readonly BrokeredSecret[]>();
  readonly #forms = new Map<string, MaskedForms>();

  constructor(secrets: readonly BrokeredSecret[]) {
    this.#byName = new Map(secrets.map((secret) => [secret.name, secret]));
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws UnknownSecretError. */
  get(name: string): BrokeredSecret {
    const secret = this.#byName.get(name);
    if (secret === undefined) throw new UnknownSecretError(name);
    return secret;
  }

  /** Those that are bound to the host and port of a URL, whatever its path. */
  boundTo(url: URL): readonly BrokeredSecret[] {
    const known = this.#bound.get(url.origin);
    if (known !== undefined) return known;
    const bound = [...this.#byName.values()].filter(({ policy }) => isBoundTo(policy, url));
    // Any number of hosts may be asked for, and few are bound.
    if (bound.length > 0) this.#bound.set(url.origin, bound);
    return bound;
  }

  /**
   * What is masked in a response of that origin: all that is bound to it, for it knows them.
   * @param mark what stands in place of a secret, by its name.
   */
  formsFor(url: URL, mark?: (name: string) => string): MaskedForms {
    const bound = this.boundTo(url);
    // The mark of no name tells the makers of marks apart.
    const key = bound.length === 0 ? '' : `${mark?.('') ?? ''} ${url.origin}`;
    let forms = this.#forms.get(key);
    if (forms === undefined) {
      forms = formsIn(bound, mark);
      this.#forms.set(key, forms);
    }
    return forms;
  }

  /** Whether the body of a request to that URL may have to be looked at. */
  wantsBody(url: URL): boolean {
    return this.boundTo(url).some(({ policy }) => /^(?:body|form):/.test(policy.as ?? ''));
  }

  /**
   * The secrets whose placeholders stand in a request. In its body only that one counts whose binding names the place:
   * what a text says of a placeholder is not for anybody to fill in.
   * @throws UnknownSecretError, InjectionError.
   */
  standingIn(request: OutgoingRequest): SecretUse[] {
    const uses: SecretUse[] = [];
    const add = (secret: BrokeredSecret, placeholder: string) => {
      for (const slot of slotsOf(placeholder, request)) uses.push({ ...secret, slot, placeholder });
    };
    for (const [, value] of request.headers) {
      const named = namedInHeader(value);
      if (named !== null) add(this.get(named.name), named.placeholder);
    }
    for (const secret of this.#byName.values()) {
      const { placeholder, policy } = secret;
      if (placeholder === undefined) continue;
      add(secret, placeholder);
      const own = policy.as === undefined ? null : parseSlot(policy.as);
      if (own !== null && isInBody(placeholder, own, request))
        uses.push({ ...secret, slot: own, placeholder });
    }
    return uses;
  }

  /**
   * The secrets that a request carries of itself: those whose binding names the host, the path, the method and a slot.
   * @throws PolicyError when there is none; InjectionError when two have the same slot.
   */
  belongingTo({ url, method }: OutgoingRequest): SecretUse[] {
    const uses: SecretUse[] = [];
    let refused: unknown = null;
    for (const secret of this.boundTo(url)) {
      const { name, policy } = secret;
      if (policy.as === undefined) continue;
      const slot = parseSlot(policy.as);
      try {
        checkBinding(name, policy, { url, method, slot });
        uses.push({ ...secret, slot });
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        refused = error;
      }
    }
    if (uses.length === 0) {
      throw (
        refused ??
        new PolicyError(`no secret is bound to ${url.host} with a place of its own`, 'NOT_BOUND', null)
      );
    }
    const slots = uses.map(({ slot }) => formatSlot(slot).toLowerCase().replace('basic', 'bearer'));
    if (new Set(slots).size < slots.length)
      throw new InjectionError(`several secrets are bound to the same place of requests to ${url.host}`);
    return uses;
  }
}

/** The request without what stands in the headers that secrets go into: clients insist on a key of their own. */
export function withoutOwnKeys(request: OutgoingRequest, uses: readonly SecretUse[]): OutgoingRequest {
  const taken = uses.flatMap(({ slot }) => {
    if (slot.kind === 'header') return [slot.name.toLowerCase()];
    return slot.kind === 'bearer' || slot.kind === 'basic' ? ['authorization'] : [];
  });
  if (!taken.some((name) => headerOf(request, name) !== null)) return request;
  return { ...request, headers: request.headers.filter(([name]) => !taken.includes(name.toLowerCase())) };
}
