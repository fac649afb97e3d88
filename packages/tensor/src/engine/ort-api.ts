/**
 * The C API of ONNX Runtime through koffi: which functions, at which place of the function table, with which types.
 * Pointers are known here and in the `native-*` files beside this one, and nowhere else.
 */
import koffi, { type TypeObject } from "koffi";
import { EngineLibraryError, EngineVersionError } from "./errors.ts";

/** An address in native memory; `0n` is null. */
export type Pointer = bigint;

/**
 * Memory of JavaScript that a native function may read or write until its call has ended. Only arrays over an
 * ArrayBuffer of their own: the garbage collector may move other small ones.
 */
type Memory = BigUint64Array | BigInt64Array | Uint8Array | PointerArray;

/** Pointers in a row, and the objects that must live as long as the pointers are followed. */
export interface PointerArray {
  readonly pointers: BigUint64Array;
  readonly targets: readonly unknown[];
}

type Argument = Pointer | number | string | Memory;

/**
 * Name → place in `struct OrtApi` of onnxruntime_c_api.h, and the types of the arguments: `p` a pointer, `s` a string,
 * `n` a size_t, `i` an int or an enum. All return a status.
 */
const functionTable = {
  CreateEnv: [3, "isp"],
  CreateSessionFromArray: [8, "ppnpp"],
  Run: [9, "ppppnpnp"],
  CreateSessionOptions: [10, "p"],
  DisableMemPattern: [17, "p"],
  SetSessionGraphOptimizationLevel: [23, "pi"],
  SetIntraOpNumThreads: [24, "pi"],
  SetInterOpNumThreads: [25, "pi"],
  SessionGetInputCount: [30, "pp"],
  SessionGetOutputCount: [31, "pp"],
  SessionGetInputTypeInfo: [33, "pnp"],
  SessionGetOutputTypeInfo: [34, "pnp"],
  SessionGetInputName: [36, "pnpp"],
  SessionGetOutputName: [37, "pnpp"],
  CreateRunOptions: [39, "p"],
  RunOptionsSetTerminate: [46, "p"],
  CreateTensorAsOrtValue: [48, "ppnip"],
  CreateTensorWithDataAsOrtValue: [49, "ppnpnip"],
  CastTypeInfoToTensorInfo: [55, "pp"],
  GetTensorElementType: [60, "pp"],
  GetDimensionsCount: [61, "pp"],
  GetDimensions: [62, "ppn"],
  CreateMemoryInfo: [68, "siiip"],
  AllocatorFree: [76, "pp"],
  GetAllocatorWithDefaultOptions: [78, "p"],
  GetAvailableProviders: [125, "pp"],
  ReleaseAvailableProviders: [126, "pi"],
  AddSessionConfigEntry: [130, "pss"],
  CreateAllocator: [131, "ppp"],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, "pp"],
  CreateCUDAProviderOptions: [205, "p"],
  UpdateCUDAProviderOptions: [206, "pppn"],
  SessionOptionsAppendExecutionProvider: [216, "psppn"],
} as const;

/** Places of the functions `Release…(pointer)`, which return nothing. */
const releaseTable = {
  Status: 93,
  MemoryInfo: 94,
  Session: 95,
  Value: 96,
  RunOptions: 97,
  TypeInfo: 98,
  SessionOptions: 100,
  Allocator: 132,
  CUDAProviderOptions: 208,
} as const;

const errorMessagePlace = 2;

const parameterTypes: Readonly<Record<string, string>> = { p: "uintptr_t", n: "size_t", i: "int", s: "str" };

/** The table is append-only: a library of this version or a newer 1.x has all these functions at these places. */
const oldest = { version: "1.23.0", api: 23 };

/** Kernels keep tiles of matrices on the stack: koffi's 128 KiB for asynchronous calls are too few. */
const stackBytes = 4 * 1024 * 1024;

type FunctionName = keyof typeof functionTable;
type ReleaseName = keyof typeof releaseTable;

type NativeArgument = Pointer | number | string;

interface NativeFunction {
  (...args: NativeArgument[]): number | bigint;
  async(...args: [...NativeArgument[], (error: Error | null, result: number | bigint) => void]): void;
}

/** A failure in the words of ONNX Runtime; the callers turn it into the error that says what was being done. */
class OrtStatusError extends Error {
  override readonly name = "OrtStatusError";
}

/** One loaded library. */
export class OrtApi {
  readonly library: string;
  readonly version: string;
  readonly #functions: ReadonlyMap<string, NativeFunction>;
  readonly #releases: ReadonlyMap<string, (pointer: Pointer) => void>;
  readonly #errorMessage: (status: Pointer) => string;
  /** Arguments of calls in progress on other threads, so that their memory stays. */
  readonly #inFlight = new Set<readonly Argument[]>();

  /**
   * @param library path of ONNX Runtime's shared library.
   * @throws {EngineLibraryError} when it cannot be loaded, {@link EngineVersionError} when it is too old or too new.
   */
  constructor(library: string) {
    this.library = library;
    const base = openLibrary(library);
    const [getApi = 0n, getVersion = 0n] = readPointers(base, 2);
    const versionOf: () => string = koffi.decode(getVersion, signature("str", ""));
    this.version = versionOf();
    if (!isSupported(this.version)) throw new EngineVersionError(library, oldest.version, this.version);
    const apiOf: (version: number) => number | bigint = koffi.decode(getApi, signature("uintptr_t", "i"));
    const api = BigInt(apiOf(oldest.api));
    const at = (place: number): Pointer => readPointers(api + BigInt(place * 8), 1)[0] ?? 0n;
    this.#functions = new Map(
      Object.entries(functionTable).map(([name, [place, parameters]]) => [
        name,
        koffi.decode(at(place), signature("uintptr_t", parameters)),
      ]),
    );
    this.#releases = new Map(
      Object.entries(releaseTable).map(([name, place]) => [name, koffi.decode(at(place), signature("void", "p"))]),
    );
    this.#errorMessage = koffi.decode(at(errorMessagePlace), signature("str", "p"));
  }

  /** @throws {OrtStatusError} */
  call(name: FunctionName, ...args: Argument[]): void {
    this.#check(this.#function(name)(...args.map(toNative)));
  }

  /** The same on another thread. */
  async callAsync(name: FunctionName, ...args: Argument[]): Promise<void> {
    const run = this.#function(name);
    this.#inFlight.add(args);
    try {
      const status = await new Promise<number | bigint>((resolve, reject) => {
        run.async(...args.map(toNative), (error, result) => (error ? reject(error) : resolve(result)));
      });
      this.#check(status);
    } finally {
      this.#inFlight.delete(args);
    }
  }

  /** Calls a function whose last parameter is an address for the result, and gives that result. */
  get(name: FunctionName, ...args: Argument[]): Pointer {
    const result = cells(1);
    this.call(name, ...args, result);
    return result[0] ?? 0n;
  }

  async getAsync(name: FunctionName, ...args: Argument[]): Promise<Pointer> {
    const result = cells(1);
    await this.callAsync(name, ...args, result);
    return result[0] ?? 0n;
  }

  release(name: ReleaseName, pointer: Pointer): void {
    this.#releases.get(name)?.(pointer);
  }

  #function(name: FunctionName): NativeFunction {
    const found = this.#functions.get(name);
    if (found === undefined) throw new Error(`internal: ${name} is not in the function table`);
    return found;
  }

  #check(status: number | bigint): void {
    const pointer = BigInt(status);
    if (pointer === 0n) return;
    const message = this.#errorMessage(pointer);
    this.release("Status", pointer);
    throw new OrtStatusError(message.trim());
  }
}

/** Where memory begins. */
export function addressOf(memory: ArrayBuffer | BigUint64Array | BigInt64Array | Uint8Array): Pointer {
  return koffi.address(memory);
}

/** 64-bit cells that do not move: that many zeros, or these values. */
export function cells(content: number | readonly Pointer[]): BigUint64Array {
  const result = new BigUint64Array(new ArrayBuffer(8 * (typeof content === "number" ? content : content.length)));
  if (typeof content !== "number") result.set(content);
  return result;
}

/** A `char**`. */
export function stringArray(strings: readonly string[]): PointerArray {
  const targets = strings.map((text) => {
    const encoded = new TextEncoder().encode(`${text}\0`);
    const stable = new Uint8Array(new ArrayBuffer(encoded.length));
    stable.set(encoded);
    return stable;
  });
  return { pointers: cells(targets.map(addressOf)), targets };
}

/** An `OrtMemoryInfo` of a device's plain memory, for example `"Cpu"` or `"Cuda"`; to be released. */
export function createMemoryInfo(api: OrtApi, name: string): Pointer {
  const deviceAllocator = 0;
  const defaultType = 0;
  return api.get("CreateMemoryInfo", name, deviceAllocator, 0, defaultType);
}

/** The C string at an address. */
export function readString(pointer: Pointer): string {
  return koffi.decode.string(pointer);
}

/** So many pointers from an address on. */
export function readPointers(pointer: Pointer, count: number): Pointer[] {
  return Array.from({ length: count }, (_, i) => BigInt(koffi.decode.uint64(pointer + BigInt(8 * i))));
}

/** Kept for good: when koffi's handle is collected, the library is unmapped under the functions that were taken from it. */
const openLibraries: unknown[] = [];

function openLibrary(library: string): Pointer {
  if (koffi.config().async_stack_size !== stackBytes) koffi.config({ async_stack_size: stackBytes });
  try {
    const opened = koffi.load(library);
    openLibraries.push(opened);
    const getApiBase: () => number | bigint = opened.func("OrtGetApiBase", "uintptr_t", []);
    return BigInt(getApiBase());
  } catch (cause) {
    throw new EngineLibraryError(library, { cause });
  }
}

function toNative(argument: Argument): NativeArgument {
  if (typeof argument !== "object") return argument;
  return addressOf("pointers" in argument ? argument.pointers : argument);
}

function signature(result: string, parameters: string): TypeObject {
  const types = Array.from(parameters, (code) => parameterTypes[code] ?? "void");
  return koffi.proto(result, types);
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 1 && minor >= oldest.api;
}
