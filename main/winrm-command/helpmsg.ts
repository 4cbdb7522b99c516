/**
 * `winrm helpmsg`: what the number of an error means, in our own words. Numbers with a known cause have a sentence and an advice; for the others the
 * name that Windows' headers give them is spelled out.
 */
import { wsmanErrorAdvice, wsmanErrorName } from '../wsman/index.ts';

/** What Win32 and HRESULT numbers that winrm shows besides mean, where the library has no advice on them. */
const meanings: ReadonlyMap<number, string> = new Map([
  [2, 'The file was not found.'],
  [50, 'The request is not supported.'],
  [87, 'A parameter is not valid.'],
  [995, 'The operation was aborted; its shell or command has ended.'],
  [1223, 'The operation was cancelled.'],
  [1460, 'The operation did not end in the time that it had.'],
]);

/** Lines for standard output; null for a number that nobody has written down. `code`: unsigned 32 bit. */
export function errorMessage(code: number): string | null {
  const number = code >>> 0;
  const name = wsmanErrorName(number) ?? nameOfWin32(number);
  const known = wsmanErrorAdvice(number) ?? wsmanErrorAdvice(win32Of(number) ?? number);
  const meaning =
    known?.meaning ?? meanings.get(win32Of(number) ?? number) ?? (name === null ? null : spelledOut(name));
  if (meaning === null) return null;
  const hexadecimal = `0x${number.toString(16).toUpperCase()}`;
  const lines = [`${name === null ? '' : `${name} `}${number | 0} ${hexadecimal}`, meaning];
  if (known !== undefined) lines.push(`Advice: ${known.advice}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** The number of Win32 inside an HRESULT of FACILITY_WIN32 (0x8007nnnn). */
const win32Of = (code: number): number | null => (code >>> 16 === 0x8007 ? code & 0xffff : null);

function nameOfWin32(code: number): string | null {
  const inner = win32Of(code);
  return inner === null ? null : wsmanErrorName(inner);
}

/** Words of a name that are short for something, or written in capitals. */
const words: ReadonlyMap<string, string> = new Map([
  ['uri', 'URI'],
  ['actionuri', 'action URI'],
  ['wsman', 'WS-Management'],
  ['soap', 'SOAP'],
  ['xml', 'XML'],
  ['http', 'HTTP'],
  ['https', 'HTTPS'],
  ['sspi', 'SSPI'],
  ['ssl', 'TLS'],
  ['wql', 'WQL'],
  ['cim', 'CIM'],
  ['wmi', 'WMI'],
  ['ip', 'IP'],
  ['cert', 'certificate'],
  ['credssp', 'CredSSP'],
  ['kerberos', 'Kerberos'],
  ['negotiate', 'Negotiate'],
  ['digest', 'Digest'],
  ['basic', 'Basic'],
  ['epr', 'EPR'],
  ['eprs', 'EPRs'],
  ['dns', 'DNS'],
  ['kdc', 'KDC'],
  ['id', 'id'],
  ['didnot', 'did not'],
  ['cannot', 'cannot'],
]);

/** `ERROR_WSMAN_INVALID_RESOURCE_URI`: "Invalid resource URI." */
function spelledOut(name: string): string {
  const text = name
    .replace(/^(?:ERROR_WSMAN_|ERROR_|SEC_E_|WBEM_E_|E_)/, '')
    .toLowerCase()
    .split('_')
    .map((word) => words.get(word) ?? word)
    .join(' ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
