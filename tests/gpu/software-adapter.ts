/**
 * Makes a software Vulkan adapter out of Debian's packages without touching the system: apt works on lists and archives of its
 * own, packages are unpacked, not installed, and what is needed of them is kept in `.cache/gpu/`. Mesa's lavapipe (from
 * backports, where the stable one is older than Mesa 24: WebGPU refuses it) is taken first, it is about ten times as fast; else
 * SwiftShader out of chromium-common.
 *
 * `npx tsx tests/gpu/software-adapter.ts [lavapipe|swiftshader]` prints the environment in which programs see it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export type AdapterName = "lavapipe" | "swiftshader";

export type SoftwareAdapter =
  | { readonly name: AdapterName; readonly environment: Readonly<Record<string, string>> }
  | { readonly lacking: string };

interface AdapterKind {
  readonly name: AdapterName;
  /** The driver's library and its description (an "ICD file"), wherever a package has them. */
  readonly library: string;
  readonly description: RegExp;
  /** Arguments of `apt-get` that put its archives into Dir::Cache::archives or the working directory. */
  fetch(release: string): readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const cache = join(root, ".cache/gpu");
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const loader = "libvulkan.so.1";
const descriptionName = "icd.json";

const kinds: readonly AdapterKind[] = [
  {
    name: "lavapipe",
    library: "libvulkan_lvp.so",
    description: /\/lvp_icd[^/]*\.json$/,
    fetch: (release) => [
      "--download-only",
      "--yes",
      "--no-install-recommends",
      `--target-release=${release}-backports`,
      "install",
      "mesa-vulkan-drivers",
      "libvulkan1",
    ],
  },
  {
    name: "swiftshader",
    library: "libvk_swiftshader.so",
    description: /\/vk_swiftshader_icd\.json$/,
    fetch: () => ["download", "chromium-common"],
  },
];

/** The first of these adapters that can be had and on which a WebGPU session runs; or why there is none. */
export function softwareAdapter(
  names: readonly AdapterName[] = ["lavapipe", "swiftshader"],
): SoftwareAdapter {
  const problems: string[] = [];
  for (const kind of kinds.filter(({ name }) => names.includes(name))) {
    const folder = join(cache, kind.name);
    try {
      if (!existsSync(folder)) {
        mkdirSync(cache, { recursive: true });
        const made = mkdtempSync(join(cache, "making-"));
        try {
          unpackAdapter(kind, made);
          checkAdapter(join(made, "adapter"));
          // Another run may have been faster.
          if (!existsSync(folder)) renameSync(join(made, "adapter"), folder);
        } finally {
          rmSync(made, { recursive: true, force: true });
        }
      }
      return { name: kind.name, environment: environmentOf(folder) };
    } catch (error) {
      problems.push(`${kind.name}: ${(error as Error).message.trim().split("\n").slice(0, 3).join(" | ")}`);
    }
  }
  return { lacking: problems.join("; ") };
}

function environmentOf(folder: string): Record<string, string> {
  const description = join(folder, descriptionName);
  // Older loaders know the first name of the variable, newer ones both.
  const libraries = [folder, process.env["LD_LIBRARY_PATH"] ?? ""].filter((part) => part !== "");
  return {
    LD_LIBRARY_PATH: libraries.join(":"),
    VK_ICD_FILENAMES: description,
    VK_DRIVER_FILES: description,
  };
}

/** Puts the driver, the loader and what they need into `work/adapter`, one flat folder. */
function unpackAdapter(kind: AdapterKind, work: string): void {
  const archives = downloadPackages(kind, work);
  const unpacked = join(work, "unpacked");
  for (const archive of archives) run("dpkg-deb", ["--extract", archive, unpacked]);
  const files = readdirSync(unpacked, { recursive: true, encoding: "utf8" }).map((name) =>
    join(unpacked, name),
  );
  const find = (what: string, matches: (path: string) => boolean): string => {
    const path = files.find(matches);
    if (path === undefined) throw new Error(`its packages hold no ${what}`);
    return path;
  };
  const driver = find(kind.library, (path) => basename(path) === kind.library);
  const vulkan = find(loader, (path) => basename(path) === loader);
  const description = JSON.parse(
    readFileSync(
      find("ICD file", (path) => kind.description.test(path)),
      "utf8",
    ),
  ) as {
    ICD: { library_path: string };
  };

  const adapter = join(work, "adapter");
  mkdirSync(adapter);
  const folders = [
    ...new Set(files.filter((path) => /\.so(\.|$)/.test(path)).map((path) => join(path, ".."))),
  ];
  const { stdout } = spawnSync("ldd", [driver, vulkan], {
    encoding: "utf8",
    env: { ...process.env, LD_LIBRARY_PATH: folders.join(":") },
  });
  const missing = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  if (missing.length > 0) throw new Error(`it needs ${missing.join(", ")}`);
  const needed = [...stdout.matchAll(/=> (\/\S+)/g)].map(([, path]) => path as string);
  for (const path of [driver, vulkan, ...needed.filter((one) => one.startsWith(unpacked))])
    copyFileSync(path, join(adapter, basename(path)));
  // A name without a folder is looked for as any library is: in LD_LIBRARY_PATH first.
  description.ICD.library_path = kind.library;
  writeFileSync(join(adapter, descriptionName), JSON.stringify(description));
}

/** Paths of the packages' archives. */
function downloadPackages(kind: AdapterKind, work: string): string[] {
  const release = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  if (release === undefined || !existsSync(keyring)) throw new Error("its packages are made on Debian only");
  const archives = join(work, "archives");
  mkdirSync(join(work, "lists/partial"), { recursive: true });
  mkdirSync(join(archives, "partial"), { recursive: true });
  const source = (site: string, suite: string) =>
    `deb [signed-by=${keyring}] http://deb.debian.org/${site} ${suite} main\n`;
  const list = join(work, "sources.list");
  writeFileSync(
    list,
    source("debian", release) +
      source("debian", `${release}-backports`) +
      source("debian-security", `${release}-security`),
  );
  const options = Object.entries({
    "Dir::Etc::sourcelist": list,
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": join(work, "lists"),
    "Dir::Cache": work,
    "Dir::Cache::archives": archives,
    // Nothing of the system is changed, so nothing of it is locked; the archives are ours to write.
    "Debug::NoLocking": "1",
    "APT::Sandbox::User": "",
    "Acquire::Retries": "2",
  }).map(([name, value]) => `-o${name}=${value}`);
  run("apt-get", [...options, "-qq", "update"]);
  run("apt-get", [...options, "-qq", ...kind.fetch(release)], archives);
  return readdirSync(archives)
    .filter((name) => name.endsWith(".deb"))
    .map((name) => join(archives, name));
}

/** Runs a sum on the adapter in a process of its own. */
function checkAdapter(folder: string): void {
  const code = `
    const { InferenceSession, Tensor } = require("onnxruntime-node");
    const model = Buffer.from("${additionModel}", "base64");
    (async () => {
      const session = await InferenceSession.create(model, { executionProviders: ["webgpu"], logSeverityLevel: 4 });
      const { y } = await session.run({ x: new Tensor("float32", [1, 2], [2]) });
      if (y.data[1] !== 4) throw new Error("2 + 2 is " + y.data[1]);
    })().catch((error) => { console.error(error.message); process.exit(1); });`;
  run(process.execPath, ["-e", code], root, { ...process.env, ...environmentOf(folder) });
}

/** `y = Add(x, x)` over f32[2], opset 13. */
const additionModel = "CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggCQgQKABAN";

function run(program: string, args: readonly string[], cwd = root, env = process.env): void {
  try {
    execFileSync(program, args, {
      cwd,
      env,
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
      timeout: 180_000,
    });
  } catch (error) {
    const { stderr = "", message } = error as Error & { readonly stderr?: string };
    throw new Error(stderr.trim() === "" ? message : stderr.trim(), { cause: error });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = kinds.map(({ name }) => name).filter((name) => process.argv.includes(name));
  const adapter = softwareAdapter(named.length === 0 ? undefined : named);
  if ("lacking" in adapter) throw new Error(`no software adapter: ${adapter.lacking}`);
  for (const [name, value] of Object.entries(adapter.environment)) console.log(`export ${name}='${value}'`);
}
