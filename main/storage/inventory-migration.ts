/**
 * Brings the JSON of an older inventory file to the form of today; anything else comes back as it is, for the schema to judge.
 * Version 1 had credentials without names, and machines without a service principal name, delegation or what they inherit.
 */
export function migrate(json: unknown): unknown {
  if (!isObject(json) || json['version'] !== 1) return json;
  return {
    ...json,
    version: 2,
    credentials: mapped(json['credentials'], (credential) => ({
      ...credential,
      name: credential['userName'],
      kind: 'password',
    })),
    assignments: { global: null, tags: [] },
    machines: mapped(json['machines'], (machine) => ({
      ...machine,
      spn: { serviceClass: null, host: null, withPort: false },
      delegate: false,
    })),
  };
}

type Json = Readonly<Record<string, unknown>>;

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function mapped(list: unknown, change: (item: Json) => Json): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => (isObject(item) ? change(item) : item)) : list;
}
