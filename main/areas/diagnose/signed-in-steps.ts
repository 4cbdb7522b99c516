/** The sign-in, and then side by side what a console needs of the machine: its configuration, its service, WMI, a shell. */

import { abortable } from '../../sessions/abortable.ts';
import {
  type CommandResult,
  type ConnectionSecurity,
  cimSchema,
  collectOutput,
  type Identity,
  openShell,
  readSettings,
  resourceUris,
  type Shell,
  WSManFault,
} from '../../wsman/index.ts';
import { queryOne, select } from '../query.ts';
import type { StepContext } from './engine.ts';
import { makeOf } from './makes.ts';
import type { Outcome } from './recorder.ts';
import { goBack } from './way-back.ts';

export type AfterSignIn = 'config' | 'service' | 'wmi' | 'shell' | 'way-back';

/** What signing in has told. */
export interface SignedIn {
  /** Null where even then it does not say who it is. */
  readonly identity: Identity | null;
}

/**
 * One attempt, and no more than Identify is asked in it. Who gets a fault has signed in. Null where nothing can be asked after it.
 */
export async function signIn(context: StepContext): Promise<SignedIn | null> {
  const { recorder, client, who, signal } = context;
  let identity: Identity | null = null;
  let fault: WSManFault | null = null;
  const outcome = await recorder.run('sign-in', async () => {
    await context.signIn(signal, async () => {
      try {
        identity = await client.identify({ signal });
        context.facts.identity = identity;
      } catch (error) {
        if (!(error instanceof WSManFault)) throw error;
        fault = error;
      }
    });
    return {
      state: 'passed',
      meaning: howSignedIn(who ?? 'Nobody', client.security()),
      evidence: evidenceOf(client.security()),
    };
  });
  if (outcome.state !== 'passed') return null;
  await recorder.run('signed-in-identify', async () => {
    if (fault !== null) throw fault;
    return { state: 'passed', ...inWords(identity) };
  });
  return { identity };
}

function inWords(identity: Identity | null): Pick<Outcome, 'meaning' | 'evidence'> {
  const { productVendor, productVersion, os, stack, securityProfiles } = identity!;
  const what = stack === null ? (productVersion ?? 'WS-Management') : `WinRM ${stack}`;
  const system = os === null || os.startsWith('0.') ? '' : ` on Windows ${os}`;
  return {
    meaning: `${what}${system} answers whoever has signed in.`,
    evidence: [
      [productVendor, productVersion].filter((part) => part !== null).join(', '),
      ...(securityProfiles.length === 0 ? [] : [securityProfiles.slice(0, 8).join(', ')]),
    ],
  };
}

/** `CORP\admin is signed in with Kerberos inside SPNEGO (AES256-SHA1, HTTP/web01.corp.example); messages are protected by TLS 1.3.` */
export function howSignedIn(who: string, security: ConnectionSecurity | null): string {
  if (security === null || security.mechanism === null) return `${who} is signed in, without any mechanism.`;
  const { mechanism, inside, cipher, spn, clientCertificate, protection } = security;
  const details = [cipher, spn, clientCertificate?.subject].filter((detail) => detail != null);
  const with_ = `${mechanism}${inside === null ? '' : ` inside ${inside}`}`;
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`;
  const messages = protection === null ? 'messages go in clear text' : `messages are protected by ${protection}`;
  return `${who} is signed in with ${with_}${more}; ${messages}.`;
}

function evidenceOf(security: ConnectionSecurity | null): readonly string[] {
  if (security === null) return [];
  const { mechanism, inside, cipher, spn, protection } = security;
  return [
    ...(mechanism === null ? [] : [`Mechanism: ${mechanism}${inside === null ? '' : ` inside ${inside}`}`]),
    ...(spn === null ? [] : [`Service asked for: ${spn}`]),
    ...(cipher === null ? [] : [`Cipher: ${cipher}`]),
    ...(protection === null ? [] : [`Protection: ${protection}`]),
  ];
}

/** Each by itself: one that fails keeps none of the others from being tried. */
export async function afterSignIn(context: StepContext, { identity }: SignedIn): Promise<void> {
  const { recorder, after } = context;
  const make = makeOf(identity);
  const lacks = (step: 'config' | 'shell' | 'way-back', what: string) =>
    recorder.note(step, { state: 'skipped', meaning: `${make.name} has no ${what}.` });
  const asked = (step: AfterSignIn) => {
    if (after.includes(step)) return true;
    recorder.note(step, { state: 'skipped', meaning: 'It was not asked for.' });
    return false;
  };
  await Promise.all([
    (async () => {
      if (!asked('config')) return;
      if (make.isWinrm) await readConfig(context);
      else lacks('config', 'winrm/config');
    })(),
    (async () => {
      if (asked('service')) {
        if (make.isWinrm) await readService(context);
        else recorder.note('service', { state: 'skipped', meaning: `${make.name} is no Windows service.` });
      }
      if (asked('wmi')) await readSystem(context);
    })(),
    (async () => {
      if (!asked('shell')) {
        recorder.note('way-back', { state: 'skipped', meaning: 'It was not asked for.' });
        return;
      }
      if (make.isWinrm) return tryShell(context);
      lacks('shell', 'remote shells');
      lacks('way-back', 'remote shells');
    })(),
  ]);
}

/** The signal of one question: its own limit within that of the whole. */
const questionSignal = ({ signal, limits }: StepContext): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(limits.question)]);

/** Settings that keep somebody out, or explain what does. */
const telling = [
  'Service/AllowRemoteAccess',
  'Winrs/AllowRemoteShellAccess',
  'Service/AllowUnencrypted',
  'Service/IPv4Filter',
  'Service/IPv6Filter',
  'Service/Auth/Kerberos',
  'Service/Auth/Negotiate',
  'Service/Auth/Basic',
  'Service/Auth/Certificate',
  'Service/Auth/CbtHardeningLevel',
  'MaxEnvelopeSizekb',
] as const;

async function readConfig(context: StepContext): Promise<Outcome> {
  const { recorder, client } = context;
  return recorder.run('config', async () => {
    const signal = questionSignal(context);
    const document = await client.get({ resourceUri: resourceUris.config }, { signal });
    const settings = readSettings(document);
    const lines = telling.flatMap((path) => {
      const found = settings.find((setting) => setting.path === path);
      return found === undefined ? [] : [`${path} = ${found.value}${found.isPolicy ? ' (Group Policy)' : ''}`];
    });
    const policies = settings.filter(({ isPolicy }) => isPolicy).length;
    return {
      state: 'passed',
      meaning: `Its configuration can be read${policies === 0 ? '' : `; Group Policy sets ${policies} of it`}.`,
      evidence: lines,
    };
  });
}

const serviceSchema = cimSchema({ Name: 'string', State: 'string', StartMode: 'string', StartName: 'string' });

async function readService(context: StepContext): Promise<Outcome> {
  const { recorder, client } = context;
  return recorder.run('service', async () => {
    const text = select(serviceSchema, 'Win32_Service', "Name='WinRM'");
    const row = await queryOne(client, text, serviceSchema, questionSignal(context));
    if (row === null) {
      return {
        state: 'failed',
        meaning: 'WMI knows no service WinRM.',
        cause: {
          id: 'service-odd',
          sentence: `WMI of ${context.place.host} knows no service WinRM, and yet it answers.`,
        },
      };
    }
    const { State, StartMode, StartName } = row;
    const byHand = StartMode === 'Manual' || StartMode === 'Disabled';
    context.facts.byHand = byHand;
    return {
      state: 'passed',
      meaning: byHand
        ? `The service is ${State?.toLowerCase() ?? 'in an unknown state'}, but after a restart it will not start by itself (${StartMode}).`
        : `The service is ${State?.toLowerCase() ?? 'in an unknown state'} and starts by itself.`,
      evidence: [`State = ${State ?? '?'} · StartMode = ${StartMode ?? '?'} · StartName = ${StartName ?? '?'}`],
    };
  });
}

const osSchema = cimSchema({ Caption: 'string', CSName: 'string' });

async function readSystem(context: StepContext): Promise<Outcome> {
  const { recorder, client } = context;
  return recorder.run('wmi', async () => {
    const os = await queryOne(client, select(osSchema, 'Win32_OperatingSystem'), osSchema, questionSignal(context));
    context.facts.computerName = os?.CSName ?? null;
    return {
      state: 'passed',
      meaning: `${os?.CSName ?? 'The machine'} runs ${os?.Caption?.trim() ?? 'an unknown system'}.`,
      evidence: os?.CSName ? [`Computer name: ${os.CSName}`] : [],
    };
  });
}

/** Creates a shell, runs a command in it, deletes it; the way back goes through the same one. */
async function tryShell(context: StepContext): Promise<void> {
  const { recorder, client, after, other } = context;
  let shell: Shell | null = null;
  try {
    const outcome = await recorder.run('shell', async () => {
      const signal = questionSignal(context);
      shell = await openShell(client, { codePage: 65001, noProfile: true, signal });
      const { exitCode, stdout } = await runIn(shell, 'hostname', [], signal);
      const name = stdout.trim().split(/\s+/)[0] ?? '';
      return {
        state: 'passed',
        meaning: 'A shell was created, a command ran in it, and it was deleted again.',
        evidence: [`hostname: ${name.slice(0, 80)} (exit code ${exitCode})`],
      };
    });
    if (!after.includes('way-back') || other === null) {
      recorder.note('way-back', { state: 'skipped', meaning: 'No other machine was named that it should reach.' });
    } else if (outcome.state === 'failed' || shell === null) {
      recorder.note('way-back', { state: 'skipped', meaning: 'Not tried, since it needs a shell.' });
    } else {
      await goBack(context, other, (command, args) => runIn(shell!, command, args, questionSignal(context)));
    }
  } finally {
    // A machine that hangs may take longer over it than a diagnosis may last.
    const closing = (shell as Shell | null)?.close();
    if (closing !== undefined) await abortable(closing, context.signal).catch(() => {});
  }
}

/** What a command of a diagnosis prints is short. */
const mostOutput = 64 * 1024;

async function runIn(
  shell: Shell,
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const running = await shell.run(command, args, { signal });
  return collectOutput(running, 65001, mostOutput);
}
