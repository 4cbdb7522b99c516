/**
 * `winrm configsddl`: who may use the service, or one resource. winrm opens a window for this; here the descriptor is printed, and set to one that
 * stands in the line.
 */
import { attribute, type CallOptions, resourceUris, type WSManClient, type XmlElement } from '../wsman/index.ts';
import { CommandLineError, type WinrmCommand } from './command.ts';
import { formatItem } from './format.ts';
import { editProperties } from './input.ts';
import type { CommandEnvironment } from './run.ts';
import { printable } from './text-format.ts';

type Configsddl = Extract<WinrmCommand, { verb: 'configsddl' }>;

/** Rejects with what the client throws, and with CommandLineError where no plug-in has the resource. */
export async function runConfigsddl(
  command: Configsddl,
  client: WSManClient,
  call: CallOptions,
  environment: CommandEnvironment,
): Promise<void> {
  if (command.resourceUri === null) return ofService(command, client, call, environment);
  return ofResource(command, command.resourceUri, client, call, environment);
}

async function ofService(
  { sddl, format }: Configsddl,
  client: WSManClient,
  call: CallOptions,
  { stdout }: CommandEnvironment,
): Promise<void> {
  const service = { resourceUri: resourceUris.configService };
  const document = await client.get(service, call);
  if (sddl !== null) {
    const answer = await client.put(service, editProperties(document, [['RootSDDL', sddl]]), call);
    if (answer !== null) await stdout(formatItem(answer, format));
    return;
  }
  const found = document.children.find(({ local }) => local === 'RootSDDL');
  if (found === undefined) throw new CommandLineError('The machine does not tell its RootSDDL.');
  await stdout(`${printable(found.text.trim())}\n`);
}

/** Security of a resource is an attribute deep inside the plug-in that has the resource (MS-WSMV 2.2.4.22). */
async function ofResource(
  { sddl, format }: Configsddl,
  resourceUri: string,
  client: WSManClient,
  call: CallOptions,
  { stdout }: CommandEnvironment,
): Promise<void> {
  const plugins = await client.enumerateAll({ resourceUri: resourceUris.configPlugin }, call);
  let best: { plugin: XmlElement; security: XmlElement; length: number } | null = null;
  for (const plugin of plugins) {
    for (const resource of find(plugin, 'Resource')) {
      const uri = attribute(resource, 'ResourceUri') ?? '';
      if (!covers(uri, resourceUri)) continue;
      for (const security of find(resource, 'Security')) {
        if (best === null || uri.length > best.length) best = { plugin, security, length: uri.length };
      }
    }
  }
  if (best === null) {
    throw new CommandLineError(
      'No plug-in of the machine has a security descriptor of its own for this resource; the one of the service holds: winrm configsddl default.',
    );
  }
  if (sddl === null) return stdout(`${printable(attribute(best.security, 'Sddl') ?? '')}\n`);
  const { plugin, security } = best;
  const locator = {
    resourceUri: resourceUris.configPlugin,
    selectors: [['Name', attribute(plugin, 'Name') ?? '']] as const,
  };
  const answer = await client.put(locator, replaceSddl(plugin, security, sddl), call);
  if (answer !== null) await stdout(formatItem(answer, format));
}

/** A plug-in answers for a URI and all below it. */
function covers(prefix: string, uri: string): boolean {
  const [short, long] = [prefix.toLowerCase(), uri.toLowerCase().replace(/\*$/, '')];
  return short !== '' && (long === short || long.startsWith(short.endsWith('/') ? short : `${short}/`));
}

function find(element: XmlElement, local: string): XmlElement[] {
  return element.children.flatMap((child) => [...(child.local === local ? [child] : []), ...find(child, local)]);
}

function replaceSddl(element: XmlElement, security: XmlElement, sddl: string): XmlElement {
  const { namespace, local, text, children, attributes, prefix, declarations } = element;
  return {
    namespace,
    local,
    text,
    attributes:
      element === security ? attributes.map((a) => (a.local === 'Sddl' ? { ...a, value: sddl } : a)) : attributes,
    children: children.map((child) => replaceSddl(child, security, sddl)),
    ...(prefix === undefined ? {} : { prefix }),
    ...(declarations === undefined ? {} : { declarations }),
    resolvePrefix: (name) => element.resolvePrefix(name),
  };
}
