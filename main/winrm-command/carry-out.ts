/** One operation of winrm over a client: what is sent, what is printed. */
import {
  actions,
  type CallOptions,
  className,
  type EnumerateOptions,
  ns,
  type OptionSet,
  parseXml,
  serializeXml,
  type Target,
  type WSManClient,
  WSManFault,
  type XmlElement,
} from '../wsman/index.ts';
import type { Fragment, InputPair, WinrmCommand } from './command.ts';
import { runConfigsddl } from './configsddl.ts';
import { createResultWriter, formatItem } from './format.ts';
import { editProperties, inputXml } from './input.ts';
import { runQuickconfig } from './quickconfig.ts';
import { returnValueMeaning } from './return-values.ts';
import type { CommandEnvironment } from './run.ts';

type Of<V extends WinrmCommand['verb']> = Extract<WinrmCommand, { verb: V }>;

/** Carries it out and prints what came of it. Rejects with what the client throws, CommandLineError and OutputClosedError. */
export async function carryOut(
  command: WinrmCommand,
  client: WSManClient,
  target: Target,
  environment: CommandEnvironment,
): Promise<void> {
  const { signal, stdout, stderr } = environment;
  const { format } = command;
  const call: CallOptions = {
    ...(signal === undefined ? {} : { signal }),
    ...('options' in command && command.options.length > 0 ? { options: command.options.map(toOption) } : {}),
  };
  switch (command.verb) {
    case 'identify': {
      const anonymous = target.authentication === 'none';
      const identity = await client.identify({ ...call, anonymous });
      await stdout(formatItem(identity.element, format));
      if (anonymous && command.connection.authentication.scheme !== 'none') {
        await stderr('Note: asked without signing in, which says nothing about access; -u:USER signs in.\n');
      }
      return;
    }
    case 'get':
      return stdout(formatItem(await read(client, command, call), format));
    case 'set': {
      const answer = await set(client, command, call, environment);
      if (answer !== null) await stdout(formatItem(answer, format));
      return;
    }
    case 'create': {
      const { resource, input } = command;
      const body = await inputXml(input, className(resource.resourceUri), resource.resourceUri, environment);
      const answer = await client.call({ ...call, action: actions.create, resource, body });
      if (answer.body !== null) await stdout(formatItem(answer.body, format));
      return;
    }
    case 'delete':
      return client.delete(command.resource, call);
    case 'enumerate':
      return enumerate(client, command, call, environment);
    case 'invoke':
      return invoke(client, command, call, environment);
    case 'quickconfig':
      return runQuickconfig(command, client, call, environment);
    case 'configsddl':
      return runConfigsddl(command, client, call, environment);
  }
}

const toOption = ([name, value]: InputPair): OptionSet[number] => ({ name, value });
const dialectOf = ({ dialect }: Fragment): { dialect?: string } => (dialect === null ? {} : { dialect });

function read(
  client: WSManClient,
  { resource, fragment }: Of<'get'> | Of<'set'>,
  call: CallOptions,
): Promise<XmlElement> {
  if (fragment === null) return client.get(resource, call);
  return client.getFragment(resource, fragment.path, { ...call, ...dialectOf(fragment) });
}

/** With pairs: reads, edits and puts the whole, as winrm does. A file is put as it is. */
async function set(
  client: WSManClient,
  command: Of<'set'>,
  call: CallOptions,
  environment: CommandEnvironment,
): Promise<XmlElement | null> {
  const { resource, fragment, input } = command;
  const body =
    input.kind === 'pairs'
      ? serializeXml(editProperties(await read(client, command, call), input.pairs))
      : await inputXml(input, '', resource.resourceUri, environment);
  if (fragment === null) return client.put(resource, body, call);
  return client.put(resource, insideFragment(body), { ...call, fragment: fragment.path, ...dialectOf(fragment) });
}

/** The client puts its own w:XmlFragment around a part; a document that has one already gives its content. */
function insideFragment(xml: string): string {
  const root = parseXml(xml);
  if (root.local !== 'XmlFragment' || root.namespace !== ns.wsman) return xml;
  return root.text.trim() === '' ? root.children.map((child) => serializeXml(child)).join('') : root.text.trim();
}

const modes = { object: undefined, epr: 'EnumerateEPR', objectandepr: 'EnumerateObjectAndEPR' } as const;
const polymorphism = { deep: undefined, shallow: 'None', 'base-properties': 'ExcludeSubClassProperties' } as const;

/** A time-out of the target's own HTTP layer, after which winrm asks again. */
const httpTimeout = 0x800705b4;
const attempts = 3;

async function enumerate(
  client: WSManClient,
  command: Of<'enumerate'>,
  call: CallOptions,
  { stdout }: CommandEnvironment,
): Promise<void> {
  const { resource, filter, format } = command;
  const options: CallOptions & EnumerateOptions = {
    ...call,
    mode: modes[command.returnType],
    polymorphism: polymorphism[command.hierarchy],
    ...(filter === null ? {} : { filter }),
  };
  for (let attempt = 1; ; attempt++) {
    const writer = createResultWriter(format);
    let open = false;
    try {
      for await (const batch of client.enumerate(resource, options)) {
        if (!open) await stdout(writer.opening);
        open = true;
        await stdout(writer.batch(batch));
      }
      if (!open) await stdout(writer.opening);
      open = true;
      return;
    } catch (error) {
      const again = error instanceof WSManFault && error.fields.wsmanCode === httpTimeout && attempt < attempts;
      if (open || !again) throw error;
    } finally {
      // Also where the rest failed: what was printed stays one well-formed document.
      if (open) await stdout(writer.closing());
    }
  }
}

async function invoke(
  client: WSManClient,
  command: Of<'invoke'>,
  call: CallOptions,
  environment: CommandEnvironment,
): Promise<void> {
  const { resource, method, input } = command;
  const name = className(method);
  const body = await inputXml(input, `${name}_INPUT`, resource.resourceUri, environment);
  const result = await client.invoke(resource, method, body, call);
  await environment.stdout(formatItem(result.output, command.format));
  if (result.returnValue === null || result.returnValue === 0) return;
  const meaning = returnValueMeaning(resource.resourceUri, result.returnValue);
  await environment.stderr(
    `${name} returned ${result.returnValue}${meaning === null ? ', which is not success' : `: ${meaning}`}.\n`,
  );
}
