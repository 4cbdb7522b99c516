import { defineClass } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { Provider } from './provider.ts';

/** CIM_DataFile for the files of WinRM itself; a real one would walk through the disks. */

const folder = 'c:\\windows\\system32\\';
const files = ['wsmsvc.dll', 'wsmauto.dll', 'wsmres.dll', 'wsmwmipl.dll', 'winhttp.dll', 'drivers\\http.sys'] as const;
/** Part of WsmSvc.dll since Windows 7. */
const oldFiles = ['wsmcl.dll', 'wsmprov.dll'] as const;

const filesOf = (machine: SimulatedMachine): readonly string[] =>
  machine.plan.generation.build < 7600 ? [...files, ...oldFiles] : files;

export const dataFileProvider: Provider = {
  cimClass: defineClass({
    name: 'CIM_DataFile',
    keys: ['Name'],
    bases: ['CIM_LogicalFile'],
    properties: {
      Caption: 'string',
      Drive: 'string',
      Extension: 'string',
      FileName: 'string',
      FileSize: 'uint64',
      Manufacturer: 'string',
      Name: 'string',
      Path: 'string',
      Version: 'string',
    },
  }),
  instances: (machine) =>
    filesOf(machine).map((file) => {
      const name = folder + file;
      const slash = name.lastIndexOf('\\');
      const dot = name.lastIndexOf('.');
      return {
        Caption: name,
        Drive: 'c:',
        Extension: name.slice(dot + 1),
        FileName: name.slice(slash + 1, dot),
        FileSize: BigInt(200_000 + file.length * 4096),
        Manufacturer: 'Microsoft Corporation',
        Name: name,
        Path: `${name.slice(2, slash)}\\`,
        Version: `${machine.plan.generation.version}.1`,
      };
    }),
};
