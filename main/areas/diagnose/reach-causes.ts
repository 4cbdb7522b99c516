/** Causes that show before a byte is sent: name, route, port. */
import { asArgument, type Cause, candidate, fixesOf, fixOf, type Place } from './cause.ts';
import type { PortState } from './network.ts';

/** States by port; the machine's own is among them. */
export type Ports = ReadonlyMap<number, PortState>;

/** A name that has no address here. `code` is Node's. */
export function nameCause({ host }: Place, code: string | null): Cause {
  const name = asArgument(host);
  const look = `Ask the name server itself: nslookup ${name}`;
  if (code === 'EAI_AGAIN' || code === 'ETIMEDOUT' || code === 'ESERVFAIL' || code === null) {
    return {
      id: 'name-server-silent',
      sentence: `The name server of this computer does not answer for ${host}.`,
      detail: 'The question got no answer in time, so nothing is known about the name itself.',
      fixes: [
        fixOf('Check the network and the DNS servers of this computer, VPN included.'),
        fixOf(look),
        fixOf('Or use the address of the machine; Kerberos then needs the host of its SPN in the settings.'),
      ],
    };
  }
  return {
    id: 'name-unknown',
    sentence: `The name ${host} has no address in the DNS of this computer.`,
    detail: 'The name is misspelt, not registered, or known only to other name servers or with a suffix.',
    fixes: [
      fixOf('Check the spelling, or use the fully qualified name or the address.'),
      fixOf(look),
      fixOf('Let the machine register its name anew, on the machine: net stop dnscache && ipconfig /registerdns'),
    ],
  };
}

const winrmPorts = [5985, 5986] as const;

/** Why the machine's own port did not open. */
export function portCause(place: Place, ports: Ports, addresses: readonly string[]): Cause {
  const { host, port } = place;
  const own = ports.get(port) ?? 'silent';
  const others = [...ports].filter(([at]) => at !== port);
  const openElsewhere = winrmPorts.filter((at) => at !== port && ports.get(at) === 'open');
  if (own === 'no-route') return noRoute(place, addresses);
  if (place.isLocal && own === 'refused' && openElsewhere.length === 0) return localCause(place);
  if (openElsewhere.length > 0) return otherPort(place, own, openElsewhere[0]!);
  if (own === 'refused') return refused(place);
  const speaks = others.filter(([, state]) => state === 'open' || state === 'refused');
  if (speaks.length > 0) {
    const [at, state] = speaks[0]!;
    return {
      id: 'port-dropped',
      sentence: `A firewall drops what goes to port ${port} of ${host}: the machine is up, since port ${at} ${state === 'open' ? 'is open' : 'refuses'}.`,
      detail: 'A port at which nobody listens would have been refused like the others.',
      fixes: [
        allowThrough(port),
        fixOf('Firewalls between here and there must let this port through as well.'),
        quickconfig(),
      ],
    };
  }
  return hostSilent(place, addresses);
}

function refused({ host, port, transport }: Place): Cause {
  return {
    id: 'port-refused',
    sentence: `Nothing takes connections on port ${port} of ${host}: WinRM does not run, has no listener there, listens at no address, or a firewall refuses.`,
    detail: 'The machine is up and says no at once. From outside these four look alike.',
    candidates: [
      candidate('WinRM is not running', 'On the machine: sc query winrm'),
      candidate(
        `there is no ${transport.toUpperCase()} listener on port ${port}`,
        'On the machine: winrm enumerate winrm/config/listener',
      ),
      candidate(
        'a policy (IPv4Filter, IPv6Filter) leaves the listener no address',
        'ListeningOn is empty or null, on the machine: winrm enumerate winrm/config/listener',
      ),
      candidate(
        'a firewall refuses instead of dropping',
        `On the machine: netsh advfirewall firewall show rule name=all dir=in | findstr ${port}`,
      ),
    ],
    fixes: [quickconfig(transport), fixOf('The service alone, on the machine: sc start winrm')],
  };
}

function hostSilent({ host, port }: Place, addresses: readonly string[]): Cause {
  const name = asArgument(host);
  const at = addresses.length === 0 ? '' : ` (${addresses.join(', ')})`;
  return {
    id: 'host-silent',
    sentence: `${host}${at} answers on no port: it is off, a firewall drops everything, or the address is not its own any more.`,
    detail: 'Silence is all that there is to see from here. Other machines may know more: ask for a second opinion.',
    candidates: [
      candidate('the machine is off or asleep', `It answers nobody: ping ${name}`),
      candidate(
        'a firewall drops everything, here, there or between',
        `From another network: windeck diagnose -r:${name}`,
      ),
      candidate(
        'DNS has an old or a wrong address',
        `Compare with what the machine has itself (ipconfig): nslookup ${name}`,
      ),
      candidate('the route to its network is broken', `See how far it goes: tracert ${name}`),
    ],
    fixes: [fixOf('Turn it on, or look at its console.'), allowThrough(port)],
  };
}

function noRoute({ host }: Place, addresses: readonly string[]): Cause {
  return {
    id: 'no-route',
    sentence: `This computer has no route to ${addresses[0] ?? host}.`,
    detail: 'A router, or this computer itself, says that the address cannot be reached.',
    fixes: fixesOf(['Check network and VPN of this computer.', `See how far it goes: tracert ${asArgument(host)}`]),
  };
}

function otherPort({ host, port }: Place, own: PortState, open: number): Cause {
  const what = own === 'refused' ? 'Nothing listens on' : 'Nothing answers on';
  const transport = open === 5986 ? 'HTTPS' : 'HTTP';
  return {
    id: 'other-port',
    sentence: `${what} port ${port} of ${host}, but on ${open}, the port of WinRM over ${transport}.`,
    detail: 'The listener is on another port or of the other transport than these settings say.',
    fixes: [
      fixOf(
        `Set the machine to ${transport} on port ${open}: windeck diagnose -r:${transport.toLowerCase()}://${asArgument(host)}:${open}`,
      ),
      fixOf('See what it listens on, on the machine: winrm enumerate winrm/config/listener'),
    ],
  };
}

/** "No output means WinRM is not installed", said by the port. */
function localCause({ port, platform, transport }: Place): Cause {
  if (platform !== 'win32') {
    const system = platform === 'darwin' ? 'macOS' : 'Linux or another Unix';
    return {
      id: 'local-not-there',
      sentence: `This computer has no WinRM: it runs ${system}, and nothing listens on port ${port}.`,
      detail:
        'WinRM is a part of Windows. Other WS-Management servers (OMI, openwsman) listen only once they are installed and started.',
      fixes: fixesOf(['Name the Windows machine that is meant: windeck diagnose -r:HOST']),
    };
  }
  return {
    id: 'local-not-there',
    sentence: `WinRM does not answer on this computer: it is not running, has no listener on port ${port}, or is not installed.`,
    detail: 'It is part of every Windows since Vista; XP and Server 2003 need the Management Framework of KB968930.',
    candidates: [
      candidate(
        'the service is not running (a client Windows starts it by hand only)',
        'See its state: sc query winrm',
      ),
      candidate('there is no listener', 'See what there is: winrm enumerate winrm/config/listener'),
      candidate('it is not installed', 'FAILED 1060 means so: sc query winrm'),
    ],
    fixes: [
      fixOf(
        `Start the service, make the listener and open the firewall, as administrator: winrm quickconfig${transport === 'https' ? ' -transport:https' : ''}`,
      ),
    ],
  };
}

const quickconfig = (transport: 'http' | 'https' = 'http') =>
  fixOf(
    `Start the service, make the listener and open the firewall, on the machine: winrm quickconfig${transport === 'https' ? ' -transport:https' : ''}`,
  );

const allowThrough = (port: number) =>
  fixOf(
    `Let it through the firewall, on the machine: netsh advfirewall firewall add rule name="WinRM ${port}" dir=in action=allow protocol=TCP localport=${port}`,
  );
