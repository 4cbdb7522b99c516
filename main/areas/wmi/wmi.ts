import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import { namespaceOf, writeObjectPath } from '../../../shared/contract/object-path.ts';
import type { WmiClass } from '../../../shared/contract/wmi.ts';
import { openAudit } from '../../storage/audit.ts';
import { className, type WSManClient, WSManFault, wmi, wql } from '../../wsman/index.ts';
import { outcomeOf } from '../audit-outcome.ts';
import { type AreaContext, onMachine } from '../context.ts';
import { createInstanceOf, getInstance, invokeMethod, putProperties } from './change.ts';
import { childNamespaces, createClassBook } from './classes.ts';
import { classOfQuery, type Declarations, readRows } from './rows.ts';

/** A room of its own may take longer than a table that refreshes itself, but nothing waits for ever. */
const readingLimitMs = 5 * 60_000;
const defaultNamespace = 'root/cimv2';

/** WMI as it is: namespaces, classes, instances, queries, and every change that it knows. */
export function createWmi(
  context: AreaContext,
  { dataFolder }: { readonly dataFolder: string },
): ConsoleHandlers['wmi'] {
  const audit = openAudit(dataFolder, context.now);
  const book = createClassBook(context);

  const limited = (signal: AbortSignal): AbortSignal =>
    AbortSignal.any([signal, context.closing, AbortSignal.timeout(readingLimitMs)]);
  const asked = (signal: AbortSignal) => ({ signal: limited(signal), urgent: true });

  /** The declaration, or null where the account or the target does not give one: values then have the types that their XML says. */
  async function declarationOf(
    client: WSManClient,
    machineId: string,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<WmiClass | null> {
    try {
      return await book.describe(client, machineId, namespace, name, false, signal);
    } catch (error) {
      if (error instanceof WSManFault) return null;
      throw error;
    }
  }
  const declarations =
    (client: WSManClient, machineId: string, namespace: string, signal: AbortSignal): Declarations =>
    (name) =>
      declarationOf(client, machineId, namespace, name, signal);

  const whereIs = (reference: CimReference) => ({
    namespace: namespaceOf(reference) ?? defaultNamespace,
    name: className(reference.resourceUri),
  });

  /** Writes down what is asked, does it, and writes down what came of it. Names are written, values never: one may be a password. */
  async function audited<T>(
    machineId: string,
    event: string,
    what: Readonly<Record<string, string | readonly string[]>>,
    work: () => Promise<readonly [T, outcome: string]>,
  ): Promise<T> {
    context.log(`audit: wmi ${event} on ${machineId}: ${Object.values(what).join(' ')}`);
    await audit.write({ event: `wmi-${event}`, machineId, ...what, outcome: 'asked' });
    try {
      const [result, outcome] = await work();
      await audit.write({ event: `wmi-${event}`, machineId, ...what, outcome });
      return result;
    } catch (error) {
      await audit.write({ event: `wmi-${event}`, machineId, ...what, outcome: outcomeOf(error) });
      throw error;
    }
  }

  return {
    namespaces: ({ machineId, namespace }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run((client, within) => childNamespaces(client, withSlashes(namespace), within), asked(signal)),
      ),

    classes: ({ machineId, namespace, fresh }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          (client, within) => book.list(client, machineId, withSlashes(namespace), fresh, within),
          asked(signal),
        ),
      ),

    describe: ({ machineId, namespace, className: name, fresh }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          (client, within) => book.describe(client, machineId, withSlashes(namespace), name, fresh, within),
          asked(signal),
        ),
      ),

    instances: ({ machineId, namespace, className: name, limit }, sink) =>
      onMachine(context, machineId, (session) =>
        session.run(
          (client, within) =>
            readRows({
              client,
              resource: { resourceUri: wmi(name, withSlashes(namespace)) },
              filter: undefined,
              namespace: withSlashes(namespace),
              className: name,
              declarations: declarations(client, machineId, withSlashes(namespace), within),
              limit,
              signal: within,
              now: context.now,
              push: (item) => sink.push(item),
            }),
          asked(sink.signal),
        ),
      ),

    query: ({ machineId, namespace, text, limit }, sink) =>
      onMachine(context, machineId, (session) =>
        session.run(
          (client, within) =>
            readRows({
              client,
              resource: { resourceUri: wql(withSlashes(namespace)) },
              filter: { dialect: 'wql', text },
              namespace: withSlashes(namespace),
              className: classOfQuery(text),
              declarations: declarations(client, machineId, withSlashes(namespace), within),
              limit,
              signal: within,
              now: context.now,
              push: (item) => sink.push(item),
            }),
          asked(sink.signal),
        ),
      ),

    associated: ({ machineId, reference, select, limit }, sink) =>
      onMachine(context, machineId, (session) =>
        session.run((client, within) => {
          const { namespace } = whereIs(reference);
          return readRows({
            client,
            resource: { resourceUri: wql(namespace) },
            filter: {
              dialect: 'association',
              query: {
                select: select === 'links' ? 'association-instances' : 'associated-instances',
                object: reference,
              },
            },
            namespace,
            className: null,
            declarations: declarations(client, machineId, namespace, within),
            limit,
            signal: within,
            now: context.now,
            push: (item) => sink.push(item),
          });
        }, asked(sink.signal)),
      ),

    get: ({ machineId, reference }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(async (client, within) => {
          const { namespace, name } = whereIs(reference);
          const declared = await declarationOf(client, machineId, namespace, name, within);
          return getInstance({ client, reference, declared, namespace, signal: within });
        }, asked(signal)),
      ),

    put: ({ machineId, reference, changes, before }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(async (client, within) => {
          const { namespace, name } = whereIs(reference);
          const declared = await declarationOf(client, machineId, namespace, name, within);
          const what = { instance: writeObjectPath(reference), properties: changes.map((change) => change.name) };
          return audited(machineId, 'put', what, async () => [
            await putProperties({ client, reference, declared, namespace, signal: within }, changes, before),
            'done',
          ]);
        }, asked(signal)),
      ),

    create: ({ machineId, namespace: space, className: name, values }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(async (client, within) => {
          const namespace = withSlashes(space);
          const declared = await declarationOf(client, machineId, namespace, name, within);
          const what = { class: `${namespace}:${name}`, properties: values.map((value) => value.name) };
          return audited(machineId, 'create', what, async () => {
            const created = await createInstanceOf(client, namespace, declared, name, values, within);
            return [created, `done: ${writeObjectPath(created)}`];
          });
        }, asked(signal)),
      ),

    delete: ({ machineId, reference }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          (client, within) =>
            audited(machineId, 'delete', { instance: writeObjectPath(reference) }, async () => {
              await client.delete(reference, { signal: within });
              return [null, 'done'];
            }),
          asked(signal),
        ),
      ),

    invoke: ({ machineId, namespace: space, className: name, reference, method, inputs }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(async (client, within) => {
          const namespace = withSlashes(space);
          const declared = await declarationOf(client, machineId, namespace, name, within);
          const what = {
            on: reference === null ? `${namespace}:${name}` : writeObjectPath(reference),
            method,
            parameters: inputs.map((input) => input.name),
          };
          return audited(machineId, 'invoke', what, async () => {
            const result = await invokeMethod({
              client,
              namespace,
              className: name,
              reference,
              declared,
              method,
              inputs,
              signal: within,
              now: context.now,
            });
            return [result, result.returnValue === null ? 'done' : `returned ${result.returnValue}`];
          });
        }, asked(signal)),
      ),
  };
}

const withSlashes = (namespace: string): string => namespace.replaceAll('\\', '/');
