/** What a machine does by itself: scheduled tasks, jobs, and processes that nobody waits for. Each ends by itself or when it is ended. */
export interface ScheduledTask {
  readonly name: string;
  /** With a backslash at both ends. */
  readonly path: string;
  readonly xml: string;
  readonly dueAt: number;
  timer: NodeJS.Timeout;
}
export interface ScheduledJob {
  readonly jobId: number;
  readonly command: string;
  readonly dueAt: number;
  timer: NodeJS.Timeout;
}

export interface Background {
  /** By path and name in lower case. */
  readonly tasks: Map<string, ScheduledTask>;
  readonly jobs: Map<number, ScheduledJob>;
  /** By process id: aborted when the process is ended. */
  readonly running: Map<number, AbortController>;
}

export const createBackground = (): Background => ({ tasks: new Map(), jobs: new Map(), running: new Map() });
