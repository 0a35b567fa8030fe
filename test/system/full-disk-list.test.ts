/** The list of what was sent, on a disk that fills up: it gets whole lines or none. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';
import { smallDisk, withoutDisk } from '../support/small-disk.js';

const server = sharedServer();

it.skipIf(withoutDisk !== '')(
  `a full disk costs no create, and leaves no half line in the list${withoutDisk}`,
  { timeout: 60_000 },
  async () => {
    const { folder, fill, free } = smallDisk();
    const session = server.session({ XDG_STATE_HOME: folder });
    const send = (count: number) =>
      session.sh(
        `n=0; while [ $n -lt ${count} ]; do n=$((n + 1))
        echo hunter2 | zephr -q --memo "$MEMO" > link || exit; done; zephr get < link`,
        {
          env: { MEMO: 'x'.repeat(700) },
        },
      );
    expect(await send(1)).toMatchObject({ code: 0, stdout: 'hunter2\n' });
    fill();
    // The first of these still fit into the last block of the file, and then one does in part.
    expect(await send(6)).toMatchObject({ code: 0, stdout: 'hunter2\n' });
    const lines = readFileSync(join(folder, 'zephr/sent.jsonl'), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ kind: 'secret' });
    expect(await session.sh('zephr ls > /dev/null')).toMatchObject({ code: 0, stderr: '' });
    free();
    await send(1);
    expect((await session.sh('zephr ls')).stdout.split('\n')).toHaveLength(lines.length + 2);
  },
);
