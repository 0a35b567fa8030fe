/** `zephr call`: an HTTP request with secrets that the caller never sees. */

import { type Logged, logRefused } from '../../../../broker/audit/uses.js';
import type { OutgoingRequest } from '../../../../broker/requests/injection.js';
import { sendLogged, usedFor } from '../../../../broker/requests/logged.js';
import type { RedactedResponse } from '../../../../broker/requests/redaction.js';
import { MOST_REDIRECTS, type SecretUse } from '../../../../broker/requests/send.js';
import { resolveInSystem } from '../../../../net/resolve.js';
import { formatSlot } from '../../../../vault/request-slots.js';
import { requireVault } from '../../../../vault/unlocking/access.js';
import { CliError } from '../../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../../exit/codes.js';
import type { Context } from '../../../parser/command.js';
import { trustFor } from '../../../settings/connection.js';
import { isAllowedByPerson, loggedAs, requirePerson, vaultAccess } from '../../../vault/access.js';
import type { PlaceFlags } from '../../../vault/flags.js';
import { placeOf } from '../../../vault/place.js';
import { type NamedSlot, usesOf } from '../../../vault/requests.js';
import { type BodyFlags, openBody } from './body.js';
import { type RequestFlags, requestOf, slotsOf } from './request.js';

export type CallContext = Context<
  PlaceFlags &
    RequestFlags &
    BodyFlags & { readonly location?: boolean; readonly fail?: boolean; readonly agent?: string },
  { readonly url: string }
>;

/** Makes the request, and prints what came back. Any answer is exit 0, unless `--fail` says otherwise. */
export async function call(context: CallContext): Promise<ExitCode> {
  const { args, flags, terminal, now } = context;
  const slots = slotsOf(flags);
  const logged = { ...loggedAs('call', terminal), agent: flags.agent };
  const request = await requestOf(args.url, flags, slots, terminal);
  const body = await openBody(flags, terminal);
  try {
    const uses = await usesFor(slots, context);
    await askForApproval(request, uses, logged, context);
    const started = now();
    const trust = await trustFor(flags, terminal);
    const options = {
      resolve: resolveInSystem,
      trust,
      now,
      redirects: flags.location ? MOST_REDIRECTS : 0,
      signal: terminal.interrupt,
    };
    const response = await sendLogged(request, uses, options, logged);
    if (flags.fail && response.status >= 400) {
      response.close();
      const message = `${request.url.host} answered ${statusOf(response)}`;
      throw new CliError(EXIT.answeredWithError, 'ANSWERED_WITH_ERROR', message);
    }
    await body.deliver(response, Math.round(now() - started));
    return EXIT.done;
  } finally {
    await body.discard();
  }
}

async function usesFor(slots: readonly NamedSlot[], { flags, terminal }: CallContext): Promise<SecretUse[]> {
  if (slots.length === 0) return [];
  const find = await placeOf(flags, terminal);
  const { vault } = await requireVault(vaultAccess(flags, terminal));
  return usesOf(slots, vault, await find(vault));
}

/** @throws CliError exit 4 when a person has to be asked and none is there, or the answer is no. */
async function askForApproval(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  logged: Logged,
  { terminal, now }: CallContext,
): Promise<void> {
  const asked = uses.filter(({ policy }) => policy.approve === true);
  if (asked.length === 0) return;
  const use = usedFor(request, asked);
  const names = asked.map(({ name }) => name).join(', ');
  await requirePerson(`the use of ${names}`, { terminal, now }, logged, use);
  const what = asked.map(({ name, slot }) => `${name} as ${formatSlot(slot)}`).join(', ');
  const { method, url } = request;
  const question = `${method} ${url.host}${url.pathname} wants ${what}`;
  if (await isAllowedByPerson(question, terminal)) return;
  const error = new CliError(EXIT.notAllowed, 'NOT_ALLOWED', 'the use was not allowed');
  await logRefused(logged, use, error, now);
  throw error;
}

function statusOf({ status, statusText }: RedactedResponse): string {
  return statusText === '' ? String(status) : `${status} ${statusText}`;
}
