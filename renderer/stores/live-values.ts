/** A map of values with a listener per key. Values set between two frames reach their listeners once, with the newest value. */
export interface LiveValues<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  subscribe(key: string, listener: () => void): () => void;
  /** Called once per frame in which anything changed. */
  subscribeAll(listener: () => void): () => void;
}

/** `schedule` runs its argument once before the next paint (requestAnimationFrame). */
export function createLiveValues<T>(schedule: (run: () => void) => void): LiveValues<T> {
  const shown = new Map<string, T>();
  const waiting = new Map<string, T | undefined>();
  const listeners = new Map<string, Set<() => void>>();
  const allListeners = new Set<() => void>();
  let scheduled = false;

  const apply = () => {
    scheduled = false;
    const keys = [...waiting.keys()];
    for (const [key, value] of waiting) {
      if (value === undefined) shown.delete(key);
      else shown.set(key, value);
    }
    waiting.clear();
    for (const key of keys) {
      for (const listener of [...(listeners.get(key) ?? [])]) listener();
    }
    for (const listener of [...allListeners]) listener();
  };
  const put = (key: string, value: T | undefined) => {
    waiting.set(key, value);
    if (scheduled) return;
    scheduled = true;
    schedule(apply);
  };

  return {
    get: (key) => shown.get(key),
    set: (key, value) => put(key, value),
    delete: (key) => put(key, undefined),
    subscribe(key, listener) {
      let set = listeners.get(key);
      if (set === undefined) {
        set = new Set();
        listeners.set(key, set);
      }
      set.add(listener);
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(key) === set) listeners.delete(key);
      };
    },
    subscribeAll(listener) {
      allListeners.add(listener);
      return () => allListeners.delete(listener);
    },
  };
}
