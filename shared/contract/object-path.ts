import type { CimReference } from './cim-value.ts';

/** A reference as WMI writes it: `root/lab:Class.Key="value"`, the namespace only where it is not root/cimv2, `Class=@` for a singleton. */
export function writeObjectPath({ resourceUri, selectors }: Pick<CimReference, 'resourceUri' | 'selectors'>): string {
  const namespace = namespaceOf({ resourceUri, selectors });
  const name = resourceUri.slice(resourceUri.lastIndexOf('/') + 1);
  const keys = selectors.filter(([key]) => key.toLowerCase() !== '__cimnamespace');
  const head = namespace === null || namespace.toLowerCase() === 'root/cimv2' ? name : `${namespace}:${name}`;
  if (keys.length === 0) return `${head}=@`;
  const quote = (value: string | CimReference): string =>
    `"${(typeof value === 'string' ? value : writeObjectPath(value)).replace(/[\\"]/g, '\\$&')}"`;
  return `${head}.${keys.map(([key, value]) => `${key}=${quote(value)}`).join(',')}`;
}

const wmiMark = '/wsman/1/wmi/';

/** The namespace that a reference is in, with slashes; null where it does not say. */
export function namespaceOf({
  resourceUri,
  selectors,
}: Pick<CimReference, 'resourceUri' | 'selectors'>): string | null {
  const said = selectors.find(([name]) => name.toLowerCase() === '__cimnamespace')?.[1];
  if (typeof said === 'string' && said !== '') return said.replaceAll('\\', '/');
  const mark = resourceUri.indexOf(wmiMark);
  if (mark < 0) return null;
  const path = resourceUri.slice(mark + wmiMark.length);
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : null;
}

/** The class that a reference names. */
export const classOf = ({ resourceUri }: Pick<CimReference, 'resourceUri'>): string =>
  resourceUri.slice(resourceUri.lastIndexOf('/') + 1);
