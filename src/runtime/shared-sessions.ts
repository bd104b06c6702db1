/** Sessions that are made once for graphs that are the same. */
import type { Runtime, Session, SessionOptions } from './runtime.js';

/** A runtime whose sessions are shared, and whoever ends them. */
export interface SharedSessions {
  /** Where a graph like this one is loaded already, `createSession` gives its session, and `release` leaves it for the next. */
  readonly runtime: Runtime;
  /** Releases all sessions. */
  release(): Promise<void>;
}

/** Graphs that nobody runs are kept up to this number: their arenas hold what their largest run took. */
const KEPT = 16;
/** Models of more bytes hold constants of their own, and are never the same. */
const MOST_BYTES = 2 ** 16;

interface Shared {
  readonly session: Promise<Session>;
  /** How many have it. */
  users: number;
}

/** Shares the sessions of a runtime. A graph that says nothing of the sizes of a layer then serves all layers. */
export function shareSessions(runtime: Runtime): SharedSessions {
  /** By model and options; those that were used last stand last. */
  const known = new Map<string, Shared>();

  async function forgetOldest(): Promise<void> {
    const idle = [...known].filter(([, { users }]) => users === 0);
    const oldest = idle.slice(0, Math.max(0, idle.length - KEPT));
    // Before anything is waited for: meanwhile somebody may ask for one of them.
    for (const [key] of oldest) known.delete(key);
    for (const [, { session }] of oldest) await (await session).release();
  }

  async function createSession(model: Uint8Array, options?: SessionOptions): Promise<Session> {
    if (model.length > MOST_BYTES) return runtime.createSession(model, options);
    const key = `${JSON.stringify(options)} ${new TextDecoder('latin1').decode(model)}`;
    const shared = known.get(key) ?? { session: runtime.createSession(model, options), users: 0 };
    known.delete(key);
    known.set(key, shared);
    shared.users++;
    let held = true;
    const release = async () => {
      if (!held) return;
      held = false;
      shared.users--;
      await forgetOldest();
    };
    try {
      return { ...(await shared.session), release };
    } catch (error) {
      known.delete(key);
      throw error;
    }
  }

  return {
    runtime: { ...runtime, createSession },
    release: async () => {
      const sessions = [...known.values()];
      known.clear();
      for (const { session } of sessions) await (await session).release();
    },
  };
}
