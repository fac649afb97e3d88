/** As much of autocannon as is used here; it brings no types. */
declare module "autocannon" {
  interface Options {
    readonly url: string;
    readonly connections?: number;
    /** Seconds. */
    readonly duration?: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** Requests a second of all connections together. */
    readonly overallRate?: number;
    /** What each connection asks for in turn. */
    readonly requests?: readonly Request[];
  }
  export interface Request {
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
  }
  interface Result {
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
    readonly requests: { readonly average: number; readonly total: number };
    /** Bytes a second. */
    readonly throughput: { readonly average: number };
    readonly errors: number;
    readonly non2xx: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
