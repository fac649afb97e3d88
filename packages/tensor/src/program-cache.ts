/** What a cache gives back when it lets go of an entry. */
interface Disposable {
  dispose(): void | Promise<void>;
}

/**
 * Programs by what their shapes depend on, compiled on first use: shapes are static, so every batch size or sequence
 * length is a program of its own (60–300 ms to compile). The least recently used is disposed beyond `limit`.
 * @param compileFor compiles the program of one key, for example of one batch size.
 */
export function cachePrograms<K extends string | number, P extends Disposable>(
  compileFor: (key: K) => Promise<P>,
  { limit = 16 }: { limit?: number } = {},
): { get(key: K): Promise<P>; dispose(): Promise<void> } {
  const programs = new Map<K, Promise<P>>();
  const drop = async (key: K): Promise<void> => {
    const program = await programs.get(key)?.catch(() => undefined);
    programs.delete(key);
    await program?.dispose();
  };
  return {
    async get(key) {
      const known = programs.get(key) ?? compileFor(key);
      programs.delete(key); // re-inserted, so that the first key is the one unused for longest
      programs.set(key, known);
      for (const oldest of [...programs.keys()].slice(0, Math.max(0, programs.size - limit))) await drop(oldest);
      return known;
    },
    async dispose() {
      for (const key of programs.keys()) await drop(key);
    },
  };
}
