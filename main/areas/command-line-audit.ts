/**
 * Lines of the Console that change something leave two lines in the audit file, for each machine: what was asked, and what came of it. Written is
 * what the line was understood to be, by names: values of properties, parameters and variables may be secrets, and so may every word of a
 * command line behind its program.
 */
import type { Audit } from '../storage/audit.ts';
import type { Command, InputPair, WinrmCommand } from '../winrm-command/command.ts';
import type { WinrsCommand, WinrsLine } from '../winrm-command/winrs-parse.ts';
import { outcomeOf } from './audit-outcome.ts';
import type { KnownMachine } from './command-line-destination.ts';
import { changes } from './command-line-risk.ts';
import type { LineFront } from './command-line-run.ts';
import type { AreaContext } from './context.ts';
import { credentialOf } from './effective-credential.ts';
import { secretMask } from './known-secrets.ts';

export interface LineAudit {
  /** Does `work`, with the front that it is to use, between the two lines. Rejects as `work` does, and where nothing can be written. */
  around(
    machine: KnownMachine | null,
    command: Command | WinrsLine,
    front: LineFront,
    work: (front: LineFront) => Promise<number>,
  ): Promise<number>;
}

/** `mask` knows the secrets that this run has signed in with. */
export function createLineAudit(context: AreaContext, audit: Audit, mask: (text: string) => string): LineAudit {
  return {
    async around(machine, command, front, work) {
      if (!('connection' in command) || !changes(command)) return work(front);
      const { endpoint, userName, password } = command.connection;
      const own = machine === null ? null : credentialOf(machine.settings, context.store.inventory.data);
      const given = password?.kind === 'given' && password.value.length >= 4 ? password.value : null;
      const words = wordsOf(command);
      const entry = {
        event: 'console-line',
        machineId: machine?.id ?? null,
        machine: machine?.settings.name ?? `${endpoint.host}:${endpoint.port}`,
        // Null: whoever is signed in on this computer.
        user: userName ?? (own?.kind === 'password' ? own.userName : null),
        line: mask(given === null ? words : words.replaceAll(given, secretMask)),
      };
      await audit.write({ ...entry, outcome: 'asked' });
      let failure = null as { readonly error: unknown } | null;
      let returned: string | null = null;
      const watched: LineFront = {
        ...front,
        onElement(element) {
          returned ??= element.children.find(({ local }) => local === 'ReturnValue')?.text ?? null;
          front.onElement(element);
        },
        onError(error) {
          failure = { error };
          front.onError(error);
        },
      };
      let outcome = 'cancelled';
      try {
        const exitCode = await work(watched);
        if (front.cancellation.signal.aborted) outcome = 'cancelled';
        else if (failure !== null && exitCode !== 0) outcome = outcomeOf(failure.error);
        else if (exitCode !== 0) outcome = `exit ${exitCode}`;
        else outcome = command.verb === 'invoke' && returned !== null ? `returned ${returned}` : 'done';
        return exitCode;
      } finally {
        await audit.write({ ...entry, outcome });
      }
    },
  };
}

/** A change as it was understood, in the words of winrm, without where it goes to and as whom. */
export function wordsOf(command: WinrmCommand | WinrsCommand): string {
  switch (command.verb) {
    case 'winrs': {
      const { directory, environment, commandLine } = command;
      const place = directory === null ? '' : ` -directory:${directory}`;
      const names = environment.map(([name]) => ` -environment:${name}=${secretMask}`).join('');
      return `winrs${place}${names} ${programOf(commandLine)}`;
    }
    case 'quickconfig':
      return `winrm quickconfig -transport:${command.transport}${command.force ? ' -force' : ''}`;
    case 'configsddl':
      return `winrm configsddl ${command.resourceUri ?? 'default'}${command.sddl === null ? '' : ` -sddl:${command.sddl}`}`;
    case 'identify':
      return 'winrm identify';
    default: {
      const { resourceUri, selectors = [] } = command.resource;
      const keys = selectors.map(([name, value]) => `${name}=${isSecretName(name) ? secretMask : value}`).join('+');
      const resource = keys === '' ? resourceUri : `${resourceUri}?${keys}`;
      const method = command.verb === 'invoke' ? ` ${command.method}` : '';
      const fragment = 'fragment' in command && command.fragment !== null ? ` -fragment:${command.fragment.path}` : '';
      return `winrm ${command.verb}${method} ${resource}${fragment}${inputOf(command)}${optionsOf(command.options)}`;
    }
  }
}

function inputOf(command: WinrmCommand): string {
  if (!('input' in command)) return '';
  const { input } = command;
  if (input.kind === 'file') return ` -file:${input.path}`;
  return input.pairs.length === 0 ? '' : ` @{${namesOf(input.pairs)}}`;
}

const optionsOf = (options: readonly InputPair[]): string =>
  options.length === 0 ? '' : ` -options:{${namesOf(options)}}`;

const namesOf = (pairs: readonly InputPair[]): string =>
  pairs.map(([name, value]) => `${name}=${value === null ? '$null' : secretMask}`).join(';');

const secretWords = 'passw|passphrase|passcode|pwd|secret|credential|apikey|accesskey|token|connectionstring';
const isSecretName = (name: string): boolean => new RegExp(secretWords, 'i').test(name);

/** The first word of a command line, and that there is more: where a secret stands in the rest, nobody can tell. */
function programOf(commandLine: string): string {
  const [program = ''] = /^(?:"[^"]*"?|[^\s"&|<>]+)/.exec(commandLine.trim()) ?? [];
  return program.length === commandLine.trim().length ? program : `${program} …`;
}
