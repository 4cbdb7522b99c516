/** The rooms of a machine in the order of their tabs, which is that of their keys 1, 2, 3 …; the palette lists them too. */
export const machineRooms = [
  { id: 'overview', name: 'Overview' },
  { id: 'services', name: 'Services' },
  { id: 'processes', name: 'Processes' },
  { id: 'events', name: 'Events' },
  { id: 'winrm', name: 'WinRM' },
  { id: 'hardware', name: 'Hardware' },
  { id: 'wmi', name: 'WMI' },
  { id: 'shell', name: 'Shell' },
  { id: 'trace', name: 'Trace' },
] as const;

export type MachineRoomId = (typeof machineRooms)[number]['id'];
