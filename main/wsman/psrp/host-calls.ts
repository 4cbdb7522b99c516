/**
 * The host of a session: who shows what a script writes, and who answers what it asks (MS-PSRP 2.2.3.17, 3.1.5.4.15, 3.1.5.4.27). A method that
 * the host does not have is answered with an error that the script gets as an exception, never with silence.
 */
import { ProtocolError } from '../errors.ts';
import { numberOf, textOf } from './clixml-plain.ts';
import { type PsProgressRecord, readProgressRecord } from './clixml-records.ts';
import type { PsValue } from './clixml-types.ts';
import {
  arrayList,
  type HostCall,
  type HostInfo,
  type HostResponse,
  type HostWindow,
  isAnswered,
  noHost,
} from './host-messages.ts';
import * as values from './host-values.ts';
import { errorRecordValue } from './record-values.ts';

/** What a script has its host show. Colours are numbers of ConsoleColor (2.2.3.3); null: the usual one. */
export type HostOutput =
  | {
      readonly kind: 'text';
      /** A line ends with \n. */
      readonly text: string;
      readonly foregroundColor: number | null;
      readonly backgroundColor: number | null;
    }
  | { readonly kind: 'error' | 'warning' | 'verbose' | 'debug'; readonly text: string }
  | { readonly kind: 'progress'; readonly sourceId: number; readonly progress: PsProgressRecord }
  | { readonly kind: 'clear' }
  | { readonly kind: 'title'; readonly text: string }
  | { readonly kind: 'exit'; readonly exitCode: number };

/** An answer to one field of Prompt. */
export type FieldAnswer =
  | { readonly kind: 'value'; readonly value: PsValue }
  | { readonly kind: 'secret'; readonly text: string }
  | { readonly kind: 'credential'; readonly userName: string; readonly password: string };

export interface PromptQuestion {
  readonly caption: string;
  readonly message: string;
  readonly fields: readonly values.HostField[];
}
export interface ChoiceQuestion {
  readonly caption: string;
  readonly message: string;
  readonly choices: readonly values.HostChoice[];
  /** Positions; none where nothing is chosen beforehand. */
  readonly defaults: readonly number[];
}
export interface CredentialQuestion {
  readonly caption: string;
  readonly message: string;
  readonly userName: string;
  readonly targetName: string;
}

/**
 * Every part may be left out. The signal ends a question whose pipeline has ended. What a method throws becomes the error that the script
 * gets. Secrets are given as text and leave the library encrypted only.
 */
export interface PsHost {
  /** Default `Windeck`. */
  readonly name?: string;
  /** Default `1.0`. */
  readonly version?: string;
  /** Name of the culture for both. Default `en-US`. */
  readonly culture?: string;
  /** Without a console, scripts find no window, cursor or colours. */
  readonly window?: HostWindow;
  /** Awaited before anything more is received: a slow screen slows the script. */
  show?(output: HostOutput): void | Promise<void>;
  readLine?(signal: AbortSignal): Promise<string>;
  readSecret?(signal: AbortSignal): Promise<string>;
  prompt?(question: PromptQuestion, signal: AbortSignal): Promise<ReadonlyMap<string, FieldAnswer>>;
  promptForCredential?(question: CredentialQuestion, signal: AbortSignal): Promise<values.HostCredential | null>;
  promptForChoice?(question: ChoiceQuestion, signal: AbortSignal): Promise<number>;
  promptForChoices?(question: ChoiceQuestion, signal: AbortSignal): Promise<readonly number[]>;
  readKey?(signal: AbortSignal): Promise<values.HostKey>;
}

/** HostInfo of a host, for the pool; of none, where nobody is there. */
export function hostInfoOf(host: PsHost | undefined): HostInfo {
  if (host === undefined) return noHost;
  const asks = host.show ?? host.readLine ?? host.readSecret ?? host.prompt ?? host.promptForChoice;
  const isUiNull = asks === undefined;
  return {
    isHostNull: false,
    isHostUiNull: isUiNull,
    isHostRawUiNull: isUiNull || host.window === undefined,
    useRunspaceHost: false,
    window: isUiNull ? null : (host.window ?? null),
  };
}

/** Answers calls of the host, one after the other. */
export interface HostSession {
  /** Null where the method returns nothing. Rejects only with ProtocolError, for a call that is none. */
  answer(call: HostCall, signal: AbortSignal): Promise<HostResponse | null>;
}

/** The host cannot do this. */
class NotSupportedByHost extends Error {
  override readonly name = 'NotSupportedByHost';
}

/** `sessionKey` is asked for when a secret is to be sent; it exchanges the key the first time. */
export function createHostSession(
  host: PsHost | undefined,
  instanceId: string,
  sessionKey: () => Promise<Uint8Array>,
): HostSession {
  /** The console as scripts have set it. */
  const console: { -readonly [K in keyof HostWindow]: HostWindow[K] } | null = host?.window ? { ...host.window } : null;

  return {
    async answer(call, signal) {
      const { callId, method } = call;
      let result: HostResponse['result'];
      try {
        const value = await carryOut(call, signal);
        if (!isAnswered(method)) return null;
        result = { value };
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        if (!isAnswered(method)) return null;
        result = { error: failure(method, error) };
      }
      return { callId, method, result };
    },
  };

  function window(): NonNullable<typeof console> {
    if (console === null) throw new NotSupportedByHost('This host has no console window.');
    return console;
  }

  async function show(output: HostOutput): Promise<PsValue> {
    await host?.show?.(output);
    return null;
  }

  function text(foreground: PsValue | undefined, background: PsValue | undefined, value: string): Promise<PsValue> {
    const color = (number: PsValue | undefined): number | null => {
      const known = numberOf(number);
      return known !== null && known >= 0 && known <= 15 ? known : null;
    };
    return show({ kind: 'text', text: value, foregroundColor: color(foreground), backgroundColor: color(background) });
  }

  function ask<K extends keyof PsHost>(method: K, words: string): NonNullable<PsHost[K]> {
    const found = host?.[method];
    if (found === undefined) throw new NotSupportedByHost(`Nobody is there to ${words}.`);
    // Called as a method of the host it is of.
    return (typeof found === 'function' ? found.bind(host) : found) as NonNullable<PsHost[K]>;
  }

  async function carryOut({ method, parameters: p }: HostCall, signal: AbortSignal): Promise<PsValue> {
    const string = (at: number): string => textOf(p[at]) ?? '';
    const number = (at: number): number => numberOf(p[at]) ?? 0;
    const value = (at: number): PsValue => p[at] ?? null;
    const lineOf = (at: number): string => `${string(at)}\n`;
    switch (method) {
      case 'GetName':
        return host?.name ?? 'Windeck';
      case 'GetVersion':
        return { clixml: 'Version', value: host?.version ?? '1.0' };
      case 'GetInstanceId':
        return { clixml: 'G', value: instanceId };
      case 'GetCurrentCulture':
      case 'GetCurrentUICulture':
        return host?.culture ?? 'en-US';
      case 'SetShouldExit':
        return await show({ kind: 'exit', exitCode: number(0) });
      case 'Write1':
        return await text(undefined, undefined, string(0));
      case 'Write2':
        return await text(value(0), value(1), string(2));
      case 'WriteLine1':
        return await text(undefined, undefined, '\n');
      case 'WriteLine2':
        return await text(undefined, undefined, lineOf(0));
      case 'WriteLine3':
        return await text(value(0), value(1), lineOf(2));
      case 'WriteErrorLine':
        return await show({ kind: 'error', text: string(0) });
      case 'WriteDebugLine':
        return await show({ kind: 'debug', text: string(0) });
      case 'WriteVerboseLine':
        return await show({ kind: 'verbose', text: string(0) });
      case 'WriteWarningLine':
        return await show({ kind: 'warning', text: string(0) });
      case 'WriteProgress':
        return await show({ kind: 'progress', sourceId: number(0), progress: readProgressRecord(value(1)) });
      case 'ReadLine':
        return await ask('readLine', 'type a line')(signal);
      case 'ReadLineAsSecureString': {
        const secret = await ask('readSecret', 'type a secret')(signal);
        return values.secureStringValue(secret, await sessionKey());
      }
      case 'Prompt': {
        const question = { caption: string(0), message: string(1), fields: values.readFields(value(2)) };
        return await promptResult(question.fields, await ask('prompt', 'answer')(question, signal));
      }
      case 'PromptForCredential1':
      case 'PromptForCredential2': {
        const question = { caption: string(0), message: string(1), userName: string(2), targetName: string(3) };
        const credential = await ask('promptForCredential', 'give a credential')(question, signal);
        return credential === null ? null : values.credentialValue(credential, await sessionKey());
      }
      case 'PromptForChoice': {
        const first = number(3);
        const question = { caption: string(0), message: string(1), choices: values.readChoices(value(2)) };
        const defaults = first >= 0 ? [first] : [];
        return await ask('promptForChoice', 'choose')({ ...question, defaults }, signal);
      }
      case 'PromptForChoiceMultipleSelection': {
        const question = { caption: string(0), message: string(1), choices: values.readChoices(value(2)) };
        const defaults = values.readIntegers(value(3));
        return arrayList(await ask('promptForChoices', 'choose')({ ...question, defaults }, signal));
      }
      case 'GetForegroundColor':
        return window().foregroundColor;
      case 'GetBackgroundColor':
        return window().backgroundColor;
      case 'GetCursorPosition':
        return values.coordinatesValue(window().cursorPosition);
      case 'GetWindowPosition':
        return values.coordinatesValue(window().windowPosition);
      case 'GetCursorSize':
        return window().cursorSize;
      case 'GetBufferSize':
        return values.sizeValue(window().bufferSize);
      case 'GetWindowSize':
        return values.sizeValue(window().windowSize);
      case 'GetWindowTitle':
        return window().windowTitle;
      case 'GetMaxWindowSize':
        return values.sizeValue(window().maxWindowSize);
      case 'GetMaxPhysicalWindowSize':
        return values.sizeValue(window().maxPhysicalWindowSize);
      case 'SetForegroundColor':
        window().foregroundColor = number(0);
        return null;
      case 'SetBackgroundColor':
        window().backgroundColor = number(0);
        return null;
      case 'SetCursorPosition':
        window().cursorPosition = values.readCoordinates(value(0));
        return null;
      case 'SetWindowPosition':
        window().windowPosition = values.readCoordinates(value(0));
        return null;
      case 'SetCursorSize':
        window().cursorSize = number(0);
        return null;
      case 'SetBufferSize':
        window().bufferSize = values.readSize(value(0));
        return null;
      case 'SetWindowSize':
        window().windowSize = values.readSize(value(0));
        return null;
      case 'SetWindowTitle':
        window().windowTitle = string(0);
        return await show({ kind: 'title', text: string(0) });
      case 'GetKeyAvailable':
        return false;
      case 'ReadKey':
        return values.keyValue(await ask('readKey', 'press a key')(signal));
      case 'SetBufferContents1':
      case 'SetBufferContents2':
        // What Clear-Host does: one cell for the whole buffer. Windows gives that the first number, the specification the second. Cells
        // elsewhere have no place on a screen that scrolls.
        return values.isWholeBuffer(value(0)) ? await show({ kind: 'clear' }) : null;
      case 'GetBufferContents':
        throw new NotSupportedByHost('The contents of the screen cannot be read.');
      case 'GetIsRunspacePushed':
        return false;
      case 'GetRunspace':
        throw new NotSupportedByHost('This host has no runspace of its own.');
      case 'EnterNestedPrompt':
      case 'ExitNestedPrompt':
      case 'NotifyBeginApplication':
      case 'NotifyEndApplication':
      case 'FlushInputBuffer':
      case 'ScrollBufferContents':
      case 'PushRunspace':
      case 'PopRunspace':
        return null;
    }
  }

  async function promptResult(
    fields: readonly values.HostField[],
    answers: ReadonlyMap<string, FieldAnswer>,
  ): Promise<PsValue> {
    const entries: (readonly [string, PsValue])[] = [];
    for (const { name } of fields) {
      const answer = answers.get(name);
      if (answer === undefined) throw new NotSupportedByHost(`There is no answer for ${name}.`);
      if (answer.kind === 'value') entries.push([name, answer.value]);
      else if (answer.kind === 'secret')
        entries.push([name, values.secureStringValue(answer.text, await sessionKey())]);
      else entries.push([name, values.credentialValue(answer, await sessionKey())]);
    }
    return values.promptResultValue(entries);
  }
}

function failure(method: string, error: unknown): PsValue {
  const refused = error instanceof NotSupportedByHost;
  return errorRecordValue({
    message: error instanceof Error ? error.message : 'The host failed.',
    fullyQualifiedErrorId: 'RemoteHostExecutionException',
    exceptionType: refused
      ? 'System.Management.Automation.PSNotImplementedException'
      : 'System.Management.Automation.Remoting.PSRemotingDataStructureException',
    category: refused ? 'NotImplemented' : 'InvalidResult',
    activity: method,
  });
}
