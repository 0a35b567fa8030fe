/** Where the body of a response goes: to stdout as it comes, into a file, or with all else into one JSON object. */

import type { RedactedResponse } from '../../../../broker/requests/redaction.js';
import { decodeUtf8 } from '../../../../core/bytes.js';
import { CliError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import { openOutputFile } from '../../../files/output-file.js';
import type { CommonFlags } from '../../../settings/settings.js';
import { jsonLine } from '../../../terminal/escape.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { valuesByName } from '../../../vault/requests.js';

export interface BodyFlags extends CommonFlags {
  readonly output?: string;
  readonly force?: boolean;
}

export interface BodyDestination {
  /** Reads the body to its end. @param milliseconds that the request took. */
  deliver(response: RedactedResponse, milliseconds: number): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Opens it before the request is sent.
 * @throws CliError exit 4 or 2, as for the file of a secret; exit 10 when stdout is closed.
 */
export async function openBody(flags: BodyFlags, terminal: Terminal): Promise<BodyDestination> {
  const { json, output, force = false } = flags;
  const { stdout } = terminal;
  if (output !== undefined && output !== '-') {
    const file = await openOutputFile(output, { force }, terminal);
    return {
      async deliver(response, milliseconds) {
        const path = await file.complete(response.body, undefined);
        if (json) await stdout.write(jsonLine({ ...aboutResponse(response, milliseconds), output: path }));
      },
      discard: () => file.discard(),
    };
  }
  if (stdout.wasClosed)
    throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', 'stdout is closed: nothing was sent', {
      advice: 'use --output <file>',
    });
  return {
    async deliver(response, milliseconds) {
      if (json) {
        const body = await wholeOf(response);
        await stdout.write(jsonLine({ ...aboutResponse(response, milliseconds), ...asJson(body) }));
      } else for await (const bytes of response.body) await stdout.write(bytes);
      await stdout.flush();
    },
    discard: async () => undefined,
  };
}

function aboutResponse(response: RedactedResponse, milliseconds: number) {
  const headers = valuesByName(response.headers);
  return { status: response.status, headers, redacted: response.redacted(), duration_ms: milliseconds };
}

async function wholeOf({ body }: RedactedResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function asJson(bytes: Uint8Array): { readonly body: string; readonly base64?: true } {
  try {
    return { body: decodeUtf8(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { body: Buffer.from(bytes).toString('base64'), base64: true };
  }
}
