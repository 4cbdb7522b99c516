/** The registry by StdRegProv (root/default): what is needed to say which policy sets what, and which certificates a machine has. */
import type { WSManClient } from '../client.ts';
import { wmi } from '../namespaces.ts';
import { childrenOf } from '../xml.ts';

const localMachine = 2_147_483_650;
const resource = { resourceUri: wmi('StdRegProv', 'root/default') };
type Options = { readonly signal?: AbortSignal | undefined };

const types = {
  1: 'GetStringValue',
  2: 'GetExpandedStringValue',
  3: 'GetBinaryValue',
  4: 'GetDWORDValue',
  7: 'GetMultiStringValue',
} as const;

/** Names below HKLM\key; null where there is no such key. */
export async function registryKeys(
  client: WSManClient,
  key: string,
  options: Options = {},
): Promise<readonly string[] | null> {
  const { output, returnValue } = await client.invoke(resource, 'EnumKey', inputOf(key), options);
  return returnValue === 0
    ? childrenOf(output, 'sNames')
        .map(({ text }) => text)
        .filter((name) => name !== '')
    : null;
}

/** Values of HKLM\key as text, binary ones as hex; empty where there is no such key. */
export async function registryValues(
  client: WSManClient,
  key: string,
  options: Options = {},
): Promise<ReadonlyMap<string, string>> {
  const { output, returnValue } = await client.invoke(resource, 'EnumValues', inputOf(key), options);
  const values = new Map<string, string>();
  if (returnValue !== 0) return values;
  const kinds = childrenOf(output, 'Types').map(({ text }) => Number(text));
  for (const [index, { text: name }] of childrenOf(output, 'sNames').entries()) {
    const method = types[kinds[index] as keyof typeof types];
    if (name === '' || method === undefined || method === 'GetBinaryValue') continue;
    const input = [...inputOf(key), { name: 'sValueName', type: 'string', value: name } as const];
    const result = await client.invoke(resource, method, input, options);
    const found = childrenOf(result.output, method === 'GetDWORDValue' ? 'uValue' : 'sValue').map(({ text }) => text);
    if (result.returnValue === 0) values.set(name, found.join(','));
  }
  return values;
}

/** A binary value; null where there is none. */
export async function registryBinary(
  client: WSManClient,
  key: string,
  name: string,
  options: Options = {},
): Promise<Uint8Array | null> {
  const input = [...inputOf(key), { name: 'sValueName', type: 'string', value: name } as const];
  const { output, returnValue } = await client.invoke(resource, 'GetBinaryValue', input, options);
  if (returnValue !== 0) return null;
  const items = childrenOf(output, 'uValue');
  // Windows writes an element per octet; one that holds base64 comes from clients that announced it.
  const [only] = items;
  if (items.length === 1 && only && !/^\s*\d{1,3}\s*$/.test(only.text)) return Buffer.from(only.text, 'base64');
  return Uint8Array.from(items, ({ text }) => Number(text));
}

const inputOf = (key: string) =>
  [
    { name: 'hDefKey', type: 'uint32', value: localMachine },
    { name: 'sSubKeyName', type: 'string', value: key },
  ] as const;
