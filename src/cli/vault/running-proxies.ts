/** The proxies of this user that run, and what can be asked of them. */

import { proxySockets } from '../../vault/places.js';
import { askLine, type Line } from '../../vault/unlocking/line-socket.js';
import type { Terminal } from '../terminal/terminal.js';

/** A proxy of this user that answers. */
export interface Running {
  readonly port: number;
  readonly socket: string;
  readonly status: Line;
}

/** Those that answer, by their ports; of a port alone, where one is named. */
export async function runningProxies(wanted: number | undefined, terminal: Terminal): Promise<Running[]> {
  const found = (await proxySockets(terminal))
    .filter(({ port }) => wanted === undefined || port === wanted)
    .map(async ({ port, socket }): Promise<Running[]> => {
      const status = await askLine(socket, { want: 'status' });
      return status === null ? [] : [{ port, socket, status }];
    });
  return (await Promise.all(found)).flat();
}
