/**
 * The shells of a machine. Each has a job: what runs in it dies with it. A shell ends by Delete, by its idle time-out, and with the boot it
 * belongs to.
 */
import { randomUUID } from 'node:crypto';
import { isGuid } from '../../wsman/psrp/message.ts';
import { attribute, type XmlElement } from '../../wsman/xml.ts';
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { LabCommand } from './command.ts';
import { createEnvironment, type LabEnvironment } from './program.ts';

export interface LabShell {
  readonly shellId: string;
  /** Which plug-in has made it: the cmd shell, or a configuration of PowerShell. */
  readonly resourceUri: string;
  readonly inputStreams: string;
  readonly outputStreams: string;
  readonly name: string | null;
  readonly user: string;
  readonly clientAddress: string;
  readonly bootAt: number;
  readonly openedAt: number;
  readonly codePage: number;
  readonly locale: string;
  readonly isProfileLoaded: boolean;
  readonly environment: LabEnvironment;
  /** As given, for the record. */
  readonly givenEnvironment: readonly (readonly [name: string, value: string])[];
  readonly directory: string;
  readonly commands: Map<string, LabCommand>;
  /** Every command it has been given: what is over still counts against the quota of operations (MS-WSMV note 118). */
  commandsGiven: number;
  /** Process ids. */
  readonly job: Set<number>;
  readonly processId: number;
  usedAt: number;
  timer: NodeJS.Timeout | null;
  /** Requests that keep it open. */
  waiting: number;
  /** Only shells of PowerShell are ever disconnected. */
  state: 'Connected' | 'Disconnected';
  bufferMode: 'Block' | 'Drop';
  idleTimeoutMs: number;
  /** Called once, when it ends however it ends. */
  onEnd: (() => void) | null;
}

const open = new WeakMap<SimulatedMachine, Map<string, LabShell>>();

/** Shells that are there now, oldest first. */
export function shellsOf(machine: SimulatedMachine): readonly LabShell[] {
  const shells = open.get(machine);
  if (!shells) return [];
  for (const shell of shells.values()) if (shell.bootAt !== machine.bootAt) endShell(machine, shell);
  return [...shells.values()];
}

export function findShell(machine: SimulatedMachine, shellId: string): LabShell | undefined {
  return shellsOf(machine).find((shell) => shell.shellId.toUpperCase() === shellId.toUpperCase());
}

export type NewShell = Pick<
  LabShell,
  | 'name'
  | 'user'
  | 'clientAddress'
  | 'codePage'
  | 'locale'
  | 'isProfileLoaded'
  | 'givenEnvironment'
  | 'resourceUri'
  | 'inputStreams'
  | 'outputStreams'
> & {
  /** Chosen by the client; null: by the machine. */
  readonly shellId: string | null;
  readonly idleTimeoutMs: number | null;
  readonly directory: string | null;
  /** Program that the shell runs in. */
  readonly hostProgram: string;
};

/** An id of the client's choice, as it has it since Windows 8 (MS-WSMV 2.2.4.7, 2.2.4.37); null: the machine chooses. */
export function chosenId(machine: SimulatedMachine, element: XmlElement, name: 'ShellId' | 'CommandId'): string | null {
  const given = attribute(element, name);
  if (given === null || machine.plan.generation.stack !== '3.0') return null;
  if (!isGuid(given)) throw new LabFault(name === 'ShellId' ? 2150859221 : 2150859220);
  return given.toUpperCase();
}

/** Throws LabFault where the machine allows no shell, or no more of them for this user. */
export function addShell(machine: SimulatedMachine, wanted: NewShell): LabShell {
  const { winrmConfig, clock } = machine;
  if (!winrmConfig.flag('Winrs/AllowRemoteShellAccess')) throw new LabFault(2150859180);
  const own = shellsOf(machine).filter(({ user }) => user.toLowerCase() === wanted.user.toLowerCase());
  if (own.length >= winrmConfig.number('Winrs/MaxShellsPerUser')) throw new LabFault(2150859173);
  const environment = createEnvironment(standardEnvironment(machine, wanted.user));
  for (const [name, value] of wanted.givenEnvironment) environment.set(name, value);
  if (wanted.shellId !== null && findShell(machine, wanted.shellId)) throw new LabFault(2150859223);
  const home = `C:\\Users\\${wanted.user}`;
  const most = winrmConfig.number('Winrs/IdleTimeout');
  const shell: LabShell = {
    ...wanted,
    shellId: wanted.shellId ?? `${machine.plan.generation.stack === '1.1' ? 'uuid:' : ''}${randomUUID().toUpperCase()}`,
    bootAt: machine.bootAt,
    openedAt: clock.now(),
    idleTimeoutMs: Math.min(wanted.idleTimeoutMs ?? most, most),
    environment,
    directory: wanted.directory === null ? home : wanted.directory.replace(/%userprofile%/gi, home),
    commands: new Map(),
    commandsGiven: 0,
    job: new Set(),
    processId: machine.processes.create(`C:\\Windows\\system32\\${wanted.hostProgram} -Embedding`, clock.now()),
    usedAt: clock.now(),
    timer: null,
    waiting: 0,
    state: 'Connected',
    bufferMode: 'Block',
    onEnd: null,
  };
  shell.job.add(shell.processId);
  const shells = open.get(machine) ?? new Map<string, LabShell>();
  open.set(machine, shells);
  shells.set(shell.shellId, shell);
  touch(machine, shell);
  return shell;
}

/** Any request for it puts the end of a shell off. */
export function touch(machine: SimulatedMachine, shell: LabShell): void {
  shell.usedAt = machine.clock.now();
  if (shell.timer) clearTimeout(shell.timer);
  shell.timer =
    shell.waiting > 0
      ? null
      : setTimeout(() => endShell(machine, shell), Math.min(shell.idleTimeoutMs, 0x7fffffff)).unref();
}

/** A request that waits (Receive) keeps it open for as long; the returned function ends that. */
export function holdOpen(machine: SimulatedMachine, shell: LabShell): () => void {
  shell.waiting++;
  touch(machine, shell);
  return () => {
    shell.waiting--;
    if (findShell(machine, shell.shellId) === shell) touch(machine, shell);
  };
}

export function endShell(machine: SimulatedMachine, shell: LabShell): void {
  open.get(machine)?.delete(shell.shellId);
  if (shell.timer) clearTimeout(shell.timer);
  shell.timer = null;
  for (const command of shell.commands.values()) command.kill();
  shell.commands.clear();
  shell.onEnd?.();
  shell.onEnd = null;
  // Process ids are given out anew after a boot; those of an old one mean somebody else by then.
  if (shell.bootAt === machine.bootAt) {
    for (const processId of shell.job) machine.processes.terminate(processId, machine.clock.now());
  }
  shell.job.clear();
}

function standardEnvironment(machine: SimulatedMachine, user: string): readonly (readonly [string, string])[] {
  const { plan } = machine;
  const home = `C:\\Users\\${user}`;
  return [
    ['ALLUSERSPROFILE', 'C:\\ProgramData'],
    ['APPDATA', `${home}\\AppData\\Roaming`],
    ['CommonProgramFiles', 'C:\\Program Files\\Common Files'],
    ['COMPUTERNAME', plan.name.toUpperCase()],
    ['ComSpec', 'C:\\Windows\\system32\\cmd.exe'],
    ['LOCALAPPDATA', `${home}\\AppData\\Local`],
    ['NUMBER_OF_PROCESSORS', String(plan.logicalProcessors)],
    ['OS', 'Windows_NT'],
    ['Path', 'C:\\Windows\\system32;C:\\Windows;C:\\Windows\\System32\\Wbem'],
    ['PATHEXT', '.COM;.EXE;.BAT;.CMD;.VBS;.JS;.WSF;.MSC'],
    ['PROCESSOR_ARCHITECTURE', 'AMD64'],
    ['ProgramData', 'C:\\ProgramData'],
    ['ProgramFiles', 'C:\\Program Files'],
    ['PROMPT', '$P$G'],
    ['PUBLIC', 'C:\\Users\\Public'],
    ['SystemDrive', 'C:'],
    ['SystemRoot', 'C:\\Windows'],
    ['TEMP', `${home}\\AppData\\Local\\Temp`],
    ['TMP', `${home}\\AppData\\Local\\Temp`],
    ['USERDOMAIN', plan.name.toUpperCase()],
    ['USERNAME', user],
    ['USERPROFILE', home],
    ['windir', 'C:\\Windows'],
  ];
}
