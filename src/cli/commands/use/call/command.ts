/** What `zephr call` is and takes. */

import type { CliCommand } from '../../../parser/command.js';
import { repeated } from '../../../parser/option.js';
import { declarePlace, declareVault } from '../../../vault/flags.js';
import type { CallContext } from './call.js';

/** Adds the command. */
export function addCall(program: CliCommand): void {
  program.command('call').summary('make an HTTP request with a secret').declares(declare);
}

function declare(command: CliCommand): void {
  declareVault(declarePlace(command))
    .argument('<url>', 'https, or http on this machine')
    .description(
      'Makes an HTTP request with secrets of the vault in it, and prints the body of the response, without them. Each ' +
        'goes to the hosts it is bound to, in its own slot, and nowhere else. Nothing is tried twice.',
    )
    .option('-X, --request <method>', 'the method (default: GET, or POST with a body)')
    .option('-d, --data <data>', 'the body: a text, @file, or - for stdin')
    .option('-H, --add-header <header>', "a header, such as 'Accept: text/plain'; repeatable", repeated)
    .option('--bearer <NAME>', 'a secret as Authorization: Bearer')
    .option('--basic <NAME>', 'a secret user:password as Authorization: Basic')
    .option('--header <N=NAME>', 'a secret as the header N; repeatable', repeated)
    .option('--query <p=NAME>', 'a secret as the parameter p of the URL; repeatable', repeated)
    .option('--body-field <a.b=NAME>', 'a secret in the JSON body; repeatable', repeated)
    .option('--form-field <f=NAME>', 'a secret as a field of the form; repeatable', repeated)
    .option('-L, --location', 'follow redirects')
    .option('-f, --fail', 'exit 22 from status 400 on, without a body')
    .option('-o, --output <file>', 'write the body there instead')
    .option('--force', 'overwrite that file')
    .option('--agent <name>', 'who asks, for the log')
    .example('zephr call https://api.example.com/v1/me --bearer API_KEY')
    .runs(async (context: CallContext) => (await import('./call.js')).call(context));
}
