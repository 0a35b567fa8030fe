/** Waiting for what a server logs. */

import type { ServerProcess } from './server.js';

/** The lines of a server's log, as far as they are whole. */
export function logged(server: ServerProcess): Record<string, unknown>[] {
  const lines = server.log().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The first line with this event, as soon as it is there. A test that waits in vain fails by its timeout. */
export async function loggedEvent(server: ServerProcess, event: string): Promise<Record<string, unknown>> {
  for (;;) {
    const line = logged(server).find((one) => one.event === event);
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The origin it listens on, which it does not print when it has a base URL. */
export async function origin(server: ServerProcess): Promise<string> {
  return String((await loggedEvent(server, 'ready')).listening);
}
