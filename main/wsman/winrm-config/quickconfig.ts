/**
 * `winrm quickconfig` as four actions of winrm/config/service: AnalyzeService, EnableService, Analyze, EnableRemoting. The analysis hands
 * out the very input that its second half takes; it is passed back as it came.
 */
import type { WSManClient } from '../client.ts';
import { ProtocolError } from '../errors.ts';
import { resourceUris } from '../namespaces.ts';
import { attribute, child, childrenOf, type XmlElement } from '../xml.ts';

export type QuickconfigAction = 'AnalyzeService' | 'EnableService' | 'Analyze' | 'EnableRemoting';
export interface QuickconfigOptions {
  readonly transport: 'HTTP' | 'HTTPS';
  /** Also on a public network (Force). */
  readonly force: boolean;
}

export interface Analysis {
  /** Nothing needs to be done. */
  readonly isEnabled: boolean;
  /** Group Policy stands in the way. */
  readonly isBlocked: boolean;
  /** What would be done, or why not, in the machine's own words. */
  readonly results: readonly string[];
  /** What the enabling action takes; null where there is nothing to do. */
  readonly input: XmlElement | null;
}

const uri = resourceUris.configService;
type Options = { readonly signal?: AbortSignal | undefined };

/** Is the service there, running, started automatically? Changes nothing. */
export async function analyzeService(client: WSManClient, options: Options = {}): Promise<Analysis> {
  const input = `<cfg:AnalyzeService_INPUT xmlns:cfg="${uri}"/>`;
  return readAnalysis(
    (await client.invoke({ resourceUri: uri }, 'AnalyzeService', input, options)).output,
    'EnableService',
  );
}

/** Is there a listener, and does the firewall let it through? Changes nothing. */
export async function analyzeRemoting(
  client: WSManClient,
  wanted: QuickconfigOptions,
  options: Options = {},
): Promise<Analysis> {
  const force = wanted.force ? '<cfg:Force/>' : '';
  const input = `<cfg:Analyze_INPUT xmlns:cfg="${uri}"><cfg:Transport>${wanted.transport.toLowerCase()}</cfg:Transport>${force}</cfg:Analyze_INPUT>`;
  return readAnalysis((await client.invoke({ resourceUri: uri }, 'Analyze', input, options)).output, 'EnableRemoting');
}

/** Does what an analysis found. Resolves with the machine's words; throws ProtocolError where its status is not `succeeded`. */
export async function enableByQuickconfig(
  client: WSManClient,
  action: 'EnableService' | 'EnableRemoting',
  input: XmlElement,
  options: Options = {},
): Promise<readonly string[]> {
  const { output } = await client.invoke({ resourceUri: uri }, action, input, options);
  const status = child(output, 'Status')?.text.trim() ?? '';
  const results = wordsOf(output);
  if (status.toLowerCase() !== 'succeeded')
    throw new ProtocolError(`${action} ended with the status “${status}”. ${results.join(' ')}`.trim());
  return results;
}

function readAnalysis(output: XmlElement, action: string): Analysis {
  const enabled = child(output, 'RemotingEnabled');
  if (enabled === undefined) throw new ProtocolError('The analysis does not say whether remoting is enabled.');
  const input = child(output, `${action}_INPUT`) ?? null;
  return {
    isEnabled: enabled.text.trim().toLowerCase() === 'true',
    isBlocked: attribute(enabled, 'Source') === 'GPO',
    results: wordsOf(output),
    input,
  };
}

/** Results come as one text with a line for each thing. */
const wordsOf = (output: XmlElement): string[] =>
  childrenOf(output, 'Results')
    .flatMap(({ text }) => text.split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line !== '');
