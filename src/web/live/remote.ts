/** An object that lives in a worker, called as if it were here. */

interface Question {
  readonly id: number;
  readonly method: string;
  readonly given: readonly unknown[];
  /** Whether a function was passed behind what is given, which stayed where it was. */
  readonly hasListener: boolean;
}

/** An answer, or what a function is to be called with before it. */
type Answer = { readonly id: number } & (
  { readonly value: unknown } | { readonly refusal: string } | { readonly told: readonly unknown[] }
);

/** Both ends of a worker look like this. */
interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', take: (event: MessageEvent) => void): void;
}

type Listener = (...told: readonly unknown[]) => void;

type Methods = Readonly<Record<string, (...given: never[]) => Promise<unknown>>>;

/**
 * Answers for an object, one question after the other: what it holds is not made for two at a time.
 * @param lineOf an error in a line for the reader
 */
export function answerFor(port: Port, methods: Methods, lineOf: (error: unknown) => string): void {
  let last: Promise<void> = Promise.resolve();
  const answer = async ({ id, method, given, hasListener }: Question): Promise<void> => {
    const reply = (message: Answer) => port.postMessage(message);
    const listener = (...told: readonly unknown[]) => reply({ id, told });
    const all = hasListener ? [...given, listener] : given;
    try {
      reply({ id, value: await methods[method]!(...(all as never[])) });
    } catch (error) {
      reply({ id, refusal: lineOf(error) });
    }
  };
  port.addEventListener('message', ({ data }) => {
    last = last.then(() => answer(data as Question));
  });
}

/** The object in a worker. Whatever it refuses is an Error with its line; a function that is passed last is called from there. */
export function remote<T extends object>(worker: Port & Pick<Worker, 'onerror'>): T {
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void; listener: Listener | undefined }
  >();
  let questions = 0;
  let broken: Error | undefined;
  worker.addEventListener('message', ({ data }) => {
    const answer = data as Answer;
    const asked = waiting.get(answer.id);
    if ('told' in answer) return void asked?.listener?.(...answer.told);
    waiting.delete(answer.id);
    if ('refusal' in answer) asked?.reject(new Error(answer.refusal));
    else asked?.resolve(answer.value);
  });
  worker.onerror = (event) => {
    const { message } = event as Partial<ErrorEvent>;
    broken = new Error(
      `the part of the page that computes has stopped (${message ?? 'it could not be loaded'}); load it again`,
    );
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const call =
    (method: string) =>
    (...given: readonly unknown[]) =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken);
        const id = questions++;
        const last = given.at(-1);
        const listener = typeof last === 'function' ? (last as Listener) : undefined;
        waiting.set(id, { resolve, reject, listener });
        const sent = listener ? given.slice(0, -1) : given;
        worker.postMessage({ id, method, given: sent, hasListener: listener !== undefined } satisfies Question);
      });
  return new Proxy({} as T, { get: (_, method) => call(String(method)) });
}
