// deno-lint-ignore-file no-console
/**
 * Compiles cli.ts to a program for this machine: dist/molecule, or dist/molecule.exe.
 *
 * Compiling downloads Deno's run-time. Where that cannot be had, the program is bundled into dist/molecule.js
 * instead and the bundle is run once: all but the last step has then been tried.
 */
import { fileURLToPath } from "node:url";
import { importMap, withImportMap } from "./with_std.ts";

const root = new URL("../", import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, root));

/**
 * What the program may do once it is compiled. It runs any command anyway, and Deno lets only a program that may do
 * everything read `/proc`, where a start finds what a killed connector left running.
 */
const PERMISSIONS = ["--allow-all"];

/** Whether deno's output says that it could not get the run-time, as against something being wrong with the code. */
function lacksRuntime(output: string): boolean {
  return output.includes("Setting up base binary");
}

/** Runs deno from the root, shows what it writes, and returns it. */
async function deno(
  args: readonly string[],
): Promise<{ ok: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: path("."),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return {
    ok: success,
    output: (text.decode(stdout) + text.decode(stderr)).trim(),
  };
}

/** Runs a program that was built; it must know its version. */
async function tryOut(command: string, args: readonly string[]) {
  const { success, stdout } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stderr: "inherit",
  }).output();
  console.log(new TextDecoder().decode(stdout).trim());
  return success;
}

/** Returns the exit code. */
async function build(): Promise<number> {
  const map = await importMap();
  await Deno.mkdir(path("dist"), { recursive: true });

  const binary = path(
    Deno.build.os === "windows" ? "dist/molecule.exe" : "dist/molecule",
  );
  const compiled = await deno(withImportMap(
    ["compile", ...PERMISSIONS, "--output", binary, "cli.ts"],
    map,
  ));
  if (compiled.ok) {
    console.log(`Compiled ${binary}`);
    return await tryOut(binary, ["version"]) ? 0 : 1;
  }
  if (!lacksRuntime(compiled.output)) {
    console.error(compiled.output);
    return 1;
  }

  console.log(
    "NOT COMPILED: Deno's run-time (denort) cannot be downloaded from here. " +
      "Bundling instead, which tries everything but that last step.",
  );
  const bundle = path("dist/molecule.js");
  const bundled = await deno(
    withImportMap(["bundle", "--output", bundle, "cli.ts"], map),
  );
  if (!bundled.ok) {
    console.error(bundled.output);
    return 1;
  }
  console.log(`Bundled ${bundle}`);
  const run = ["run", "--no-config", ...PERMISSIONS, bundle, "version"];
  if (!await tryOut(Deno.execPath(), run)) return 1;
  console.log("Run it with: deno run -A dist/molecule.js");
  return 0;
}

if (import.meta.main) Deno.exit(await build());
