/** `zephr call`: an HTTP request with secrets that the caller never sees. */

import { sendLogged } from '../../../../broker/requests/logged.js';
import type { RedactedResponse } from '../../../../broker/requests/redaction.js';
import { MOST_REDIRECTS, type SecretUse } from '../../../../broker/requests/send.js';
import { resolveInSystem } from '../../../../net/resolve.js';
import { requireVault } from '../../../../vault/unlocking/access.js';
import { CliError } from '../../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../../exit/codes.js';
import type { Context } from '../../../parser/command.js';
import { trustFor } from '../../../settings/connection.js';
import { loggedAs, vaultAccess } from '../../../vault/access.js';
import { askPerson } from '../../../vault/approval.js';
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
    const started = now();
    const trust = await trustFor(flags, terminal);
    const options = {
      resolve: resolveInSystem,
      trust,
      now,
      redirects: flags.location ? MOST_REDIRECTS : 0,
      signal: terminal.interrupt,
    };
    const { agent } = flags;
    const response = await sendLogged(request, uses, options, logged, () =>
      askPerson(request, uses, { terminal, agent, signal: terminal.interrupt }),
    );
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

function statusOf({ status, statusText }: RedactedResponse): string {
  return statusText === '' ? String(status) : `${status} ${statusText}`;
}
