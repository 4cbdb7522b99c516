/** The table of matrix.peer.test.ts: every way in × every transport × every role, and what must come out. */

export const ways = [
  'Kerberos',
  'Kerberos in SPNEGO',
  'NTLM',
  'NTLM in SPNEGO',
  'Basic',
  'Digest',
  'Certificate',
  'signed-in user',
] as const;
export const transports = ['http', 'https', 'https, Strict'] as const;
export const roles = ['our client, the lab', 'foreign client, the lab', 'our client, foreign acceptor'] as const;
export type Way = (typeof ways)[number];
export type Transport = (typeof transports)[number];
export type Role = (typeof roles)[number];

/** What must come out, in the order of `transports`. Whoever changes a cell changes what the product promises. */
export const expected: Readonly<Record<Role, Readonly<Record<Way, readonly [string, string, string]>>>> = {
  'our client, the lab': {
    Kerberos: ['passed', 'passed', 'passed'],
    'Kerberos in SPNEGO': ['passed', 'passed', 'passed'],
    NTLM: ['passed', 'passed', 'passed'],
    'NTLM in SPNEGO': ['passed', 'passed', 'passed'],
    // Nothing goes out in clear text that the user has not allowed.
    Basic: ['refused: clear-text-refused', 'passed', 'passed'],
    // To a management controller; the Strict machine is a Windows, which does not know Digest.
    Digest: ['refused: clear-text-refused', 'passed', 'refused: policy'],
    Certificate: ['refused: policy', 'passed', 'passed'],
    'signed-in user': ['passed', 'passed', 'passed'],
  },
  'foreign client, the lab': {
    Kerberos: ['passed', 'passed', 'passed; unbound 401'],
    'Kerberos in SPNEGO': ['passed', 'passed', 'passed; unbound 401'],
    NTLM: ['passed', 'passed', 'passed; unbound 401'],
    'NTLM in SPNEGO': ['passed', 'passed', 'passed; unbound 401'],
    // While AllowUnencrypted is false a message in clear text gets an empty 500, as from Windows.
    Basic: ['refused: 500', 'passed', 'passed'],
    Digest: ['passed', 'passed', 'not applicable'],
    Certificate: ['not applicable', 'passed', 'passed'],
    'signed-in user': ['passed', 'passed', 'passed; unbound 401'],
  },
  'our client, foreign acceptor': {
    Kerberos: ['passed', 'passed', 'passed'],
    'Kerberos in SPNEGO': ['passed', 'passed', 'passed'],
    NTLM: ['passed', 'passed', 'passed'],
    'NTLM in SPNEGO': ['passed', 'passed', 'passed'],
    // Here clear text is allowed for the machine.
    Basic: ['passed', 'passed', 'not applicable'],
    Digest: ['passed', 'passed', 'not applicable'],
    Certificate: ['refused: policy', 'passed', 'not applicable'],
    'signed-in user': ['passed', 'passed', 'passed'],
  },
};

export const cellOf = (role: Role, way: Way, transport: Transport): string => `${role} | ${way} | ${transport}`;

const WIDTH = 32;

/** In columns for a terminal; a cell that was not seen has failed. */
export function tableOf(seen: ReadonlyMap<string, string>): string {
  const row = (...cells: readonly string[]) =>
    cells
      .map((cell) => cell.padEnd(WIDTH))
      .join('')
      .trimEnd();
  const lines = roles.flatMap((role) => [
    '',
    row(role, ...transports),
    ...ways.map((way) =>
      row(`  ${way}`, ...transports.map((transport) => seen.get(cellOf(role, way, transport)) ?? 'FAILED')),
    ),
  ]);
  const outcomes = [...seen.values()];
  const count = (start: string) => outcomes.filter((outcome) => outcome.startsWith(start)).length;
  const cells = roles.length * ways.length * transports.length;
  const [passed, refused, not] = [count('passed'), count('refused'), count('not')];
  return [
    ...lines,
    '',
    'Strict: CbtHardeningLevel. "unbound 401": refused where no channel binding is sent.',
    'Not applicable: a client certificate is shown inside TLS; a binding belongs to Kerberos and NTLM; controllers, which Digest is for, know no CbtHardeningLevel.',
    `${cells} cells: ${passed} passed, ${refused} refused as documented, ${not} not applicable, ${cells - passed - refused - not} failed`,
  ].join('\n');
}
