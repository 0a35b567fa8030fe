/** What `zephr proxy` and its commands are and take. */

import { usageError } from '../../../exit/cli-error.js';
import type { CliCommand } from '../../../parser/command.js';
import { CliOption, oneOf, wholeNumber } from '../../../parser/option.js';
import { declarePlace, declareVault } from '../../../vault/flags.js';
import type { ApproveContext, ControlContext } from './control.js';
import type { StartContext } from './start.js';

/** Adds the commands. */
export function addProxy(program: CliCommand): void {
  program.command('proxy').summary('the same for programs: a local proxy').declares(declare);
}

const PORT = wholeNumber({ min: 0, max: 65_535 }, '--port is not 0 to 65535');

function declare(proxy: CliCommand): void {
  proxy
    .description(
      'A proxy on this machine, for programs that know nothing of the vault: they send requests without secrets, and ' +
        'it puts those in that are bound to where the request goes. Nobody without its token is answered.',
    )
    .example('zephr proxy start')
    .example('zephr proxy approve', 'say yes or no to what waits');
  declareVault(declarePlace(proxy.command('start').summary('run one until a signal ends it')))
    .description(
      'Runs a proxy with the bound secrets of the vault, prints its address when it is ready, and goes on until a ' +
        'signal, zephr proxy stop or the end of its time. SIGHUP reads the vault again.',
    )
    .addOption(new CliOption('--port <port>', 'the port; 0 picks one').argParser(PORT).default(8765))
    .addOption(new CliOption('--ttl <time>', 'how long').default('8h'))
    .addOption(declareEgress())
    .option('--compat-no-token', "answer this user's programs at /proxy without a token")
    .example('zephr proxy start --port 9000 --ttl 1h')
    .runs(async (context: StartContext) => (await import('./start.js')).start(context), {
      ownInterrupts: true,
    });

  declarePort(proxy.command('stop').summary('end it'))
    .description('Ends the proxy. To end it again is no error.')
    .example('zephr proxy stop')
    .runs(async (context: ControlContext) => (await import('./control.js')).stop(context));
  declarePort(proxy.command('status').summary('print which run, and until when'))
    .description(
      'Prints a line for each proxy of this user: its address, and until when. Exit 11 when none runs.',
    )
    .example('zephr proxy status --json', 'for a script')
    .runs(async (context: ControlContext) => (await import('./control.js')).status(context));
  declarePort(proxy.command('approve').summary('allow the uses that wait'))
    .description(
      'Shows each request that waits for a person because its secret was bound with --approve, and asks whether it ' +
        'may go on. It takes a person at a terminal. Exit 11 when none waits.',
    )
    .example('zephr proxy approve')
    .runs(async (context: ApproveContext) => (await import('./control.js')).approve(context));
  declarePort(proxy.command('rotate').summary('make another token'))
    .description('Makes another token for the proxy. The one before is worth nothing from then on.')
    .example('zephr proxy rotate')
    .runs(async (context: ControlContext) => (await import('./control.js')).rotate(context));
}

/** What becomes of hosts that no secret is bound to. */
export function declareEgress(): CliOption {
  const option = new CliOption('--egress <what>', 'open or strict: refuse hosts without a secret');
  return oneOf(option.default('open'), ['open', 'strict'], () => usageError('--egress is open or strict'));
}

function declarePort(command: CliCommand): CliCommand {
  return command.addOption(new CliOption('--port <port>', 'which one, where several run').argParser(PORT));
}
