import { createRandom, type Random, seedOf } from './random.ts';

/** What is decided about a machine from the seed alone. Everything here is invented; version strings are those of real Windows. */

export interface Generation {
  readonly caption: string;
  readonly version: string;
  readonly build: number;
  readonly stack: '1.1' | '2.0' | '3.0';
  readonly servicePack: number;
  readonly csdVersion: string | null;
}
const server = (caption: string, version: string, stack: Generation['stack'] = '3.0', servicePack = 0): Generation => ({
  caption,
  version,
  build: Number(version.split('.')[2]),
  stack,
  servicePack,
  csdVersion: servicePack ? `Service Pack ${servicePack}` : null,
});
export const generations = {
  /** Only where a fleet asks for it. */
  '2008': server('Microsoft® Windows Server® 2008 Standard ', '6.0.6002', '1.1', 2),
  '2008R2': server('Microsoft Windows Server 2008 R2 Standard ', '6.1.7601', '2.0', 1),
  '2012': server('Microsoft Windows Server 2012 Standard', '6.2.9200'),
  '2012R2': server('Microsoft Windows Server 2012 R2 Standard', '6.3.9600'),
  '2016': server('Microsoft Windows Server 2016 Standard', '10.0.14393'),
  '2019': server('Microsoft Windows Server 2019 Standard', '10.0.17763'),
  '2022': server('Microsoft Windows Server 2022 Datacenter', '10.0.20348'),
  '2025': server('Microsoft Windows Server 2025 Datacenter', '10.0.26100'),
} as const;

export type Role = 'DC' | 'SQL' | 'FS' | 'WEB' | 'APP' | 'PRN' | 'BAK' | 'RDS';
/** Something for the administrator to find. */
export type SeededFault =
  | 'low-disk'
  | 'automatic-service-stopped'
  | 'high-cpu'
  | 'service-fails-to-start'
  | 'low-memory';

export interface DiskPlan {
  readonly drive: string;
  readonly label: string;
  readonly sizeBytes: number;
  readonly usedShare: number;
}

export interface MachinePlan {
  readonly index: number;
  readonly name: string;
  readonly site: string;
  readonly role: Role;
  readonly domain: string;
  readonly generation: Generation;
  /** `omi`: WS-Man is not Windows' own. */
  readonly make: 'windows' | 'omi';
  readonly seed: number;
  readonly tags: readonly string[];
  readonly logicalProcessors: number;
  readonly memoryBytes: number;
  readonly disks: readonly DiskPlan[];
  readonly address: string;
  readonly offsetMinutes: number;
  readonly manufacturer: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly faults: ReadonlySet<SeededFault>;
  /** How long it had been up when the lab started, in milliseconds. */
  readonly uptimeMs: number;
}

const sites = [
  { name: 'HQ', offsetMinutes: 0, network: 10 },
  { name: 'BRS', offsetMinutes: 0, network: 20 },
  { name: 'FRA', offsetMinutes: 60, network: 30 },
  { name: 'LON', offsetMinutes: 0, network: 40 },
  { name: 'SIN', offsetMinutes: 480, network: 50 },
  { name: 'LAB', offsetMinutes: 0, network: 60 },
] as const;
const roles: readonly Role[] = ['DC', 'SQL', 'FS', 'WEB', 'APP', 'APP', 'WEB', 'SQL', 'PRN', 'BAK', 'RDS', 'APP'];
const hardware = [
  {
    manufacturer: 'VMware, Inc.',
    model: 'VMware7,1',
    serial: (r: Random) => `VMware-42 ${hex(r, 2)} ${hex(r, 2)} ${hex(r, 2)}`,
  },
  {
    manufacturer: 'Microsoft Corporation',
    model: 'Virtual Machine',
    serial: (r: Random) => `${r.between(1000, 9999)}-${r.between(1000, 9999)}-${r.between(1000, 9999)}`,
  },
  { manufacturer: 'Dell Inc.', model: 'PowerEdge R650', serial: (r: Random) => hex(r, 7).toUpperCase() },
  { manufacturer: 'HPE', model: 'ProLiant DL380 Gen10', serial: (r: Random) => `CZ${hex(r, 8).toUpperCase()}` },
] as const;

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.between(0, 15).toString(16)).join('');

const gigabyte = 1024 ** 3;
const day = 86_400_000;

/** Site and role follow from the index, so that a fleet of any size is believable; the rest from seed and name. */
export function planMachine(index: number, fleetSeed: number): MachinePlan {
  const site = sites[index % sites.length]!;
  const round = Math.floor(index / sites.length);
  const role = roles[(round + index) % roles.length]!;
  const number = Math.floor(index / (sites.length * roles.length)) * 12 + (round % 12) + 1;
  const name = `${site.name}-${role}${String(number).padStart(2, '0')}`;
  const seed = seedOf(fleetSeed, name);
  const random = createRandom(seed);
  const generation = pickGeneration(index, random);
  const machine = hardware[random.between(0, hardware.length - 1)]!;
  const faults = pickFaults(index, random);
  const environment = site.name === 'LAB' ? 'lab' : random.chance(0.25) ? 'staging' : 'production';
  return {
    index,
    name,
    site: site.name,
    role,
    domain: 'corp.example',
    generation,
    make: 'windows',
    seed,
    tags: [...new Set([environment, site.name.toLowerCase(), role.toLowerCase()])],
    logicalProcessors: random.pick([2, 4, 4, 8, 8, 16]),
    memoryBytes: random.pick([4, 8, 8, 16, 16, 32, 64]) * gigabyte,
    disks: planDisks(role, random, faults),
    address: `10.${site.network}.${Math.floor(index / 200) + 1}.${(index % 200) + 20}`,
    offsetMinutes: site.offsetMinutes,
    manufacturer: machine.manufacturer,
    model: machine.model,
    serialNumber: machine.serial(random),
    faults,
    uptimeMs: random.between(2 * day, 95 * day) + random.between(0, day),
  };
}

/** The first machines show every generation; further ones are mostly current. */
function pickGeneration(index: number, random: Random): Generation {
  const fixed = ['2022', '2019', '2016', '2025', '2012R2', '2022', '2008R2', '2019', '2012', '2022'] as const;
  const common = ['2022', '2022', '2019', '2019', '2016', '2025', '2012R2', '2022', '2019', '2008R2', '2012'] as const;
  return generations[fixed[index] ?? random.pick(common)];
}

function pickFaults(index: number, random: Random): ReadonlySet<SeededFault> {
  const fixed: Record<number, readonly SeededFault[]> = {
    2: ['low-disk'],
    4: ['high-cpu'],
    5: ['service-fails-to-start', 'automatic-service-stopped'],
    7: ['automatic-service-stopped'],
    9: ['low-memory'],
  };
  if (index < 12) return new Set(fixed[index] ?? []);
  const faults = new Set<SeededFault>();
  if (random.chance(0.06)) faults.add('low-disk');
  if (random.chance(0.05)) faults.add('high-cpu');
  if (random.chance(0.05)) faults.add('automatic-service-stopped');
  if (random.chance(0.04)) faults.add('service-fails-to-start');
  if (random.chance(0.04)) faults.add('low-memory');
  return faults;
}

function planDisks(role: Role, random: Random, faults: ReadonlySet<SeededFault>): DiskPlan[] {
  const disks: DiskPlan[] = [
    {
      drive: 'C:',
      label: '',
      sizeBytes: random.pick([80, 100, 120]) * gigabyte - 577_536,
      usedShare: 0.35 + random.next() * 0.35,
    },
  ];
  const data = (drive: string, label: string, sizes: readonly number[]): void => {
    disks.push({
      drive,
      label,
      sizeBytes: random.pick(sizes) * gigabyte - 1_052_672,
      usedShare: 0.2 + random.next() * 0.55,
    });
  };
  if (role === 'SQL') {
    data('D:', 'SQLDATA', [400, 800, 1200]);
    data('L:', 'SQLLOG', [100, 200]);
  } else if (role === 'FS' || role === 'BAK') data('E:', 'DATA', [1000, 2000, 4000]);
  else if (random.chance(0.4)) data('D:', 'DATA', [60, 200]);
  if (faults.has('low-disk')) {
    const last = disks.length - 1;
    disks[last] = { ...disks[last]!, usedShare: 0.925 + random.next() * 0.05 };
  }
  return disks;
}
