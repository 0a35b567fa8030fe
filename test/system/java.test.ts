/** Java behind `zephr run --proxy`, as it is: its clients show a proxy no token, and trust by a store of their own. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../support/self-signed.js';
import { vaultSession } from '../support/vault.js';

const SECRET = 'correct horse/battery+staple';

// A runtime alone has no compiler for a program in one file.
const HAS_JAVA = spawnSync('java', ['--list-modules']).stdout?.includes('jdk.compiler') === true;

const because = HAS_JAVA ? '' : ' (skipped: there is no java of a JDK)';

const PROGRAM = `import java.net.*; import java.net.http.*;
public class Ask { public static void main(String[] args) throws Exception {
  String bearer = "Bearer " + System.getenv("API_KEY");
  var connection = (HttpURLConnection) new URL(args[0] + "/old").openConnection();
  connection.setRequestProperty("Authorization", bearer);
  System.out.println(new String(connection.getInputStream().readAllBytes()));
  var request = HttpRequest.newBuilder(URI.create(args[0] + "/new")).header("Authorization", bearer).build();
  System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
} }`;

it.skipIf(!HAS_JAVA)(
  `both clients of Java send the secret, and get it masked${because}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephr-java-'));
    const { cert, key } = makeCertificate(folder, 'host');
    const asked: string[] = [];
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (message, response) => {
      asked.push(`${message.url} ${message.headers.authorization}`);
      response.end(`you are ${message.headers.authorization}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = await vaultSession();
    session.env.ZEPHR_CA_FILE = cert;
    session.env.JAVA_TOOL_OPTIONS = '-Down=kept';
    await session.sh(`zephr vault set API_KEY --host ${target}`, { stdin: SECRET });
    writeFileSync(join(session.folder, 'Ask.java'), PROGRAM);
    const { stdout, stderr, code } = await session.sh(`zephr run --proxy -- java Ask.java https://${target}`);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^(?:you are Bearer \[masked API_KEY\]\n){2}$/);
    expect(asked.slice(-2)).toEqual([`/old Bearer ${SECRET}`, `/new Bearer ${SECRET}`]);
    expect(stderr).toContain('-Down=kept');
  },
  120_000,
);
