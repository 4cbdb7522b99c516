/** The files that WinRM itself is made of, their presence and version, by CIM_DataFile. */
import type { WSManClient } from '../client.ts';
import { wql } from '../namespaces.ts';
import { childText } from '../xml.ts';

export interface WinrmFile {
  readonly name: string;
  readonly role: string;
  readonly path: string;
  /** null: there is no such file. */
  readonly version: string | null;
}

const files: readonly (readonly [name: string, role: string, folder?: string])[] = [
  ['WsmSvc.dll', 'The service and its listeners.'],
  ['WsmAuto.dll', 'Automation layer, for scripts such as winrm.'],
  ['WsmCL.dll', 'C interface of the client; part of WsmSvc.dll since Windows 7.'],
  ['WsmProv.dll', 'Providers; part of WsmSvc.dll since Windows 7.'],
  ['WsmRes.dll', 'Texts.'],
  ['WsmWmiPl.dll', 'Plug-in for WMI.'],
  ['winhttp.dll', 'HTTP of the client.'],
  ['http.sys', 'HTTP of the service.', 'drivers\\'],
];

/** One query for all. Rejects with the fault where the class is refused. */
export async function readWinrmFiles(
  client: WSManClient,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<WinrmFile[]> {
  const all = files.map(([name, role, folder = '']) => ({
    name,
    role,
    path: `C:\\Windows\\System32\\${folder}${name}`,
  }));
  // CIM_DataFile without its key would walk through every disk.
  const where = all.map(({ path }) => `Name='${path.replaceAll('\\', '\\\\')}'`).join(' OR ');
  const text = `SELECT Name,Version FROM CIM_DataFile WHERE ${where}`;
  const rows = await client.enumerateAll({ resourceUri: wql() }, { ...options, filter: { dialect: 'wql', text } });
  const versions = new Map(
    rows.map((row) => [(childText(row, 'Name') ?? '').toLowerCase(), childText(row, 'Version') ?? '']),
  );
  return all.map((file) => ({ ...file, version: versions.get(file.path.toLowerCase()) ?? null }));
}
