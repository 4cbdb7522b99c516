/** winrm.cmd, of which only `identify` is there: what others answer is what the machine's network shows of them. */
import { type Program, words } from '../program.ts';

/** ERROR_WSMAN_CANNOT_CONNECT, NETWORK_TIMEDOUT, NAME_NOT_RESOLVED, as winrm prints them. */
const errors = {
  refused: [0x80338012, 'The client cannot connect to the destination that was named in the request.'],
  silent: [0x80338126, 'The client got no answer from the network in time.'],
  unknown: [0x803381b9, 'The client cannot find an address for the name of the computer.'],
} as const;

/** The real one waits longer. */
const silenceMs = 500;
const usage = 'This lab knows winrm identify -r:MACHINE only.\r\n';

export const winrm: Program = async ({ machine, tail, out, err, pause }) => {
  const [verb, ...rest] = words(tail);
  const remote = rest.map((word) => /^[-/](?:r|remote):(.+)$/i.exec(word)?.[1]).find((found) => found !== undefined);
  const target = /^(?:https?:\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?(?:\/.*)?$/i.exec(remote ?? '');
  if (!/^(id|i|identify)$/i.test(verb ?? '') || target === null) {
    await err(usage);
    return 1;
  }
  const host = target[1]!;
  const seen = machine.network.look(host, Number(target[2] ?? (/^https/i.test(remote!) ? 5986 : 5985)));
  if (seen.addresses.length > 0 && seen.winrm === 'answers') {
    await out(
      'IdentifyResponse\r\n    ProtocolVersion = http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\r\n' +
        '    ProductVendor = Microsoft Corporation\r\n    ProductVersion = OS: 0.0.0 SP: 0.0 Stack: 3.0\r\n\r\n',
    );
    return 0;
  }
  const kind = seen.addresses.length === 0 ? 'unknown' : seen.winrm === 'refused' ? 'refused' : 'silent';
  if (kind === 'silent') await pause(silenceMs);
  const [number, text] = errors[kind];
  await err(
    `WSManFault\r\n    Message = ${text}\r\n\r\nError number:  ${number | 0} 0x${number.toString(16).toUpperCase()}\r\n${text}\r\n`,
  );
  return 1;
};
