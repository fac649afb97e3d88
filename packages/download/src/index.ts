export { downloadFile, type Download, type DownloadOptions } from "./download.ts";
export { isIntact } from "./is-intact.ts";
export { checksumOf, type Checksum } from "./checksum.ts";
export { defaultCacheFolder } from "./cache-folder.ts";
export { DownloadError } from "./errors.ts";
