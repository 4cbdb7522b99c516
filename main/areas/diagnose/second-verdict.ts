/** From what this computer and its witnesses see to one sentence. Pure. */
import type { SecondOpinionVerdict, View } from '../../../shared/contract/diagnose.ts';
import { asArgument, candidate, fixesOf } from './cause.ts';

export interface WitnessView {
  readonly name: string;
  readonly view: View;
}

interface Seen {
  readonly host: string;
  readonly port: number;
  readonly mine: View;
  readonly witnesses: readonly WitnessView[];
}

type Verdict = SecondOpinionVerdict;

/** Witnesses that could not be asked are left out. */
export function secondVerdict(seen: Seen): Verdict {
  const { mine } = seen;
  const witnesses = seen.witnesses.filter(({ view }) => view.winrm !== 'not-known');
  if (mine.winrm === 'answers') return reachable(seen, witnesses);
  if (witnesses.length === 0) return nobody(seen);
  const reach = witnesses.filter(({ view }) => view.winrm === 'answers');
  const unknown = witnesses.filter(({ view }) => view.winrm === 'name-unknown');
  if (reach.length > 0 && reach.length < witnesses.length) return partial(seen, witnesses, reach);
  if (reach.length === witnesses.length) return mineAlone(seen, reach);
  if (unknown.length === witnesses.length) return dnsOfAll(seen);
  return nobodyReaches(seen, witnesses);
}

const named = (witnesses: readonly WitnessView[]): string => witnesses.map(({ name }) => name).join(', ');
const addressesOf = (views: readonly View[]): readonly string[] => [
  ...new Set(views.flatMap(({ addresses }) => addresses ?? [])),
];

function reachable({ host }: Seen, witnesses: readonly WitnessView[]): Verdict {
  const without = witnesses.filter(({ view }) => view.winrm !== 'answers');
  return {
    id: 'reachable',
    sentence: `${host} answers this computer: network and listener are in order.`,
    detail:
      without.length === 0
        ? 'What does not work lies behind: in the sign-in, in rights, or in the service. Diagnose tells.'
        : `${named(without)} cannot reach it, though.`,
    candidates: [],
    fixes: fixesOf([`See what stands in the way: windeck diagnose -r:${asArgument(host)}`]),
  };
}

function nobody({ host }: Seen): Verdict {
  return {
    id: 'none',
    sentence: `No other machine could be asked whether it reaches ${host}.`,
    detail: 'A second opinion needs at least one connected Windows machine on which this account may open a shell.',
    candidates: [],
    fixes: [],
  };
}

/** Everybody else reaches it. */
function mineAlone({ host, mine, port }: Seen, reach: readonly WitnessView[]): Verdict {
  const theirs = addressesOf(reach.map(({ view }) => view));
  const own = mine.addresses ?? [];
  const name = asArgument(host);
  if (
    mine.winrm === 'name-unknown' ||
    (theirs.length > 0 && own.length > 0 && !own.some((address) => theirs.includes(address)))
  ) {
    const what = own.length === 0 ? 'does not know the name' : `takes it to be ${own.join(', ')}`;
    return {
      id: 'dns-mine',
      sentence: `The DNS of this computer is wrong about ${host}: it ${what}, and ${named(reach)} ${reach.length === 1 ? 'reaches' : 'reach'} it${theirs.length === 0 ? '' : ` at ${theirs.join(', ')}`}.`,
      detail: 'The machine itself is well.',
      candidates: [],
      fixes: fixesOf([
        `Ask the name server: nslookup ${name}`,
        'Forget what is remembered here, on Windows: ipconfig /flushdns',
        'On Linux: sudo resolvectl flush-caches',
        'Look for an entry in the hosts file of this computer, and at its DNS servers and suffixes.',
      ]),
    };
  }
  return {
    id: 'my-network',
    sentence: `${host} is well: ${named(reach)} ${reach.length === 1 ? 'reaches' : 'reach'} it, only this computer does not.`,
    detail:
      'A firewall or a route between this computer and it is in the way, or its own firewall lets only some networks in.',
    candidates: [
      candidate('a firewall of this computer or between drops the port', `From here: windeck diagnose -r:${name}`),
      candidate('the route from here is broken, or a VPN is missing', `See how far it goes: tracert ${name}`),
      candidate(
        'its firewall lets only some networks in',
        `RemoteIP, on the machine: netsh advfirewall firewall show rule name=all dir=in verbose | findstr /c:${port} /c:RemoteIP`,
      ),
    ],
    fixes: fixesOf(['Check VPN, routes and firewall of this computer first.']),
  };
}

function partial({ host }: Seen, witnesses: readonly WitnessView[], reach: readonly WitnessView[]): Verdict {
  const without = witnesses.filter((witness) => !reach.includes(witness));
  return {
    id: 'partial',
    sentence: `${host} runs, and only some reach it: ${named(reach)} ${reach.length === 1 ? 'does' : 'do'}; ${named(without)} and this computer do not.`,
    detail: 'Something depends on where one asks from: a firewall rule for some networks, a route, or a name server.',
    candidates: [
      candidate(
        'a firewall lets only some networks in',
        'RemoteIP, on the machine: netsh advfirewall firewall show rule name=all dir=in verbose',
      ),
      candidate(
        'a route between the networks is broken',
        `From one that does not reach it: tracert ${asArgument(host)}`,
      ),
      ...(witnesses.some(({ view }) => view.winrm === 'name-unknown')
        ? [candidate('some ask another name server', `From one of either kind: nslookup ${asArgument(host)}`)]
        : []),
    ],
    fixes: [],
  };
}

function dnsOfAll({ host, mine }: Seen): Verdict {
  const own = mine.addresses ?? [];
  return {
    id: 'dns-all',
    sentence: `Nobody knows the name ${host}: it is not in DNS.`,
    detail:
      own.length === 0
        ? 'Every machine that was asked says so.'
        : `Only this computer has an address for it (${own.join(', ')}), and nothing answers there.`,
    candidates: [],
    fixes: fixesOf([
      'Check the spelling of the name.',
      'Let the machine register its name anew, on the machine: ipconfig /registerdns',
      'See the zone, on the name server: Get-DnsServerResourceRecord -ZoneName ZONE',
    ]),
  };
}

function nobodyReaches({ host, port, mine }: Seen, witnesses: readonly WitnessView[]): Verdict {
  const views = [mine, ...witnesses.map(({ view }) => view)];
  const isUp = views.some(({ echo, winrm }) => echo === true || winrm === 'refused');
  const isRefused = views.some(({ winrm }) => winrm === 'refused');
  const all = `neither this computer nor ${named(witnesses)} ${witnesses.length === 1 ? 'gets' : 'get'} an answer`;
  if (isRefused) {
    return {
      id: 'its-listener',
      sentence: `${host} is up, and nothing listens on its port ${port}: it refuses everybody.`,
      detail: 'WinRM does not run there, has no listener on this port, or its own firewall refuses.',
      candidates: [
        candidate('WinRM is not running', 'On the machine: sc query winrm'),
        candidate('there is no listener', 'On the machine: winrm enumerate winrm/config/listener'),
      ],
      fixes: fixesOf(['Start the service, make the listener and open the firewall, on the machine: winrm quickconfig']),
    };
  }
  if (isUp) {
    return {
      id: 'its-firewall',
      sentence: `${host} is up and answers ping, but drops what goes to port ${port}, from everywhere.`,
      detail: 'Its own firewall, or one that stands right before it. A machine without a listener would refuse.',
      candidates: [],
      fixes: fixesOf([
        `Let it through, on the machine: netsh advfirewall firewall add rule name="WinRM ${port}" dir=in action=allow protocol=TCP localport=${port}`,
      ]),
    };
  }
  const addresses = addressesOf(views);
  return {
    id: 'host-down',
    sentence: `${host} is down: ${all}, not even to ping.`,
    detail: 'Not a matter of this computer. From outside these look alike:',
    candidates: [
      candidate(
        'the machine is off, or cut off from the network',
        'Look at its console, its hypervisor or its management controller.',
      ),
      candidate(
        'its firewall drops everything, ping included',
        'On the machine: netsh advfirewall show currentprofile',
      ),
      candidate(
        `its name still has an old address${addresses.length === 0 ? '' : ` (${addresses.join(', ')})`}`,
        `Compare with ipconfig on the machine: nslookup ${asArgument(host)}`,
      ),
    ],
    fixes: [],
  };
}
