/** An object that lives in a worker, called as if it were here. */

interface Question {
  readonly id: number;
  readonly method: string;
  readonly given: readonly unknown[];
}

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly refusal: string });

/** Both ends of a worker look like this. */
interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', take: (event: MessageEvent) => void): void;
}

type Methods = Readonly<Record<string, (...given: never[]) => Promise<unknown>>>;

/**
 * Answers for an object, one question after the other: what it holds is not made for two at a time.
 * @param lineOf an error in a line for the reader
 */
export function answerFor(port: Port, methods: Methods, lineOf: (error: unknown) => string): void {
  let last: Promise<void> = Promise.resolve();
  const answer = async ({ id, method, given }: Question): Promise<void> => {
    const reply = (message: Answer) => port.postMessage(message);
    try {
      reply({ id, value: await methods[method]!(...(given as never[])) });
    } catch (error) {
      reply({ id, refusal: lineOf(error) });
    }
  };
  port.addEventListener('message', ({ data }) => {
    last = last.then(() => answer(data as Question));
  });
}

/** The object in a worker. Whatever it refuses is an Error with its line. */
export function remote<T extends object>(worker: Port & Pick<Worker, 'onerror'>): T {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let questions = 0;
  let broken: Error | undefined;
  worker.addEventListener('message', ({ data }) => {
    const answer = data as Answer;
    const asked = waiting.get(answer.id);
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
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, method, given } satisfies Question);
      });
  return new Proxy({} as T, { get: (_, method) => call(String(method)) });
}
