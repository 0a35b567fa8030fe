/** What `zephr request` and `zephr give` are and take: one asks for a secret, the other answers. */

import { MAX_VIEWS } from '../../../core/protocol/limits.js';
import { MAX_ANSWERS } from '../../../core/protocol/secret-requests.js';
import type { CliCommand } from '../../parser/command.js';
import { gateOptions } from '../../parser/gate-options.js';
import { CliOption, wholeNumber } from '../../parser/option.js';
import { attachOption, forOption } from '../../parser/shared-options.js';
import type { GiveContext } from './give.js';
import type { RequestContext } from './request.js';

/** Adds both commands. */
export function addRequest(program: CliCommand): void {
  program.command('request').summary('ask for a secret: print the link to send').declares(declareRequest);
  program.command('give').summary('answer a request').declares(declareGive);
}

const EXPIRIES = ['1h', '1d', '7d', '30d'];

function declareRequest(command: CliCommand): void {
  command
    .description(
      'Asks for a secret. Prints a link: whoever opens it can answer, and only this machine can open the answer, with zephr get. With --wait it waits, and prints the answer in place of the link.',
    )
    .option('-m, --message <text>', 'what is asked for, encrypted')
    .option('--from <name>', 'who asks, encrypted')
    .addOption(
      new CliOption('-e, --expiry <time>', 'how long it can be answered')
        .default(undefined, '1d')
        .offers(EXPIRIES),
    )
    .addOption(
      new CliOption('--secret-expiry <time>', 'how long an answer can be read')
        .default(undefined, '1d')
        .offers(EXPIRIES),
    )
    .addOption(countOption('--answers <n>', `answers, 1 to ${MAX_ANSWERS}`))
    .addOption(countOption('--views <n>', `readers of each answer, 1 to ${MAX_VIEWS}`))
    .option('--callback-url <url>', 'https URL that gets a webhook when it is answered')
    .option('--callback-secret-file <file>', 'signs the webhook; or ZEPHR_CALLBACK_SECRET')
    .option('-c, --copy', 'put the link on the clipboard; with --wait, the answer')
    .option('--copy-link', 'put the link on the clipboard')
    .option('--qr', 'draw the link as a QR code on stderr')
    .option('--memo <text>', 'for your own list, zephr ls; sent to nobody')
    .option('--no-record', 'keep nothing here: print a link to collect the answers, too')
    .option('--wait', 'print the link on stderr, wait, and print the answer')
    .addOption(forOption())
    .option('-o, --output <file>', 'with --wait: write the answer to this file or directory')
    .option('--force', 'replace the file named by --output')
    .option('--exec', 'with --wait: give the answer to the command behind --')
    .takesCommandLine('--exec')
    .example('zephr request -m "staging, please"', 'a link to send')
    .example('zephr get 4Zv0nW1c', 'the answer')
    .example('PASSWORD=$(zephr request --wait --from ci)', 'in a script')
    .runs(async (context: RequestContext) => {
      const { request } = await import('./request.js');
      return request(context);
    });
  for (const option of gateOptions()) command.addOption(option);
}

function declareGive(command: CliCommand): void {
  command
    .argument('[link]', 'the link of the request')
    // A lone `-` behind the link, as in a create.
    .judgesWords()
    .description(
      'Answers a request: says who asks for what, reads a secret on stdin or asks for it on a terminal, or takes files, and seals it for who asked alone. A lone - behind the link makes stdin the text beside files.',
    )
    .addOption(attachOption())
    .option('--name <file name>', 'file name for who asked, encrypted')
    .option('-m, --message <text>', 'message to who asked, encrypted')
    .option('--trim', 'leave out one final line end, as from echo')
    .option('--memo <text>', 'for your own list, zephr ls; sent to nobody')
    .option('--no-record', 'keep no line of it in that list')
    .example('printf %s "$PASSWORD" | zephr give "$LINK"', 'only who asked can open it')
    .example('zephr give "$LINK" -a kube.config -a ca.pem', 'files, with their names')
    .runs(async (context: GiveContext) => {
      const { give } = await import('./give.js');
      return give(context, command.args);
    });
}

/** An option for a number that the client checks. */
function countOption(flags: string, description: string): CliOption {
  const [name = ''] = flags.split(' ');
  const range = { min: 0, max: 999_999_999 };
  return new CliOption(flags, description)
    .default(undefined, '1')
    .argParser(wholeNumber(range, `${name} is not a whole number`, 'write it in digits'));
}
