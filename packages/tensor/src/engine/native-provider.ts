import type { Provider } from "./engine.ts";
import { cells, readPointers, readString, stringArray, type OrtApi, type Pointer } from "./ort-api.ts";

/** What ONNX Runtime has to be told to compute somewhere else than on the CPU. */
export interface GpuProvider {
  /** Its name in ONNX Runtime's list of providers. */
  readonly ortName: string;
  /** ONNX Runtime's name of its memory. */
  readonly memory: string;
  /** What to do where it is missing. */
  readonly help: string;
  /** Adds it to `OrtSessionOptions`. */
  append(api: OrtApi, sessionOptions: Pointer): void;
}

/**
 * CUDA: memory grows by what is asked for rather than by doubling, and float32 products keep float32's precision,
 * where the default would round them to the 10 bits of TF32.
 */
const cudaOptions = { arena_extend_strategy: "kSameAsRequested", use_tf32: "0" };

export const gpuProviders: Readonly<Record<Exclude<Provider, "cpu" | "wasm">, GpuProvider>> = {
  cuda: {
    ortName: "CUDAExecutionProvider",
    memory: "Cuda",
    help:
      "CUDA needs an NVIDIA driver, CUDA, cuDNN 9 and a build of ONNX Runtime for CUDA: point OFFPRINT_ONNXRUNTIME to the " +
      "folder onnxruntime/capi of the Python package onnxruntime-gpu (a wheel is a zip archive; Python is not needed)",
    append(api, sessionOptions) {
      const options = api.get("CreateCUDAProviderOptions");
      try {
        const keys = stringArray(Object.keys(cudaOptions));
        const values = stringArray(Object.values(cudaOptions));
        api.call("UpdateCUDAProviderOptions", options, keys, values, Object.keys(cudaOptions).length);
        api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", sessionOptions, options);
      } finally {
        api.release("CUDAProviderOptions", options);
      }
    },
  },
  webgpu: {
    ortName: "WebGpuExecutionProvider",
    memory: "WebGPU_Buffer",
    help: "WebGPU needs a graphics driver: Vulkan on Linux, Direct3D 12 on Windows, Metal on macOS",
    append(api, sessionOptions) {
      api.call("SessionOptionsAppendExecutionProvider", sessionOptions, "WebGPU", 0n, 0n, 0);
    },
  },
};

/** ONNX Runtime's names of the providers that this library was built with. */
export function builtInProviders(api: OrtApi): string[] {
  const [list, count] = [cells(1), cells(1)];
  api.call("GetAvailableProviders", list, count);
  const pointer = list[0] ?? 0n;
  const length = Number(count[0] ?? 0n);
  const names = readPointers(pointer, length).map(readString);
  api.call("ReleaseAvailableProviders", pointer, length);
  return names;
}
