import { join } from "node:path";
import { type Checksum, defaultCacheFolder, downloadFile, type DownloadOptions, isIntact } from "@offprint/download";
import { type Dataset, type SplitName, splitNames } from "./dataset.ts";
import { IntegrityError } from "./errors.ts";
import { readDataset } from "./read-folder.ts";

export interface NamedDatasetOptions extends DownloadOptions {
  /** Folder for downloads. Default: see {@link defaultCacheFolder}. */
  readonly cacheFolder?: string | undefined;
  /**
   * Address to download from instead, holding `<name>/train.txt`, `valid.txt` and `test.txt` for each dataset.
   * Default: the environment's `OFFPRINT_DATASETS_URL`, or else the public places below.
   */
  readonly baseUrl?: string | undefined;
}

/** A benchmark that is downloaded when it is first asked for. */
interface NamedDataset {
  readonly about: string;
  readonly entities: number;
  readonly relations: number;
  readonly counts: Readonly<Record<SplitName, number>>;
  /** Addresses of folders with `train.txt`, `valid.txt` and `test.txt`. */
  readonly folders: readonly string[];
  readonly checksums: Readonly<Record<SplitName, Checksum>>;
}

// Each address names a commit, so its content cannot change; the checksums were taken from those commits.
const villmow =
  "https://raw.githubusercontent.com/villmow/datasets_knowledge_embedding/9e392453d6804d1f51c13e5650ae58ed48b638d5";
const nfe = "https://raw.githubusercontent.com/changyi7231/NFE/c35509ee79949b13f440ce9dd384a2057e2cb9ed/datasets";
const pykeen =
  "https://raw.githubusercontent.com/pykeen/pykeen/05c7bbb20c952f3e5e958e694344ace4005b1bbb/src/pykeen/datasets";

/** By name. Counts are those of the published splits and are checked after every reading. */
export const namedDatasets: Readonly<Record<string, NamedDataset>> = {
  "fb15k-237": {
    about: "Freebase without inverse relations (Toutanova and Chen 2015); the usual benchmark",
    entities: 14_541,
    relations: 237,
    counts: { train: 272_115, valid: 17_535, test: 20_466 },
    folders: [`${villmow}/FB15k-237`, `${nfe}/FB15k-237`],
    checksums: {
      train: "sha256:61099230e4439f90885ca9767739e31e8e32f54736fa1c35952b27997bc7c08a",
      valid: "sha256:749cbe9d923bac7b9354da5614ecfed2e0220256d442c3e04a6b303db1f273d9",
      test: "sha256:e2e35e8e6113de220140b6f44dc71a5207b0fc6872d575e874aefe13259b655b",
    },
  },
  wn18rr: {
    about: "WordNet 3.0 without inverse relations (Dettmers et al. 2018); sparse",
    entities: 40_943,
    relations: 11,
    counts: { train: 86_835, valid: 3_034, test: 3_134 },
    folders: [`${villmow}/WN18RR/original`, `${nfe}/WN18RR`],
    checksums: {
      train: "sha256:038612e783c215ee5f3ca9fbfca27b8d0739be1028fe4ee7c174aecf0b83d5df",
      valid: "sha256:453ce7202afa58094a04d2b1560ee2b02660f1c260b32ce6651c8ccedd1028ab",
      test: "sha256:0383bceaaa1096cf3c03ec021ed0048068e2355dbfc0239b292cefdac821cec5",
    },
  },
  "yago3-10": {
    about: "people, places and teams from YAGO, ten facts or more each (Mahdisoltani et al. 2015); large",
    entities: 123_182,
    relations: 37,
    counts: { train: 1_079_040, valid: 5_000, test: 5_000 },
    folders: [`${villmow}/other/YAGO3-10`, `${nfe}/YAGO3-10`],
    checksums: {
      train: "git:1543056ff5af6d3bf841510129529e91e9a8627c",
      valid: "sha256:c9018b77ec77e99f8d48bc3258d404f10b2049a6c7b4ac6eb663697e799dc6f5",
      test: "sha256:003887ca8a34c90fcaf9b0250b1c30a4b5f617f80f8cf0aeab9723333061598a",
    },
  },
  umls: {
    about: "medical concepts (Kok and Domingos 2007); small and easy",
    entities: 135,
    relations: 46,
    counts: { train: 5_216, valid: 652, test: 661 },
    folders: [`${pykeen}/umls`],
    checksums: {
      train: "sha256:873ef4925516b83e7f6f8cc02b4be51d848828710a7f65a956f0ac4a9e452f35",
      valid: "sha256:025c98f8a4891e2a6582ec5b40ee0d904031edad9c52554522f4b7904820c98e",
      test: "sha256:a7eb529a3d2810fcc96341ccc97c625a5e202f8389673aa6bd317eeebbb79014",
    },
  },
  nations: {
    about: "fourteen countries and what they did to one another (Kemp et al. 2006); tiny and dense",
    entities: 14,
    relations: 55,
    counts: { train: 1_592, valid: 199, test: 201 },
    folders: [`${pykeen}/nations`],
    checksums: {
      train: "sha256:0830fa9da8e5bba2ccdaa45b7bdc9130451ba66b09ff2708f35fccaf82473e57",
      valid: "sha256:2b337a62e51a2f45c283eac98a70d21b7e0e102136be1539b2a52c652a7b0530",
      test: "sha256:3971085165b47b6aeaec68058c6d8d98b3005e929db81268410b95ae4db770ab",
    },
  },
  kinship: {
    about: "kinship terms of an Alyawarra community (Kemp et al. 2006); small and dense",
    entities: 104,
    relations: 25,
    counts: { train: 8_544, valid: 1_068, test: 1_074 },
    folders: [`${pykeen}/kinships`],
    checksums: {
      train: "sha256:738612111a6acf0e39662bde24c7e72a4d1edf20931beea077da367dda689731",
      valid: "sha256:c56f8630a583178b1e569f11a64aa535ae1ce0b0912d8b1e24716be2b37f04da",
      test: "sha256:05e5733265761d55be9c05bfaff5a8d0808df46f9c1e9d66cc3f2fe114e43d88",
    },
  },
};

/**
 * A published benchmark from the cache folder, downloaded into it where it is absent or damaged.
 * @throws {DownloadError} when it cannot be had, and {IntegrityError} when its counts are not the published ones.
 */
export async function loadNamedDataset(name: string, options: NamedDatasetOptions = {}): Promise<Dataset> {
  const wanted = namedDatasets[name];
  if (wanted === undefined) throw new Error(`internal: ${name} is not in the table`);
  const folder = join(options.cacheFolder ?? defaultCacheFolder(), "datasets", name);
  const baseUrl = options.baseUrl ?? process.env["OFFPRINT_DATASETS_URL"];
  const folders = baseUrl ? [`${baseUrl.replace(/\/+$/, "")}/${name}`] : wanted.folders;
  for (const split of splitNames) {
    const file = `${split}.txt`;
    const target = join(folder, file);
    const checksum = wanted.checksums[split];
    if (await isIntact(target, checksum)) continue;
    const advice =
      `Without a connection, give the path of a folder that holds ${name} as train.txt, valid.txt and test.txt ` +
      `(tab-separated) instead of its name; another address can be set as OFFPRINT_DATASETS_URL`;
    await downloadFile({ urls: folders.map((url) => `${url}/${file}`), target, checksum, advice }, options);
  }
  const dataset = await readDataset(folder, { name });
  const came = describe(dataset.entities.size, dataset.relations.size, dataset);
  const published = describe(wanted.entities, wanted.relations, {
    train: { length: wanted.counts.train },
    valid: { length: wanted.counts.valid },
    test: { length: wanted.counts.test },
  });
  if (came !== published) throw new IntegrityError(folder, published, came, "remove the folder to download it again");
  return dataset;
}

function describe(entities: number, relations: number, parts: Record<SplitName, { length: number }>): string {
  const { train, valid, test } = parts;
  return `${entities} entities, ${relations} relations, ${train.length}/${valid.length}/${test.length} triples`;
}
