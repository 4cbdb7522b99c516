/** Identify: what answers there, asked without any WS-Addressing header (DSP0226 11; MS-WSMV 3.1.4.1.23). */
import { ProtocolError } from './errors.ts';
import { childrenOf, childText, type XmlElement } from './xml.ts';

/** What a target says of itself. A machine asked anonymously hides its version: `OS: 0.0.0 SP: 0.0 Stack: 3.0`. */
export interface Identity {
  readonly protocolVersion: string | null;
  readonly productVendor: string | null;
  /** As written: `OS: 10.0.20348 SP: 0.0 Stack: 3.0`. */
  readonly productVersion: string | null;
  /** The three parts of a Windows productVersion; null for other makes. */
  readonly os: string | null;
  readonly servicePack: string | null;
  /** WinRM's generation: 1.1 (2003 R2, Vista, 2008), 2.0 (7, 2008 R2), 3.0 (8, 2012 and later). */
  readonly stack: string | null;
  readonly securityProfiles: readonly string[];
  /** The IdentifyResponse as it came. */
  readonly element: XmlElement;
}

/** OMI puts IdentifyResponse into the SOAP namespace, so only its local name counts. Throws ProtocolError for anything else. */
export function readIdentity(body: XmlElement | null): Identity {
  if (body === null || body.local !== 'IdentifyResponse') {
    throw new ProtocolError(`The answer is no IdentifyResponse, but "${body?.local.slice(0, 80) ?? 'nothing'}".`);
  }
  const text = (local: string): string | null => childText(body, local) || null;
  const productVersion = text('ProductVersion');
  const part = (name: string): string | null =>
    new RegExp(`\\b${name}:\\s*([0-9][0-9.]*)`, 'i').exec(productVersion ?? '')?.[1] ?? null;
  return {
    protocolVersion: text('ProtocolVersion'),
    productVendor: text('ProductVendor'),
    productVersion,
    os: part('OS'),
    servicePack: part('SP'),
    stack: part('Stack'),
    securityProfiles: childrenOf(body, 'SecurityProfiles').flatMap((profiles) =>
      childrenOf(profiles, 'SecurityProfileName').map((name) => name.text.trim()),
    ),
    element: body,
  };
}
