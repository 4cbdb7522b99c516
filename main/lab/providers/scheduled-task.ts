import { ProtocolError } from '../../wsman/errors.ts';
import { descend, parseXml } from '../../wsman/xml.ts';
import type { ScheduledTask } from '../background.ts';
import { defineClass } from '../cim-class.ts';
import { LabFault } from '../faults.ts';
import { runLocally } from '../local-commands.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { dateTime } from './operating-system.ts';
import type { MethodResult, Provider } from './provider.ts';

/** Tasks of the Task Scheduler as far as a plan for one moment goes: MSFT_ScheduledTask, PS_ScheduledTask, and the older jobs of `at`. */

const namespace = 'root/Microsoft/Windows/TaskScheduler';
/** Not before Windows 8 and Server 2012. */
const hasTasks = (machine: SimulatedMachine): boolean => machine.plan.generation.stack === '3.0';
/** E_INVALIDARG, SCHED_E_MALFORMEDXML, ERROR_ALREADY_EXISTS as HRESULTs. */
const invalidArgument = 2147942487;
const malformedXml = 2147750682;
const alreadyExists = 2147942583;
const notSupported = 1;

export const scheduledTaskProvider: Provider = {
  cimClass: defineClass({
    name: 'MSFT_ScheduledTask',
    namespace,
    keys: ['TaskName', 'TaskPath'],
    properties: {
      Author: 'string',
      Description: 'string',
      State: 'uint8',
      TaskName: 'string',
      TaskPath: 'string',
      URI: 'string',
    },
  }),
  // Ready is 3.
  instances: (machine) => {
    if (!hasTasks(machine)) throw new LabFault(2150858752, { providerText: 'The namespace does not exist.' });
    return [...machine.background.tasks.values()].map(({ name, path }) => ({
      Author: 'Windeck',
      State: 3,
      TaskName: name,
      TaskPath: path,
      URI: `${path}${name}`,
    }));
  },
};

export const taskMethodsProvider: Provider = {
  cimClass: defineClass({ name: 'PS_ScheduledTask', namespace, properties: {} }),
  instances: () => [],
  staticMethods: ['RegisterByXml'],
  methods: {
    RegisterByXml: (machine, _row, input): MethodResult => {
      if (!hasTasks(machine)) return { returnValue: notSupported };
      const name = input.get('taskname') ?? '';
      const path = input.get('taskpath') ?? '\\';
      const xml = input.get('xml') ?? '';
      if (name === '' || !/^\\(.*\\)?$/.test(path)) return { returnValue: invalidArgument };
      const plan = readPlan(xml);
      if (plan === null) return { returnValue: malformedXml };
      const key = `${path}${name}`.toLowerCase();
      const old = machine.background.tasks.get(key);
      if (old && input.get('force')?.toLowerCase() !== 'true') return { returnValue: alreadyExists };
      if (old) clearTimeout(old.timer);
      const task: ScheduledTask = {
        name,
        path,
        xml,
        dueAt: plan.dueAt,
        timer: setTimeout(run, untilDue(machine, plan.dueAt)),
      };
      task.timer.unref();
      function run(): void {
        void runLocally(machine, plan!.commandLine, new AbortController().signal);
      }
      machine.background.tasks.set(key, task);
      return { returnValue: 0 };
    },
  },
};

const untilDue = (machine: SimulatedMachine, dueAt: number): number =>
  Math.min(2 ** 31 - 1, Math.max(0, dueAt - machine.clock.now()));

function readPlan(xml: string): { dueAt: number; commandLine: string } | null {
  try {
    const root = parseXml(xml);
    const dueAt = Date.parse(descend(root, 'Triggers', 'TimeTrigger', 'StartBoundary')?.text.trim() ?? '');
    const exec = descend(root, 'Actions', 'Exec');
    const command = descend(exec, 'Command')?.text.trim() ?? '';
    if (root.local !== 'Task' || Number.isNaN(dueAt) || command === '') return null;
    return { dueAt, commandLine: `${command} ${descend(exec, 'Arguments')?.text ?? ''}`.trim() };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

let lastJob = 0;
export const scheduledJobProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_ScheduledJob',
    keys: ['JobId'],
    bases: ['CIM_Job'],
    properties: {
      Caption: 'string',
      Command: 'string',
      JobId: 'uint32',
      Name: 'string',
      StartTime: 'datetime',
      Status: 'string',
    },
  }),
  instances: (machine) =>
    [...machine.background.jobs.values()].map(({ jobId, command, dueAt }) => ({
      Caption: command,
      Command: command,
      JobId: jobId,
      Name: command,
      StartTime: dateTime(machine, dueAt),
      Status: 'Success',
    })),
  staticMethods: ['Create'],
  methods: {
    Create: (machine, _row, input) => {
      const command = input.get('command') ?? '';
      const dueAt = Date.parse(input.get('starttime')?.trim() ?? '');
      // 8 is "unknown failure" of this method, 21 an invalid parameter.
      if (command === '' || Number.isNaN(dueAt)) return { returnValue: 21 };
      const jobId = ++lastJob;
      const timer = setTimeout(
        () => {
          machine.background.jobs.delete(jobId);
          void runLocally(machine, command, new AbortController().signal);
        },
        untilDue(machine, dueAt),
      );
      timer.unref();
      machine.background.jobs.set(jobId, { jobId, command, dueAt, timer });
      return { returnValue: 0, output: { JobId: jobId } };
    },
    Delete: (machine, row) => {
      const job = machine.background.jobs.get(row!['JobId'] as number);
      if (!job) return { returnValue: 8 };
      clearTimeout(job.timer);
      machine.background.jobs.delete(job.jobId);
      return { returnValue: 0 };
    },
  },
};
