import { describe, expect, test } from 'vitest';
import { type Command, CommandLineError, type WinrmCommand } from './command.ts';
import { parseArguments, parseLine } from './parse.ts';

const wmi = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2';

function winrm(line: string): WinrmCommand {
  const command = parseLine(line);
  if (!('connection' in command)) throw new Error(`${line} was read as ${command.verb}`);
  return command;
}

function refusal(line: string | readonly string[]): string {
  let command: Command;
  try {
    command = typeof line === 'string' ? parseLine(line) : parseArguments(line);
  } catch (error) {
    if (error instanceof CommandLineError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(command)}`);
}

describe('operations', () => {
  test.each([
    ['winrm id -r:web01', 'identify'],
    ['Winrm IDENTIFY -r:web01', 'identify'],
    ['winrm.cmd g winrm/config', 'get'],
    ['winrm e winrm/config/listener', 'enumerate'],
    ['winrm ENUM winrm/config/listener', 'enumerate'],
    ['winrm i StopService wmicimv2/Win32_Service?Name=Spooler', 'invoke'],
    ['windeck winrm get winrm/config', 'get'],
    ...['s', 'set', 'p', 'put', 'SET'].map((o) => [`winrm ${o} winrm/config @{MaxTimeoutms="60000"}`, 'set'] as const),
    ...['c', 'create'].map((o) => [`winrm ${o} winrm/config/listener?Address=*+Transport=HTTP`, 'create'] as const),
    ...['d', 'delete'].map((o) => [`winrm ${o} winrm/config/listener?Address=*+Transport=HTTP`, 'delete'] as const),
    ...['qc', 'quickconfig', 'QuickConfig'].map((o) => [`winrm ${o} -q`, 'quickconfig'] as const),
    ['winrm configsddl default', 'configsddl'],
    ['winrm helpmsg 5', 'helpmsg'],
    ['windeck completion bash', 'completion'],
  ])('%s is %s', (line, verb) => {
    expect(parseLine(line).verb).toBe(verb);
  });

  test('winrs is known, and said to be a command of its own', () => {
    expect(refusal('winrs -r:web01 dir')).toMatch(/winrs runs as a command of its own/);
  });

  test('an unknown command ends with 2, a bad winrm line with 1, as winrm does', () => {
    const exitCode = (line: string): number => {
      try {
        parseLine(line);
        return 0;
      } catch (error) {
        return (error as CommandLineError).exitCode;
      }
    };
    expect(exitCode('format c:')).toBe(2);
    expect(exitCode('winrm explode winrm/config')).toBe(1);
  });

  test.each([
    ['winrm', 'winrm'],
    ['winrm -?', 'winrm'],
    ['winrm /?', 'winrm'],
    ['winrm help', 'winrm'],
    ['winrm help URIS', 'uris'],
    ['winrm get -?', 'get'],
    ['winrm i -? -r:web01', 'invoke'],
    ['help', 'windeck'],
    ['', 'windeck'],
  ])('"%s" is help on %s', (line, topic) => {
    expect(parseLine(line)).toEqual({ verb: 'help', topic });
  });

  test('operands that are too few or too many are refused, with the likely slip named', () => {
    expect(refusal('winrm get')).toMatch(/needs a resource URI/);
    expect(refusal('winrm id winrm/config -r:web01')).toMatch(/does not know what to do with "winrm\/config"/);
    expect(refusal('winrm get winrm/config -r web01')).toMatch(/follows a colon/);
    expect(refusal('winrm invoke StopService')).toMatch(/needs a resource URI/);
    expect(refusal('winrm invoke')).toMatch(/needs an action/);
    expect(refusal('winrm get winrm/config @{}')).toMatch(/takes no @\{…\}/);
    expect(refusal('winrm -r:web01 get winrm/config')).toMatch(/operation comes first/);
  });
});

describe('switches', () => {
  test('every switch of a get, in dashes and slashes and any case', () => {
    const command = winrm(
      'winrm get wmicimv2/Win32_OperatingSystem -MACHINE:web01 /USERNAME:CORP\\anna -Password:s3cret -authentication:Basic /unencrypted -fragment:FreePhysicalMemory -FORMAT:#Pretty -timeout:5000',
    );
    expect(command).toEqual({
      verb: 'get',
      connection: {
        endpoint: { host: 'web01', port: 5985, transport: 'http', path: '/wsman' },
        remote: true,
        authentication: { scheme: 'basic', chosen: true, certificateFile: null, spnWithPort: false },
        userName: 'CORP\\anna',
        password: { kind: 'given', value: 's3cret' },
        unencrypted: true,
        trusted: false,
        skipNameCheck: false,
        skipAuthorityCheck: false,
        timeoutMs: 5000,
        encoding: 'UTF-8',
      },
      format: 'pretty',
      resource: { resourceUri: `${wmi}/Win32_OperatingSystem` },
      options: [],
      fragment: { path: 'FreePhysicalMemory', dialect: null },
    });
  });

  test('short spellings', () => {
    const { connection } = winrm('winrm e wmicimv2/Win32_Service -r:web01 -u:a -p:b -a:negotiate -un -f:xml');
    expect(connection).toMatchObject({ userName: 'a', unencrypted: true, authentication: { scheme: 'negotiate' } });
    expect(winrm('winrm id -r:web01 -ssl -skipCNcheck -skipCAcheck -trusted').connection).toMatchObject({
      skipNameCheck: true,
      skipAuthorityCheck: true,
      trusted: true,
    });
  });

  test('without -r, or with an empty one, the machine is this one on 5985', () => {
    const here = { host: 'localhost', port: 5985, transport: 'http', path: '/wsman' };
    expect(winrm('winrm get winrm/config').connection).toMatchObject({ endpoint: here, remote: false });
    expect(winrm('winrm get winrm/config -r').connection).toMatchObject({ endpoint: here, remote: true });
    expect(winrm('winrm get winrm/config -r:').connection).toMatchObject({ endpoint: here, remote: true });
  });

  test('a password may hold a colon, an equals sign and quotation marks inside', () => {
    const password = (line: string): unknown => winrm(`winrm id -r:w -u:a ${line}`).connection.password;
    expect(password('-p:a:b=c"d')).toEqual({ kind: 'given', value: 'a:b=c"d' });
    expect(password('-p:"a b\\"c"')).toEqual({ kind: 'given', value: 'a b"c' });
    expect(password('-p:')).toEqual({ kind: 'given', value: '' });
    expect(password('-p:–x’')).toEqual({ kind: 'given', value: '–x’' });
    expect(password('-p')).toEqual({ kind: 'ask' });
    expect(password('')).toEqual({ kind: 'ask' });
    expect(password('-p:-')).toEqual({ kind: 'standard-input' });
  });

  test.each([
    ['winrm id -r:a -remote:b', /given twice/],
    ['winrm id -r:a -f:xml -format:xml', /given twice/],
    ['winrm id -un', /-unencrypted needs -remote/],
    ['winrm get winrm/config -usessl', /-usessl needs -remote/],
    ['winrm id -r:https://web01 -usessl', /exclude each other/],
    ['winrm id -r:https://web01 -un', /TLS always encrypts/],
    ['winrm id -r:web01 -a:basic', /-auth:basic needs -username/],
    ['winrm id -r:web01 -a:digest', /-auth:digest needs -username/],
    ['winrm id -r:web01 -a:credssp', /-auth:credssp needs -username/],
    ['winrm id -r:web01 -a:credssp -u:a', /not in this version/],
    ['winrm id -r:web01 -a:none -u:a', /none of -username, -password and -certificate/],
    ['winrm id -r:web01 -a:none -c:alice.pfx', /none of -username, -password and -certificate/],
    ['winrm id -r:web01 -a:none -p:x', /none of -username, -password and -certificate/],
    ['winrm id -r:web01 -usessl -a:certificate', /needs -certificate:FILE/],
    ['winrm id -r:web01 -usessl -a:certificate -c:a.pem -u:a', /neither -username nor -password/],
    ['winrm id -r:web01 -usessl -c:a.pem -p:x', /neither -username nor -password/],
    ['winrm id -r:web01 -usessl -c:a.pem -a:kerberos', /not with -auth:kerberos/],
    ['winrm id -r:web01 -usessl -c', /needs a value/],
    ['winrm id -r:web01 -usessl -c:0123456789abcdef0123456789ABCDEF01234567', /thumbprint .* give the file/],
    ['winrm id -r:web01 -usessl -c:"01 23 45 67 89 ab cd ef 01 23 45 67 89 AB CD EF 01 23 45 67"', /thumbprint/],
    ['winrm id -r:web01 -usessl -defaultCreds', /needs -auth:negotiate/],
    ['winrm id -r:web01 -usessl -defaultCreds -a:kerberos', /needs -auth:negotiate/],
    ['winrm id -r:web01 -usessl -defaultCreds -a:negotiate -u:a', /another/],
    ['winrm id -r:web01 -defaultCreds -a:negotiate', /needs HTTPS/],
    ['winrm id -r:web01 -usessl -SPNPort -a:basic -u:a', /-SPNPort goes with/],
    ['winrm id -r:web01 -usessl -SPNPort -c:a.pem', /-SPNPort goes with/],
    ['winrm id -r:web01 -SPNPort -a:none', /-SPNPort goes with/],
    ['winrm id -r:web01 -SPNPort:5985', /takes no value/],
    ['winrm id -a:none', /needs -remote/],
    ['winrm get winrm/config -r:web01 -a:none', /Only winrm id/],
    ['winrm id -r:web01 -a:magic', /The authentication is/],
    ['winrm id -r:web01 -p:x', /-password needs -username/],
    ['winrm id -r:web01 -u', /needs a value/],
    ['winrm id -r:web01 -u:', /needs a value/],
    ['winrm id -r:web01 -usessl:yes', /takes no value/],
    ['winrm id -r:web01 -f:yaml', /text, xml or pretty/],
    ['winrm id -r:web01 -timeout:soon', /milliseconds/],
    ['winrm id -r:web01 -timeout:0', /milliseconds/],
    ['winrm id -r:web01 -fragment:x', /does not go with identify/],
    ['winrm id -r:web01 -filter:x', /does not go with identify/],
    ['winrm get winrm/config -filter:x', /does not go with get/],
    ['winrm e winrm/config/listener -fragment:Port', /does not go with enumerate/],
    ['winrm id -r:web01 -frobnicate', /no switch -frobnicate/],
    ['winrm id -r:web01 --usessl', /one dash/],
    ['winrm get winrm/config -dialect:x', /no -fragment/],
    ['winrm e wmicimv2/* -dialect:wql', /no -filter/],
    ['winrm e wmicimv2/* -dialect:xquery -filter:x', /wql, selector/],
  ])('%s is refused', (line, message) => {
    expect(refusal(line)).toMatch(message);
  });

  test('no refusal repeats a password, not even one typed without its colon', () => {
    expect(refusal('winrm id -r:web01 -u:a -p:Tr0ub4dor -p:Tr0ub4dor')).not.toMatch(/Tr0ub4dor/);
    expect(refusal('winrm id -r:web01 -u:a -pTr0ub4dor')).not.toMatch(/Tr0ub4dor/i);
    expect(refusal('winrm id -r:web01 -u:a -p:"Tr0ub4dor')).not.toMatch(/Tr0ub4dor/);
    expect(refusal('winrm id -r:web01 -passwd:Tr0ub4dor')).not.toMatch(/Tr0ub4dor/);
  });

  test('what starts with two dashes or slashes is skipped as winrm does, where it means nothing', () => {
    expect(winrm('winrm id //nologo -r:web01 --verbose').connection.endpoint.host).toBe('web01');
  });
});

describe('how to sign in', () => {
  const authentication = (line: string) => winrm(`winrm id ${line}`).connection.authentication;

  test.each([
    // Kerberos …
    ['-r:web01', 'kerberos'],
    ['-r:web01 -u:a', 'kerberos'],
    ['-r:web01 -trusted', 'kerberos'],
    ['-r:web01 -usessl', 'kerberos'],
    ['-r:http://web01 -u:a', 'kerberos'],
    // … except where a user is named and the machine is trusted, and for this computer.
    ['-r:web01 -u:a -trusted', 'negotiate'],
    ['-r:web01 -u:a -usessl', 'negotiate'],
    ['-r:https://web01 -u:a', 'negotiate'],
    ['', 'negotiate'],
    ['-r:localhost', 'negotiate'],
    ['-r:127.0.0.1', 'negotiate'],
    ['-r:[::1] -u:a', 'negotiate'],
    // A certificate is chosen by naming it.
    ['-r:web01 -usessl -c:alice.pem', 'certificate'],
  ])('without -auth: %s → %s', (line, scheme) => {
    expect(authentication(line).scheme).toBe(scheme);
    expect(authentication(line).chosen).toBe(scheme === 'certificate');
  });

  test.each([
    ['-r:web01 -a:kerberos -u:alice@CORP.EXAMPLE', 'kerberos'],
    ['-r:web01 -AUTH:Kerberos', 'kerberos'],
    ['-r:web01 -authentication:negotiate', 'negotiate'],
    ['-r:bmc01 -a:digest -u:a', 'digest'],
    ['-r:web01 -usessl -a:basic -u:a', 'basic'],
    ['-r:web01 -usessl -a:negotiate -defaultCreds', 'negotiate'],
    ['-r:web01 -a:none', 'none'],
  ])('%s', (line, scheme) => {
    expect(authentication(line)).toEqual({ scheme, chosen: true, certificateFile: null, spnWithPort: false });
  });

  test('a certificate is a file, alone or with its scheme', () => {
    const file = { scheme: 'certificate', chosen: true, certificateFile: 'C:\\my keys\\alice.pfx', spnWithPort: false };
    expect(authentication('-r:web01 -usessl -certificate:"C:\\my keys\\alice.pfx"')).toEqual(file);
    expect(authentication('-r:web01 -usessl -a:certificate /c:"C:\\my keys\\alice.pfx"')).toEqual(file);
    // Forty hexadecimal digits with a name around them are a name.
    expect(authentication(`-r:web01 -usessl -c:${'ab'.repeat(20)}.pem`).certificateFile).toBe(`${'ab'.repeat(20)}.pem`);
  });

  test.each(['', ' -a:kerberos', ' -a:negotiate', ' -u:a'])('-SPNPort with "%s"', (more) => {
    expect(authentication(`-r:web01 -spnport${more}`).spnWithPort).toBe(true);
  });
});

describe('copied text', () => {
  test('dashes of every width start a switch', () => {
    for (const dash of ['-', '–', '—', '−', '‐', '/']) {
      expect(winrm(`Winrm id ${dash}r:machinename`).connection.endpoint.host).toBe('machinename');
    }
  });

  test('curly quotation marks quote, and no-break spaces separate', () => {
    const command = winrm(
      'winrm e wmicimv2/* –filter:“select * from Win32_Service where State=‘Running’”\u00a0–r:web01',
    );
    expect(command).toMatchObject({
      filter: { dialect: 'wql', text: "select * from Win32_Service where State='Running'" },
      connection: { endpoint: { host: 'web01' } },
    });
    expect(winrm('winrm i ChangeStartMode wmicimv2/Win32_Service?Name=“W32Time” @{StartMode=“Manual”}')).toMatchObject({
      resource: { selectors: [['Name', 'W32Time']] },
      input: { kind: 'pairs', pairs: [['StartMode', 'Manual']] },
    });
  });

  test('a typographic apostrophe inside straight marks is data and stays', () => {
    expect(winrm(`winrm e wmicimv2/* -filter:"select * from Win32_Share where Caption='Bob’s'"`)).toMatchObject({
      filter: { text: "select * from Win32_Share where Caption='Bob’s'" },
    });
  });

  test('a placeholder left in the line is named', () => {
    expect(refusal('winrm id -remote:<some machine>')).toMatch(/placeholder/);
    expect(refusal(['winrm', 'id', '-remote:<some machine>'])).toMatch(/placeholder/);
  });
});

describe('operands', () => {
  test('invoke takes a short method as typed, or a whole action URI', () => {
    expect(winrm('winrm invoke stopservice wmicimv2/Win32_Service?name=w32time')).toMatchObject({
      method: 'stopservice',
      resource: { resourceUri: `${wmi}/Win32_Service`, selectors: [['name', 'w32time']] },
      input: { kind: 'pairs', pairs: [] },
    });
    expect(winrm(`winrm invoke ${wmi}/Win32_Service/StopService wmicimv2/Win32_Service?Name=x @{}`)).toMatchObject({
      method: `${wmi}/Win32_Service/StopService`,
    });
    expect(refusal('winrm invoke stop!service wmicimv2/Win32_Service?Name=x')).toMatch(/cannot be an action/);
    expect(refusal('winrm invoke http://schemas/Stop><x wmicimv2/Win32_Service?Name=x')).toMatch(/cannot be an action/);
    expect(refusal('winrm invoke http://schemas/ wmicimv2/Win32_Service?Name=x')).toMatch(/cannot be an action/);
  });

  test('@{…} with blanks, null and several keys, before or after the switches', () => {
    const input = {
      kind: 'pairs',
      pairs: [
        ['CommandLine', 'notepad.exe a b'],
        ['CurrentDirectory', null],
      ],
    };
    const pairs = '@{CommandLine="notepad.exe a b"; CurrentDirectory = $NULL }';
    expect(winrm(`winrm invoke Create wmicimv2/Win32_Process ${pairs} -r:web01`)).toMatchObject({ input });
    expect(winrm(`winrm invoke Create wmicimv2/Win32_Process -r:web01 ${pairs}`)).toMatchObject({ input });
    expect(
      parseArguments([
        'winrm',
        'invoke',
        'Create',
        'wmicimv2/Win32_Process',
        '@{CommandLine="notepad.exe',
        'a',
        'b";',
        'CurrentDirectory=$null}',
        '-r:w',
      ]),
    ).toMatchObject({ input });
    expect(refusal('winrm invoke Create wmicimv2/Win32_Process @{A="1"} @{B="2"}')).toMatch(/one @\{…\}/);
  });

  test('selector filter', () => {
    expect(
      winrm('winrm e wmicimv2/Win32_Service -dialect:selector -filter:{StartMode="Auto";State="Stopped"}'),
    ).toMatchObject({
      filter: {
        dialect: 'selector',
        selectors: [
          ['StartMode', 'Auto'],
          ['State', 'Stopped'],
        ],
      },
    });
    expect(
      winrm(
        'winrm e wmicimv2/Win32_Service -dialect:http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter -filter:{Name="a b"}',
      ),
    ).toMatchObject({ filter: { dialect: 'selector', selectors: [['Name', 'a b']] } });
    expect(refusal('winrm e wmicimv2/Win32_Service -dialect:selector -filter:{Name=$null}')).toMatch(/\$null is none/);
    expect(refusal('winrm e wmicimv2/Win32_Service -dialect:selector -filter:Name')).toMatch(/of the form/);
  });

  test('words of a shell: marks already taken off are not missed', () => {
    expect(
      parseArguments(['winrm', 'e', 'wmicimv2/*', '-filter:select Name from Win32_Service', '-r:web01']),
    ).toMatchObject({
      filter: { dialect: 'wql', text: 'select Name from Win32_Service' },
    });
    expect(
      refusal(['winrm', 'invoke', 'ChangeStartMode', 'wmicimv2/Win32_Service?Name=x', '@{StartMode=Manual}']),
    ).toMatch(/whole line as one string/);
  });
});
