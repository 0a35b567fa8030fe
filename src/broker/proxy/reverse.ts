/**
 * The two ways to ask a proxy for a request without being told of it as one: by headers at `/proxy`, as AgentSecrets'
 * SDK does, and by a base URL, `/to/{host}/…`.
 */

import type { IncomingMessage } from 'node:http';
import { ValidationError } from '../../core/errors.js';
import { isSecretName } from '../../vault/records.js';
import { parseSlot } from '../../vault/request-slots.js';
import { isLoopback } from '../requests/bindings.js';
import type { HeaderList } from '../requests/headers.js';
import type { OutgoingRequest } from '../requests/injection.js';
import type { SecretUse } from '../requests/send.js';
import { withoutToken } from './admission.js';
import type { Errand } from './errand.js';
import { holdBody, outgoingOf, targetOf } from './incoming.js';
import { type BrokeredSecrets, withoutOwnKeys } from './secrets.js';

/** What AgentSecrets' SDK looks for in a response, to know that something was taken out of it. */
const THEIR_MARK = '[REDACTED_BY_AGENTSECRETS]';

/** Headers for the proxy, not for the target. */
const CONTROL = /^x-as-/i;

/** `X-AS-Inject-Header-X-Api-Key: API_KEY` and its like. Names keep their case. */
const INJECTION = /^x-as-inject-(bearer|basic|header|query|body|form)(?:-(.+))?$/i;

/**
 * The errand that the headers of a request to `/proxy` describe.
 * @throws ValidationError `NO_TARGET`, `NO_INJECTION`, `INVALID_SLOT`; UnknownSecretError; InjectionError.
 */
export async function errandByHeaders(
  message: IncomingMessage,
  secrets: BrokeredSecrets,
  token: string,
): Promise<Errand> {
  const { 'x-as-target-url': target, 'x-as-method': method } = message.headers;
  if (typeof target !== 'string' || !URL.canParse(target))
    throw new ValidationError('X-AS-Target-URL does not say where the request goes', 'NO_TARGET');
  const outgoing = outgoingOf(message, new URL(target));
  const uses = injectionsIn(outgoing.headers, secrets);
  if (uses.length === 0)
    throw new ValidationError('no X-AS-Inject header says which secret goes where', 'NO_INJECTION');
  const request: OutgoingRequest = {
    ...outgoing,
    method: typeof method === 'string' ? method.toUpperCase() : outgoing.method,
    headers: withoutToken(outgoing.headers, token).filter(([name]) => !CONTROL.test(name)),
  };
  const intoBody = uses.some(({ slot }) => slot.kind === 'body' || slot.kind === 'form');
  return {
    request: intoBody ? await holdBody(request) : request,
    uses,
    agent: agentOf(message),
    mark: () => THEIR_MARK,
  };
}

/**
 * The errand of a request to `/to/{host}/…`: with the secrets that its headers or placeholders name, or else with those
 * that belong to the host.
 * @throws PolicyError, UnknownSecretError, InjectionError; ValidationError `NO_TARGET`, `INVALID_SLOT`.
 */
export async function errandByBaseUrl(
  message: IncomingMessage,
  secrets: BrokeredSecrets,
  token: string,
): Promise<Errand> {
  const [, host = '', path = ''] = /^\/to\/([^/?#]+)(.*)$/s.exec(message.url ?? '') ?? [];
  if (!URL.canParse(`https://${host}/`) || /[@\\]/.test(host))
    throw new ValidationError('the path does not say where the request goes: /to/{host}/…', 'NO_TARGET');
  const scheme = isLoopback(new URL(`https://${host}/`)) ? 'http' : 'https';
  const outgoing = outgoingOf(
    message,
    targetOf(`${scheme}://${host}`, path.startsWith('/') ? path : `/${path}`),
  );
  const named = injectionsIn(outgoing.headers, secrets);
  const headers = withoutToken(outgoing.headers, token).filter(([name]) => !CONTROL.test(name));
  const request = { ...outgoing, headers };
  const agent = agentOf(message);
  const held =
    secrets.wantsBody(request.url) || named.some(({ slot }) => slot.kind === 'body' || slot.kind === 'form')
      ? await holdBody(request)
      : request;
  const uses = named.length > 0 ? named : secrets.standingIn(held);
  if (uses.length > 0) return { request: held, uses, agent };
  const own = secrets.belongingTo(held);
  return { request: withoutOwnKeys(held, own), uses: own, agent };
}

function injectionsIn(headers: HeaderList, secrets: BrokeredSecrets): SecretUse[] {
  return headers.flatMap(([header, name]) => {
    const [, kind, place] = INJECTION.exec(header) ?? [];
    if (kind === undefined) return [];
    const slot = parseSlot([kind.toLowerCase(), ...(place === undefined ? [] : [place])].join(':'));
    // What is no name is not repeated: it may be the secret itself.
    if (!isSecretName(name))
      throw new ValidationError(`${header} takes the name of a secret`, 'INVALID_SLOT');
    return [{ ...secrets.get(name), slot }];
  });
}

function agentOf({ headers }: IncomingMessage): string | undefined {
  const agent = headers['x-as-agent-id'];
  return typeof agent === 'string' && agent !== '' ? agent : undefined;
}
