/** Failures that only sessions of PowerShell have. What else can go wrong is in `../errors.ts`. */
import { WSManError, type WSManFault } from '../errors.ts';

/**
 * Nobody answers as this PowerShell endpoint: it is not installed, not registered, switched off, or the target is another make. What was
 * to be run can still be given to powershell.exe by way of cmd (`encoded-command.ts`).
 */
export class PowerShellUnavailableError extends WSManError {
  override readonly name = 'PowerShellUnavailableError';
  /** Resource URI that was asked for. */
  readonly resourceUri: string;
  readonly fault: WSManFault;
  constructor(resourceUri: string, fault: WSManFault) {
    super(`The target has no PowerShell endpoint ${resourceUri.slice(resourceUri.lastIndexOf('/') + 1)}.`, {
      cause: fault,
    });
    this.resourceUri = resourceUri;
    this.fault = fault;
  }
}

export type SessionLossReason =
  /** The target no longer has the session: its idle time-out, a restart, or somebody who ended it. */
  | 'gone'
  /** The line was lost and could not be taken up again in time. The session may still be there, and can be connected to. */
  | 'line'
  /** Another client has disconnected the session, or has connected to it. */
  | 'taken'
  /** We have disconnected from it ourselves, and not taken it up again. */
  | 'disconnected'
  /** PowerShell itself says that the session is broken or closed. */
  | 'broken';

/** A session of PowerShell is lost, and with it what ran in it, as far as we can see. */
export class SessionLostError extends WSManError {
  override readonly name = 'SessionLostError';
  readonly reason: SessionLossReason;
  constructor(reason: SessionLossReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
